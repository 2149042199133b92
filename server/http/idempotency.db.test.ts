import { afterAll, expect, test } from 'vitest'
import type { Caller } from '#server/platform/calls.ts'
import { namedLocks } from '#server/platform/named-locks.ts'
import { createWorkspace } from '#server/members/accounts.ts'
import { aDatabase } from '#tests/support/database.ts'
import { someSecrets } from '#tests/support/parts.ts'
import { once } from './idempotency.ts'

const { database } = await aDatabase()
const { workspace, member } = await createWorkspace(database, 'Shop', {
  name: 'Owner',
  email: 'owner@shop.example',
  password: 'a long enough password',
  language: 'en',
})
const deps = { database, secrets: await someSecrets(database), locks: namedLocks(database) }
const caller = { workspace, member, request: 'first' } as Caller

const request = { method: 'POST', url: '/api/tokens', body: {}, isSecret: true }
afterAll(() => deps.locks.close())

test('of a secret whose COMMIT nobody heard the end of no second one is made; of one that failed before it one is', async () => {
  for (const unsure of [true, false]) {
    const key = `unsure ${unsure}`
    const failed = { status: 503, body: '{}', unsure }
    expect(await once(deps, caller, key, request, async () => failed)).toEqual(failed)
    const again = await once(deps, caller, key, request, async () => ({ status: 201, body: '{}' }))
    expect(again.status).toBe(unsure ? 409 : 201)
  }
})

test('of a secret whose making nobody saw the end of no second one is made', async () => {
  let made = 0
  const ask = () =>
    once(deps, caller, 'a', request, async () => {
      made++
      throw new Error('the process ends')
    })
  await expect(ask()).rejects.toThrow('the process ends')
  const again = await ask()
  expect([again.status, JSON.parse(again.body), made]).toEqual([
    409,
    expect.objectContaining({ code: 'shown_once', request: 'first' }),
    1,
  ])
})

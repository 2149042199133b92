/** On a Parley that the world can reach, whoever runs it signs in with a second factor. */
import { TOTP } from 'otpauth'
import { expect, test } from 'vitest'
import {
  beginSecondFactor,
  getMe,
  listMembers,
  listSessions,
  proveSecondFactor,
  removeSecondFactor,
} from '#contract/calls/members.ts'
import type { Client } from '#tests/support/client.ts'
import { operationsOf, type Description } from '#tests/support/examples.ts'
import { OWNER, wholeParley } from '#tests/support/whole-parley.ts'

const parley = await wholeParley({ env: { PARLEY_URL: 'https://parley.example' } })
const { owner, stranger } = parley
const description = (await (await stranger.ask('GET', '/api/openapi.json')).json()) as Description

/** What is left to somebody without the factor that is wanted of him. */
const OWN = [
  'DELETE /api/me/totp',
  'DELETE /api/session',
  'DELETE /api/sessions/{id}',
  'GET /api/me',
  'GET /api/sessions',
  'PATCH /api/me',
  'POST /api/me/recovery-codes',
  'POST /api/me/totp',
  'PUT /api/me/totp',
]

async function turnOn(client: Client): Promise<void> {
  const { secret } = await client.call(beginSecondFactor)
  await client.call(proveSecondFactor, { body: { secret, code: new TOTP({ secret }).generate() } })
}

const answerTo = async (client: Client, route: string) => {
  const [method = '', path = ''] = route.split(' ')
  const response = await client.ask(method, path.replaceAll(/\{\w+\}/g, crypto.randomUUID()))
  return `${response.status} ${((await response.json().catch(() => ({}))) as { code?: string }).code ?? ''}`
}

test('a fresh owner reaches his account and its second factor, and nothing else', async () => {
  expect(await owner.call(getMe)).toMatchObject({ warnings: ['second_factor_wanted'] })
  expect((await owner.call(listSessions)).items).toHaveLength(1)
  const answers: Record<string, string> = {}
  for (const [route, { security }] of operationsOf(description)) {
    if (security?.length === 0 || route === 'GET /api/feed' || OWN.includes(route)) continue
    const answer = await answerTo(owner, route)
    if (answer !== '403 second_factor_wanted') answers[route] = answer
  }
  expect(answers).toEqual({})
  const feed = await owner.feed()
  expect(await feed.closed).toBe(4403)
})

test('with the factor everything opens at once, and it closes with it', async () => {
  await turnOn(owner)
  expect((await owner.call(getMe)).warnings).toEqual([])
  expect((await owner.call(listMembers, { query: {} })).items).toHaveLength(1)

  const feed = await owner.feed()
  await owner.call(removeSecondFactor, { body: { password: OWNER.password } })
  expect(await feed.closed).toBe(4403)
  expect(await answerTo(owner, 'GET /api/members')).toBe('403 second_factor_wanted')
  await turnOn(owner)
})

test('an admin is asked for it too; an agent is not, until he is made one', async () => {
  const admin = await parley.member('admin')
  const agent = await parley.member('agent')
  expect(await answerTo(admin, 'GET /api/conversations')).toBe('403 second_factor_wanted')
  expect(await answerTo(agent, 'GET /api/conversations')).toBe('200 ')
  expect((await owner.ask('PATCH', `/api/members/${agent.id}`, { body: { role: 'admin' } })).status).toBe(200)
  expect(await answerTo(agent, 'GET /api/conversations')).toBe('403 second_factor_wanted')
  // Whoever may not do it anyhow is told that, as everywhere.
  const viewer = await parley.member('viewer')
  expect(await answerTo(viewer, 'POST /api/members')).toBe('403 forbidden')
})

test('a program goes on with its token, whatever its role', async () => {
  const bot = await parley.bot('admin')
  expect(await answerTo(bot, 'GET /api/members')).toBe('200 ')
})

test('without an address of the world it is advice', async () => {
  const local = await wholeParley()
  expect(await answerTo(local.owner, 'GET /api/members')).toBe('200 ')
})

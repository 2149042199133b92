import { sql } from 'kysely'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { AccountId, MemberId } from '#contract/ids.ts'
import { statementsSent } from '#server/platform/connection.ts'
import { aDatabase } from '#tests/support/database.ts'
import { createToken, createWorkspace, openSession } from './accounts.ts'
import { callers } from './callers.ts'

const { database } = await aDatabase()
const owner = {
  name: 'Owner',
  email: 'owner@shop.example',
  password: 'a long enough password',
  language: 'en' as const,
}
const { workspace } = await createWorkspace(database, 'Shop', owner)
const tokens = await Promise.all(
  Array.from({ length: 50 }, (_, index) =>
    database.inWorkspace(workspace, (tx) =>
      createToken(tx, workspace, { name: `program ${index}`, role: 'agent', expiresAt: null }),
    ),
  ),
)

test('of fifty who ask at once each is known for who he is, in a handful of statements', async () => {
  const { byToken } = callers(database)
  const before = statementsSent()
  const found = await Promise.all(tokens.map(({ token }) => byToken(token)))
  expect(statementsSent() - before).toBeLessThan(10)
  expect(found.map((caller) => caller?.member)).toEqual(tokens.map(({ member }) => member))
})

test('among them a stranger is nobody, and who was removed is out', async () => {
  const { byToken } = callers(database)
  const gone: MemberId = tokens[7]!.member
  await database.inWorkspace(workspace, (tx) =>
    sql`update member set state = 'removed' where workspace_id = ${workspace} and id = ${gone}`.execute(tx),
  )
  const found = await Promise.all([...tokens.slice(5, 10).map(({ token }) => token), 'parley_stranger'].map(byToken))
  expect(found.map((caller) => caller !== null)).toEqual([true, true, false, true, true, false])
})

test('a session is looked up again without a write, and within a minute its row is not touched', async () => {
  const { secret, row } = await aSession()
  const { bySession } = callers(database)
  const first = await bySession(secret)
  const before = await row()
  await delay(450)
  const statements = statementsSent()
  expect(await bySession(secret)).toEqual(first)
  // BEGIN with the workspace, the look, COMMIT
  expect(statementsSent() - statements).toBe(3)
  expect(await row()).toEqual(before)
})

test('a session that was not seen for a minute is seen now', async () => {
  const { secret, row } = await aSession()
  await sql`update session set seen_at = now() - interval '2 minutes'`.execute(database.plumbing)
  const before = await row()
  await callers(database).bySession(secret)
  expect((await row()).seen_at.getTime()).toBeGreaterThan(before.seen_at.getTime() + 60_000)
})

test('a page that was drawn for another member is refused, and one that names nobody is not', async () => {
  const { secret } = await aSession()
  const { bySession } = callers(database)
  const found = await bySession(secret)
  expect(await bySession(secret, found!.member)).toEqual(found)
  for (const named of [tokens[0]!.member, '', [found!.member, found!.member]])
    await expect(bySession(secret, named)).rejects.toMatchObject({ code: 'another_member' })
  expect(await bySession('no session of ours', tokens[0]!.member)).toBeNull()
})

test('a session that moved to another workspace is found there', async () => {
  const { secret } = await aSession()
  const { bySession } = callers(database)
  const before = await bySession(secret)
  const other = await createWorkspace(database, 'Workshop', { ...owner, email: 'owner@workshop.example' })
  await sql`
    update session set workspace_id = ${other.workspace},
           account_id = (select id from account where email = 'owner@workshop.example')`.execute(database.plumbing)
  await delay(450)
  const after = await bySession(secret)
  expect(before?.workspace).toBe(workspace)
  expect(after).toMatchObject({ workspace: other.workspace, role: 'owner' })
  expect(after?.member).not.toBe(before?.member)
})

async function aSession() {
  const { rows: accounts } = await sql<{ id: AccountId }>`
    select id from account where email = ${owner.email}`.execute(database.plumbing)
  await sql`delete from session`.execute(database.plumbing)
  const { secret } = await openSession(database, {
    account: accounts[0]!.id,
    workspace,
    address: '127.0.0.1',
    agent: 'test',
  })
  const row = async () => {
    const { rows } = await sql<{ version: string; seen_at: Date }>`
      select xmin::text as version, seen_at from session`.execute(database.plumbing)
    return rows[0]!
  }
  return { secret, row }
}

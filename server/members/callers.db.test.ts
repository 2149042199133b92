import { sql } from 'kysely'
import { expect, test } from 'vitest'
import type { MemberId } from '#contract/ids.ts'
import { statementsSent } from '#server/platform/connection.ts'
import { aDatabase } from '#tests/support/database.ts'
import { createToken, createWorkspace } from './accounts.ts'
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

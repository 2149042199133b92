import { sql } from 'kysely'
import { expect, test } from 'vitest'
import type { WorkspaceId } from '#contract/ids.ts'
import { aDatabase } from '#tests/support/database.ts'
import { rowsRead } from '#tests/support/rows-read.ts'
import { aWorkspace } from '#tests/support/world.ts'
import { findContacts } from './views.ts'

const own = await aDatabase()
const { database, asOwner } = own
const workspace = await aWorkspace(database)
const another = await aWorkspace(database)

/** The oldest of them has a name that no other has. */
const PEOPLE = 5_000
await database.inWorkspace(workspace, async (tx) => {
  await sql`insert into contact (workspace_id, id) select ${workspace}, lpad(to_hex(n), 32, '0')::uuid from generate_series(1, ${PEOPLE}) n`.execute(
    tx,
  )
  await sql`
    insert into identity (workspace_id, id, network, external_id, contact_id, name, phone)
    select ${workspace}, gen_random_uuid(), 'pigeon', 'p' || n, lpad(to_hex(n), 32, '0')::uuid,
           case n when 1 then 'Захар Щукин' else 'Anna ' || n end, '+7900' || lpad(n::text, 7, '0') from generate_series(1, ${PEOPLE}) n`.execute(
    tx,
  )
})
await asOwner('analyze parley.contact, parley.identity')

const find = (where: WorkspaceId, words: string) =>
  database.inWorkspace(where, (tx) => findContacts(tx, where, words, undefined, 10))

/** Rows of people that were looked at for this. */
const readFor = (work: () => Promise<unknown>) => rowsRead(own, workspace, ['identity', 'contact'], work)

test('one of many is found by a part of a name, in any case, without a look at the others', async () => {
  let found: string[] = []
  expect(await readFor(async () => (found = await find(workspace, 'щУКи')))).toBeLessThan(100)
  expect(found).toEqual(['00000000-0000-0000-0000-000000000001'])
})

test('a phone is found by its end, and what a pattern would mean is only a letter', async () => {
  expect(await find(workspace, '0004999')).toHaveLength(1)
  expect(await find(workspace, 'An%4999')).toEqual([])
})

test('of a name that nearly everybody has the newest are found, without a look at the older ones', async () => {
  let found: string[] = []
  // The index is asked whether they are few: it stops at two thousand.
  expect(await readFor(async () => (found = await find(workspace, 'anna')))).toBeLessThan(PEOPLE)
  expect(found).toHaveLength(10)
  expect(found[0]).toBe('00000000-0000-0000-0000-000000001388')
})

test('two letters are enough, and nobody of another workspace is found', async () => {
  expect(await find(workspace, 'щу')).toHaveLength(1)
  expect(await find(another, 'щукин')).toEqual([])
})

import { sql } from 'kysely'
import { expect, test } from 'vitest'
import type { ContactId, WorkspaceId } from '#contract/ids.ts'
import { aDatabase } from '#tests/support/database.ts'
import { rowsRead } from '#tests/support/rows-read.ts'
import { aWorkspace } from '#tests/support/world.ts'
import { suggestionsFor } from './views.ts'

const own = await aDatabase()
const { database, asOwner } = own
const workspace = await aWorkspace(database)
const another = await aWorkspace(database)

interface Person {
  name?: string
  phone?: string
  email?: string
}

/** The nth contact of the workspace. */
const nth = (n: number) =>
  n
    .toString(16)
    .padStart(32, '0')
    .replace(/(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-') as ContactId

/** Contacts with these identities, one each, beginning with the nth. */
const arePeople = (where: WorkspaceId, from: number, people: readonly Person[]) =>
  database.inWorkspace(where, async (tx) => {
    await sql`insert into contact (workspace_id, id) select ${where}, * from unnest(${people.map((_, no) => nth(from + no))}::uuid[])`.execute(
      tx,
    )
    await sql`
      insert into identity (workspace_id, id, network, external_id, contact_id, name, phone, email)
      select ${where}, gen_random_uuid(), 'pigeon', contact::text, contact, name, phone, email
        from unnest(${people.map((_, no) => nth(from + no))}::uuid[], ${people.map((each) => each.name ?? null)}::text[],
                    ${people.map((each) => each.phone ?? null)}::text[], ${people.map((each) => each.email ?? null)}::text[]) as p (contact, name, phone, email)`.execute(
      tx,
    )
  })

const CROWD = 5_000
const anna: Person = { name: 'Anna Щукина', phone: '+79001234567', email: 'Anna@Example.com' }
await arePeople(workspace, 1, [
  anna,
  { name: 'somebody', phone: anna.phone! },
  { email: 'anna@example.COM' },
  { name: 'ANNA ЩУКИНА' },
  { name: '', phone: '', email: '' },
  { name: '', phone: '', email: '' },
  { name: 'Visitor' },
])
await arePeople(
  workspace,
  100,
  Array.from({ length: CROWD }, (_, n): Person => ({
    name: `Anna ${n}`,
    phone: `+7900${n}`,
    email: `anna${n}@example.com`,
  })),
)
await arePeople(another, 10_000, [anna, ...Array.from({ length: CROWD }, (): Person => ({ name: 'visitor' }))])
await asOwner('analyze parley.contact, parley.identity')

const suggested = async (n: number, where = workspace) =>
  (await database.inWorkspace(where, (tx) => suggestionsFor(tx, where, nth(n))))
    .map(({ contact, reasons }) => [contact.id, ...reasons.map(({ kind, how }) => `${kind} ${how}`)])
    .toSorted(([a], [b]) => (a! < b! ? -1 : 1))

/** Rows of people that were looked at for this. */
const readFor = (work: () => Promise<unknown>) => rowsRead(own, workspace, ['identity', 'contact'], work)

test('who has the same phone, address or name in whatever case may be the same, and nobody of another workspace', async () => {
  expect(await suggested(1)).toEqual([
    [nth(2), 'strong phone'],
    [nth(3), 'strong email'],
    [nth(4), 'weak name'],
  ])
  expect(await suggested(10_000, another)).toEqual([])
})

test('to have neither name nor address makes nobody the same', async () => {
  expect(await suggested(5)).toEqual([])
})

test('of thousands only those who are alike are looked at', async () => {
  expect(await readFor(() => suggested(1))).toBeLessThan(50)
})

test('a name that everybody has elsewhere costs nothing here, and one that everybody has here only what is told', async () => {
  expect(await readFor(() => suggested(7))).toBeLessThan(50)
  let told: unknown[] = []
  expect(await readFor(async () => (told = await suggested(10_001, another)))).toBeLessThan(1_000)
  expect(told).toHaveLength(50)
})

test('a name of any length is kept', async () => {
  const endless = '漢'.repeat(100_000)
  await arePeople(workspace, 50, [{ name: endless }, { name: endless }])
  expect(await suggested(50)).toEqual([[nth(51), 'weak name']])
})

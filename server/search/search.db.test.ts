import { sql } from 'kysely'
import { expect, test } from 'vitest'
import type { WorkspaceId } from '#contract/ids.ts'
import { aDatabase } from '#tests/support/database.ts'
import { rowsRead } from '#tests/support/rows-read.ts'
import { aWorkspace } from '#tests/support/world.ts'

const own = await aDatabase()
const { database, asOwner } = own
const workspace = await aWorkspace(database)
const another = await aWorkspace(database)

/** Messages of a year, of whose words only the numbers differ; the oldest says one word that no other does. */
const MESSAGES = 20_000
await database.inWorkspace(workspace, (tx) =>
  sql`insert into message_words (workspace_id, message_id, placed, words)
      select ${workspace}, gen_random_uuid(), now() - n * interval '1 minute',
             to_tsvector('russian', 'a word about order ' || n || case when n = ${MESSAGES} then ' zeppelin' else '' end)
        from generate_series(1, ${MESSAGES}) n`.execute(tx),
)
await asOwner('analyze parley.message_words')

const find = (where: WorkspaceId, words: string, most = 30) =>
  database.inWorkspace(where, async (tx) => {
    const { rows } = await sql<{ placed: Date }>`
      select placed from find_words(websearch_to_tsquery('russian', ${words}), null, null, ${most})`.execute(tx)
    return rows.map((row) => row.placed.getTime())
  })

/** Rows of the table that were looked at for this. */
const readFor = (work: () => Promise<unknown>) => rowsRead(own, workspace, ['message_words'], work)

test('a rare word is found without a look at the messages that do not say it', async () => {
  let found: number[] = []
  expect(await readFor(async () => (found = await find(workspace, 'zeppelin')))).toBeLessThan(MESSAGES / 10)
  expect(found).toHaveLength(1)
})

test('a word that all messages say is found from the newest on, without a look at the older ones', async () => {
  let found: number[] = []
  expect(await readFor(async () => (found = await find(workspace, 'order', 10)))).toBeLessThan(MESSAGES / 10)
  expect(found).toHaveLength(10)
  expect(found).toEqual(found.toSorted((a, b) => b - a))
})

test('a word that was common once, long ago, is found in pages, each hit once and in its order', async () => {
  await database.inWorkspace(workspace, (tx) =>
    sql`insert into message_words (workspace_id, message_id, placed, words)
        select ${workspace}, gen_random_uuid(), now() - interval '1 year' - (n % 50) * interval '1 minute', to_tsvector('russian', 'лето ' || n)
          from generate_series(1, 6000) n`.execute(tx),
  )
  const seen = new Set<string>()
  let cursor: { placed: string; message: string } | null = null
  for (;;) {
    const page: { placed: string; message: string }[] = await database.inWorkspace(workspace, async (tx) => {
      const { rows } = await sql<{ placed: string; message: string }>`
        select placed::text, message_id as message from find_words(websearch_to_tsquery('russian', 'летом'),
               ${cursor?.placed ?? null}::timestamptz, ${cursor?.message ?? null}::uuid, 1000)`.execute(tx)
      return rows
    })
    if (page.length === 0) break
    for (const { message } of page) seen.add(message)
    cursor = page.at(-1)!
  }
  expect(seen.size).toBe(6000)
})

test('nothing is found in the words of another workspace', async () => {
  expect(await find(another, 'zeppelin')).toEqual([])
})

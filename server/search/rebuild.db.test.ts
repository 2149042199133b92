/** After a restore the index is made anew while Parley works: nobody waits for it, and what it holds is found meanwhile. */
import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'kysely'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { NIL_ID, type WorkspaceId } from '#contract/ids.ts'
import { plain } from '#contract/message/content.ts'
import type { Database } from '#server/platform/database.ts'
import { aDatabase } from '#tests/support/database.ts'
import { silentLog, until } from '#tests/support/parts.ts'
import { aShop } from '#tests/support/shop.ts'
import { aWorkspace } from '#tests/support/world.ts'
import { startSearch } from './search.ts'

const { database, asOwner } = await aDatabase()

const MESSAGES = 650

/** A workspace of that many messages, the one of the shop among them. */
async function aTalk() {
  const shop = await aShop(database)
  const { workspace, select } = shop
  await database.inWorkspace(workspace, (tx) =>
    sql`insert into message (workspace_id, id, conversation_id, seq, shown_in, placed, at, direction, content)
        select ${workspace}, gen_random_uuid(), id, 1 + n, id, now(), now(), 'note', ${JSON.stringify(plain('a word'))}::jsonb
          from conversation, generate_series(2, ${MESSAGES}) n where workspace_id = ${workspace}`.execute(tx),
  )
  return {
    ...shop,
    /** Whose words are known, and by how many transactions they were written. */
    words: async () =>
      (
        await select(
          sql<{ known: number; most: number }>`
            select coalesce(sum(n), 0)::int as known, coalesce(max(n), 0)::int as most from (
              select count(*) as n from message_words where workspace_id = ${workspace} group by xmin) t`,
        )
      )[0]!,
    hasRebuilt: async () =>
      (
        await select(
          sql<{
            done: boolean
          }>`select s.rebuilt_to is null and s.lineage = p.lineage as done from subscription s, program p where workspace_id = ${workspace}`,
        )
      )[0]?.done === true,
  }
}

/** A node that indexes. @returns the places it came to, one for each of its transactions */
function indexing(
  workspaces: readonly WorkspaceId[],
  before: (workspace: WorkspaceId, nth: number) => unknown = () => {},
) {
  const places: string[] = []
  let nth = 0
  const watched: Database = {
    ...database,
    onMessagePath: async (workspace, work) => {
      await before(workspace!, ++nth)
      let place: string | null = null
      const done = await database.onMessagePath(workspace, async (tx) => {
        const worked = await work(tx)
        const { rows } = await sql<{ to: string | null }>`
          select rebuilt_to::text as to from subscription where workspace_id = ${workspace} and xmin::text = pg_current_xact_id_if_assigned()::text`.execute(
          tx,
        )
        place = rows[0]?.to ?? null
        // Long enough for another node to come across it.
        await delay(30)
        return worked
      })
      if (place !== null) places.push(place)
      return done
    },
  }
  const search = startSearch({ database: watched, log: silentLog, workspaces: async () => [...workspaces] })
  onTestFinished(search.close)
  return { places, close: search.close }
}

beforeEach(() => asOwner('update program set lineage = gen_random_uuid()'))

test('an index is made in small transactions, by several nodes as by one, and no page twice', async () => {
  const { workspace, words, hasRebuilt } = await aTalk()
  const nodes = [indexing([workspace])]
  for (const _ of [2, 3, 4]) {
    await delay(25)
    nodes.push(indexing([workspace]))
  }
  await until(hasRebuilt)
  expect(await words()).toEqual({ known: MESSAGES, most: 100 })
  const places = nodes.flatMap((node) => node.places).filter((place) => place !== NIL_ID)
  expect(places).toHaveLength(6)
  expect(new Set(places).size).toBe(6)
})

test('a node that starts again goes on where it was', async () => {
  const { workspace, words, hasRebuilt } = await aTalk()
  const first = indexing([workspace], (_, nth) => {
    if (nth > 3) throw new Error('the node has ended')
  })
  await until(() => first.places.length === 3)
  await first.close()
  expect((await words()).known).toBe(200)
  const second = indexing([workspace])
  await until(hasRebuilt)
  expect((await words()).known).toBe(MESSAGES)
  expect(second.places).toHaveLength(4)
})

test('while it is made anew all that was found is found, and in the end neither old words nor words of no message', async () => {
  const { workspace, select, words, hasRebuilt } = await aTalk()
  const first = indexing([workspace])
  await until(hasRebuilt)
  await first.close()
  await database.inWorkspace(workspace, async (tx) => {
    await sql`update message_words set words = 'older'::tsvector where workspace_id = ${workspace}`.execute(tx)
    await sql`insert into message_words (workspace_id, message_id, placed, words) select ${workspace}, gen_random_uuid(), now(), 'lost'::tsvector from generate_series(1, 150)`.execute(
      tx,
    )
  })
  await asOwner('update program set lineage = gen_random_uuid()')
  const known: number[] = []
  indexing([workspace], async () => known.push((await words()).known))
  await until(hasRebuilt)
  expect(Math.min(...known)).toBeGreaterThanOrEqual(MESSAGES)
  expect(
    await select(
      sql`select count(*)::int as n from message_words where workspace_id = ${workspace} and words @@ to_tsquery('simple', 'older | lost')`,
    ),
  ).toEqual([{ n: 0 }])
  expect((await words()).known).toBe(MESSAGES)
})

test('what is said while it is made anew is found before it is ready', async () => {
  const { workspace, ask, select, hasRebuilt } = await aTalk()
  let wasFound = false
  indexing([workspace], async (_, nth) => {
    if (nth === 3) await ask('zeppelin')
    const found = await select(sql`select from message_words where words @@ 'zeppelin'::tsquery`)
    if (found.length > 0 && !(await hasRebuilt())) wasFound = true
  })
  await until(hasRebuilt)
  expect(wasFound).toBe(true)
})

test('a workspace whose index fails keeps no other from its own', async () => {
  const broken = await aWorkspace(database)
  const { workspace, words } = await aTalk()
  indexing([broken, workspace], (which) => {
    if (which === broken) throw new Error('not here')
  })
  await until(async () => (await words()).known === MESSAGES)
  expect((await words()).known).toBe(MESSAGES)
})

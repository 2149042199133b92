/** Messages lie in a partition a month, and stay for years: what a message passes through must not open them all. */
import { sql } from 'kysely'
import { afterAll, expect, test } from 'vitest'
import { echoRule, startAutomation } from '#server/automation/automation.ts'
import { recordIncoming } from '#server/conversations/record.ts'
import { openDatabase, type Database } from '#server/platform/database.ts'
import { startSearch } from '#server/search/search.ts'
import { aDatabase } from '#tests/support/database.ts'
import { silentLog, until } from '#tests/support/parts.ts'
import { aShop, ok } from '#tests/support/shop.ts'
import { said, told } from '#tests/support/world.ts'

const { asOwner, programUrl } = await aDatabase()
await asOwner(`
  do $$ declare big text; begin
    foreach big in array array['message', 'delivery'] loop
      execute format('create table parley_parts.%I partition of %I for values from (%L) to (%L)', big || '_long_ago', big,
        first_id_of('2020-01-01'), first_id_of('2020-02-01'));
    end loop;
  end $$`)

/** One connection on the message path: whatever is asked again is planned already. */
const database = openDatabase({ url: programUrl, connections: 1 })
afterAll(() => database.close())

/** Of each transaction on the message path, the indexes of that month which it opened; planning opens them too. */
const opened: string[][] = []
const watched: Database = {
  ...database,
  onMessagePath: (workspace, work) =>
    database.onMessagePath(workspace, async (tx) => {
      const done = await work(tx)
      const { rows } = await sql<{ name: string }>`
        select c.relname as name from pg_locks l join pg_class c on c.oid = l.relation
         where l.pid = pg_backend_pid() and c.relkind = 'i' and c.relname like '%long_ago%' order by 1`.execute(tx)
      opened.push(rows.map(({ name }) => name))
      return done
    }),
}

test('a message comes, is answered and found without a look into the months of long ago', async () => {
  const shop = await aShop(watched)
  const workspaces = async () => [shop.workspace]
  const deps = { database: watched, log: silentLog, workspaces }
  const automation = startAutomation({ ...deps, hints: shop.hints, rules: [echoRule] })
  const search = startSearch(deps)
  shop.own(async () => ok)
  const sent = () => shop.select(sql`select from delivery where state = 'sent'`)
  const found = () => shop.select(sql`select from message_words`)
  const say = async (nth: number) => {
    await watched.onMessagePath(shop.workspace, (tx) =>
      recordIncoming(tx, shop.workspace, [told(shop.channel, [said(`in-${nth}`, `hello ${nth}`)])], true),
    )
    shop.hints.tell('input', shop.workspace)
    await until(async () => (await sent()).length === nth && (await found()).length === 1 + 2 * nth)
  }
  for (const nth of [1, 2, 3]) await say(nth)
  expect(opened.flat()).toContain('message_long_ago_pkey')
  opened.length = 0
  await say(4)
  expect(opened.length).toBeGreaterThan(3)
  expect(opened.flat()).toEqual([])
  await automation.close()
  await search.close()
})

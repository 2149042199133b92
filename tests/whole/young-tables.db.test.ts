/** The first hour of a Parley: its tables are empty, PostgreSQL knows nothing of them yet, and the plans it makes then are kept. */
import { afterAll, expect, test } from 'vitest'
import startTelegram from '#connectors/telegram/emulator.ts'
import { createChannel } from '#contract/calls/channels.ts'
import { plain } from '#contract/message/content.ts'
import { until } from '#tests/support/parts.ts'
import { wholeParley } from '#tests/support/whole-parley.ts'

const PEOPLE = 400
/** Rows of a table fetched by an index for one message: most of them in the first seconds. A kept plan that reads the workspace fetches some 150. */
const MOST_FETCHED = 80

const telegram = await startTelegram()
afterAll(() => telegram.close())
const parley = await wholeParley({ reaches: [telegram.url], echo: true })

test('a storm of messages on the first day reads a few rows for each message, not the workspace', async () => {
  // Nothing is learned of them meanwhile.
  await parley.test.asOwner(`
    do $$ declare young regclass; begin
      for young in select oid from pg_class where relkind = 'r' and relnamespace in ('parley'::regnamespace, 'parley_parts'::regnamespace)
      loop execute format('alter table %s set (autovacuum_enabled = off)', young); end loop;
    end $$`)
  const settings = { ...telegram.settings, receive: 'webhook' }
  await parley.owner.call(createChannel, { body: { connector: 'telegram', name: 'Shop', settings } })
  const phones = Array.from({ length: PEOPLE }, (_, number) => telegram.phone(`Person ${number}`))
  for (const round of [1, 2])
    await Promise.all(phones.map((phone, number) => phone.say(plain(`${round} of person ${number}`))))
  const answers = (phone: (typeof phones)[number]) => phone.sees().filter((seen) => seen.from === 'us').length
  await until(() => phones.every((phone) => answers(phone) === 2), 80_000)

  const fetched = await parley.test.asOwner<{ name: string; rows: number }>(
    `select relname as name, (idx_tup_fetch / ${PEOPLE * 4.0})::float8 as rows from pg_stat_user_tables where idx_tup_fetch > 0 order by 2 desc`,
  )
  expect(fetched.length).toBeGreaterThan(5)
  expect(fetched.filter(({ rows }) => rows > MOST_FETCHED)).toEqual([])
})

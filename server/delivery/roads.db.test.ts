import { sql } from 'kysely'
import { expect, test } from 'vitest'
import type { Connectors } from '#connector-kit/load.ts'
import type { ChannelId, ConversationId } from '#contract/ids.ts'
import { recordIncoming } from '#server/conversations/record.ts'
import type { Tx } from '#server/platform/database.ts'
import { aDatabase } from '#tests/support/database.ts'
import { aChannel, aWorkspace, said, told } from '#tests/support/world.ts'
import { roadOptions } from './roads.ts'

const { database, asOwner } = await aDatabase()
await asOwner(
  `create table parley_parts.message_long_ago partition of message for values from ('${'0'.repeat(8)}-0000-0000-0000-000000000000') to (first_id_of('1980-01-01'))`,
)
const connectors = new Map([
  ['pigeon', { connector: { abilities: { first: { who: 'nobody' } }, manifest: { access: 'open' } } }],
  [
    'mail',
    { connector: { abilities: { first: { who: 'anyone' }, subject: { out: 300 } }, manifest: { access: 'open' } } },
  ],
]) as unknown as Connectors
const MANY = 500

/** Ann, who wrote much by pigeon, and has an address. */
async function aLongTalk() {
  const workspace = await aWorkspace(database)
  const [pigeon, mail] = [await aChannel(database, workspace, 'pigeon'), await aChannel(database, workspace, 'mail')]
  const inside = <T>(work: (tx: Tx) => Promise<T>) => database.inWorkspace(workspace, work)
  const hears = (channel: typeof pigeon, by: string, many: number) =>
    inside((tx) =>
      recordIncoming(
        tx,
        workspace,
        Array.from({ length: many }, (_, nth) => told(channel, [said(`${by} ${nth}`, 'hello', { by })])),
      ),
    )
  await hears(pigeon, 'ann', MANY)
  const { rows } = await inside((tx) =>
    sql<{ id: ConversationId }>`select id from conversation where workspace_id = ${workspace}`.execute(tx),
  )
  const conversation = rows[0]!.id
  await inside((tx) =>
    sql`
      with address as (
        insert into identity (workspace_id, id, network, scope, external_id, kind, contact_id)
        select ${workspace}, gen_random_uuid(), 'mail', '', 'ann@shop.example', 'person', contact_id from conversation
         where workspace_id = ${workspace} and id = ${conversation} returning id)
      insert into road (workspace_id, identity_id, channel_id, chat) select ${workspace}, id, ${mail.id}, 'ann@shop.example' from address`.execute(
      tx,
    ),
  )
  return { inside, mail, hears, options: (tx: Tx) => roadOptions(tx, workspace, conversation, connectors) }
}

const answeredOn = (channel: ChannelId, options: Awaited<ReturnType<typeof roadOptions>>) =>
  options.find((each) => each.channel === channel)!.answered

test('of an address that never wrote no letter is looked for in the thread', async () => {
  const { inside, mail, options } = await aLongTalk()
  const read = await inside(async (tx) => {
    expect(answeredOn(mail.id, await options(tx))).toBeNull()
    const { rows } = await sql<{ n: number }>`
      select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::int as n from pg_stat_xact_user_tables where relname like 'message%'`.execute(
      tx,
    )
    return rows[0]!.n
  })
  expect(read).toBe(0)
})

test('a letter is looked for in no month before its thread', async () => {
  const { inside, mail, hears, options } = await aLongTalk()
  await hears(mail, 'ann@shop.example', 1)
  const opened = await inside(async (tx) => {
    expect(answeredOn(mail.id, await options(tx))).toEqual({})
    const { rows } = await sql<{ name: string }>`
      select c.relname as name from pg_locks l join pg_class c on c.oid = l.relation
       where l.pid = pg_backend_pid() and c.relname like '%long_ago%'`.execute(tx)
    return rows
  })
  expect(opened).toEqual([])
})

import { sql } from 'kysely'
import { expect, test } from 'vitest'
import type { ConversationId, MemberId } from '#contract/ids.ts'
import type { Tx } from '#server/platform/database.ts'
import { newId } from '#server/platform/new-id.ts'
import { aDatabase } from '#tests/support/database.ts'
import { aChannel, aWorkspace, said, told } from '#tests/support/world.ts'
import { countViews, listConversations, listMessages } from './lists.ts'
import { recordIncoming } from './record.ts'

const { database, asOwner } = await aDatabase()
const workspace = await aWorkspace(database)
const channel = await aChannel(database, workspace)
const member = newId<MemberId>()
/** Each has said something and was answered. */
async function talk(names: readonly string[]): Promise<void> {
  await database.inWorkspace(workspace, async (tx) => {
    await recordIncoming(
      tx,
      workspace,
      names.map((name) => told(channel, [said(`${name} 1`, `I am ${name}`, { by: name })])),
    )
    // As replies are written, in their order.
    await sql`
      with talk as (
        select c.id, i.id as identity, m.id as heard from conversation c join identity i on i.workspace_id = c.workspace_id and i.contact_id = c.contact_id
          join message m on m.workspace_id = c.workspace_id and m.id = c.last_message
         where c.workspace_id = ${workspace} and i.external_id = any (${[...names]}) and m.direction = 'in'),
      said as (
        insert into message (workspace_id, id, conversation_id, seq, shown_in, placed, at, direction, identity_id, channel_id, content)
        select ${workspace}, overlay(heard::text placing 'f' from 20)::uuid, id, 2, id, clock_timestamp(), clock_timestamp(), 'out', identity, ${channel.id}, '{"parts":[{"kind":"text","text":"Hello","entities":[]}]}' from talk
        returning id, conversation_id, identity_id),
      sent as (
        insert into delivery (workspace_id, id, message_id, conversation_id, identity_id, channel_id, op, state)
        select ${workspace}, id, id, conversation_id, identity_id, ${channel.id}, 'message', 'delivered' from said)
      update conversation c set last_message = said.id, last_seq = 2, last_at = clock_timestamp() from said
       where c.workspace_id = ${workspace} and c.id = said.conversation_id`.execute(tx)
  })
}

test('a plan that was made when there was little reads no more when there is much', async () => {
  await talk(['ann'])
  const ann = (await list()).items[0]!.id
  await open(ann)
  await talk(Array.from({ length: 1_500 }, (_, index) => `person ${index}`))
  // As the program does where a table has grown.
  await asOwner('analyze')
  // Two messages, a delivery, who wrote them and where they were read.
  expect(await rowsRead((tx) => openIn(tx, ann))).toBeLessThan(10)
  // Of each of ten rows, and of the one too many: the conversation, the contact and its identity, the message, its delivery, the channel.
  expect(await rowsRead(listIn)).toBeLessThan(80)
})

test('a row tells how far our last word came, also when the clock stood still between theirs and ours', async () => {
  await talk(['bob'])
  const bob = async () => (await list()).items.find(({ name }) => name === 'bob')!
  expect((await bob()).last).toMatchObject({ direction: 'out', words: 'Hello', state: 'delivered' })
  await database.inWorkspace(workspace, (tx) =>
    sql`update conversation set last_in_at = last_at where workspace_id = ${workspace}`.execute(tx),
  )
  expect((await bob()).last).toMatchObject({ direction: 'out', words: 'Hello', state: 'delivered' })
})

test('the views are counted as they are listed', async () => {
  const counts = await database.look(workspace, (tx) => countViews(tx, workspace, member))
  for (const view of ['mine', 'unassigned', 'waiting', 'failed', 'snoozed', 'closed'] as const) {
    const { items } = await database.look(workspace, (tx) =>
      listConversations(tx, workspace, member, { view, limit: 1_000 }),
    )
    expect([view, items.length]).toEqual([view, counts[view]])
  }
})

const listIn = (tx: Tx) => listConversations(tx, workspace, member, { view: 'all', limit: 10 })
const list = () => database.look(workspace, listIn)

async function openIn(tx: Tx, conversation: ConversationId): Promise<void> {
  const { items } = await listMessages(tx, workspace, conversation, { limit: 50 })
  expect(items.map(({ direction, deliveries }) => [direction, deliveries.length])).toEqual([
    ['out', 1],
    ['in', 0],
  ])
}
const open = (conversation: ConversationId) => database.look(workspace, (tx) => openIn(tx, conversation))

/** As this very connection counts them, before the rest of the server is told. */
function rowsRead(work: (tx: Tx) => Promise<unknown>): Promise<number> {
  return database.look(workspace, async (tx) => {
    const read = async () => {
      const { rows } = await sql<{ n: number }>`
        select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::int as n from pg_stat_xact_user_tables`.execute(tx)
      return rows[0]!.n
    }
    const before = await read()
    await work(tx)
    return (await read()) - before
  })
}

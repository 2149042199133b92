import { sql } from 'kysely'
import { expect, test } from 'vitest'
import type { Incoming } from '#connector-kit/connector.ts'
import { plain } from '#contract/message/content.ts'
import { aDatabase } from '#tests/support/database.ts'
import { aChannel, aWorkspace, said } from '#tests/support/world.ts'
import { recordIncoming } from './record.ts'
import type { Told } from './told.ts'

const { database } = await aDatabase()

test('an edit whose message never came is the message, once it has waited long enough', async () => {
  const { hear, messages, work } = await aTalk()
  await hear([[said('1', 'hello')]])
  await hear([[edit('2', 'whole text, corrected')]])
  expect(await work()).toMatchObject([{ state: 1 }])
  expect(await messages()).toMatchObject([{ text: 'hello' }])

  await hear([[edit('2', 'whole text, corrected')]], true)
  expect(await messages()).toMatchObject([
    { text: 'hello', edited: false },
    { text: 'whole text, corrected', edited: true, direction: 'in' },
  ])
  await hear([[edit('2', 'and again')]])
  expect(await messages()).toMatchObject([{ text: 'hello' }, { text: 'and again' }])
})

test('an edit of a chat that nobody knows, and whatever is no edit, is a person’s affair after a day', async () => {
  const { hear, messages, work, names } = await aTalk()
  await hear([[said('1', 'hello')]])
  const reaction: Incoming = { is: 'reaction', target: { chat: 'ann', id: '2' }, by: { id: 'ann' }, set: ['👍'] }
  await hear([[reaction]])
  expect(await names()).toEqual(['1', '2'])
  await hear([[reaction]], true)
  await hear([[{ ...edit('3', 'words'), target: { chat: 'a group', id: '3' } }]], true)
  expect(await work()).toMatchObject([{ state: 1 }, { state: 2, code: 'no_target' }, { state: 2, code: 'no_target' }])
  expect(await messages()).toHaveLength(1)
})

test('a chat parks a hundred events; what it sends beyond that is given up at once and leaves no name', async () => {
  const { hear, work, names } = await aTalk()
  await hear([[said('1', 'hello')]])
  for (let n = 0; n < 4; n++) await hear(Array.from({ length: 30 }, (_, at) => [edit(`never ${n} ${at}`, 'words')]))
  const states = Map.groupBy(await work(), ({ state }) => state)
  expect([states.get(1)?.length, states.get(2)?.length]).toEqual([100, 20])
  expect(await names()).toHaveLength(101)
})

const edit = (id: string, text: string): Extract<Incoming, { is: 'edit' }> => ({
  is: 'edit',
  target: { chat: 'ann', id },
  by: { id: 'ann' },
  at: new Date(),
  content: plain(text),
})

async function aTalk() {
  const workspace = await aWorkspace(database)
  const channel = await aChannel(database, workspace)
  const rows = async <T>(query: ReturnType<typeof sql<T>>) =>
    (await database.inWorkspace(workspace, (tx) => query.execute(tx))).rows
  return {
    /** Events of one lane, in one batch, as the worker reads them. */
    hear: async (events: Incoming[][], overdue = false) => {
      await database.inWorkspace(workspace, async (tx) => {
        const { rows: places } = await sql<{ pos: number; inbound: never }>`
          insert into inbound_work (workspace_id, channel_id, lane, inbound_id)
          select ${workspace}, ${channel.id}, 1, gen_random_uuid() from generate_series(1, ${events.length})
          returning pos, inbound_id as inbound`.execute(tx)
        const told = places.map(({ pos, inbound }, at): Told => ({
          pos,
          inbound,
          channel,
          receivedAt: new Date(),
          incoming: events[at]!,
          overdue,
        }))
        const plan = await recordIncoming(tx, workspace, told)
        await sql`delete from inbound_work where workspace_id = ${workspace} and pos = any (${plan.applied}::bigint[])`.execute(
          tx,
        )
      })
    },
    work: () =>
      rows(
        sql<{ state: number; code: string | null }>`
          select state, error_code as code from inbound_work where workspace_id = ${workspace} order by pos`,
      ),
    names: async () =>
      (
        await rows(
          sql<{ id: string }>`select external_id as id from message_ref where workspace_id = ${workspace} order by 1`,
        )
      ).map(({ id }) => id),
    messages: () =>
      rows(
        sql<{ text: string; edited: boolean; direction: string }>`
          select content #>> '{parts,0,text}' as text, edited_at is not null as edited, direction
            from message where workspace_id = ${workspace} order by seq`,
      ),
  }
}

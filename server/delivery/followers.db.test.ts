import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { plain } from '#contract/message/content.ts'
import type { MemberId, MessageId } from '#contract/ids.ts'
import { recordIncoming } from '#server/conversations/record.ts'
import { newId } from '#server/platform/new-id.ts'
import { aDatabase } from '#tests/support/database.ts'
import { aChannel, aWorkspace, said, told } from '#tests/support/world.ts'
import type { Tx } from '#server/platform/database.ts'
import { say } from './enqueue.ts'
import { recordResults, type Result } from './results.ts'
import { deleteMessage, editMessage } from './change-sent.ts'
import { cancelDelivery, settle } from './deliveries.ts'
import { applyStatuses } from './status.ts'
import { claimHeads, loadDispatches, markRows } from './sender.sql.ts'

const { database } = await aDatabase()

test('an edit made while the sender claims its message travels behind it', async () => {
  const { message, edit, claim, inTurn, queued, finish } = await aMessage('first words')
  let editing = Promise.resolve()
  const sent = await inTurn(async (tx) => {
    const [claimed] = await claim(tx)
    // The turn is not committed yet: for others the message still waits.
    editing = edit('better words')
    await new Promise((resolve) => setTimeout(resolve, 200))
    return claimed!
  })
  await editing
  expect(wordsOf(sent.content)).toBe('first words')
  expect(await queued()).toMatchObject([{ op: 'message' }, { op: 'edit', words: 'better words' }])

  await finish(sent, { is: 'sent', sent: { ids: ['1'] } })
  const [next] = await inTurn(claim)
  expect(next).toMatchObject({ message, op: 'edit' })
  expect(wordsOf(next!.body!.content!)).toBe('better words')
})

test('a sender that comes while the words are being replaced takes the new ones', async () => {
  const { message, workspace, claim, inTurn, queued } = await aMessage('first words')
  let claiming: ReturnType<typeof inTurn<Awaited<ReturnType<typeof claim>>>> | undefined
  await database.inWorkspace(workspace, async (tx) => {
    await editMessage(tx, workspace, message, { text: 'better words' })
    claiming = inTurn(claim)
    await new Promise((resolve) => setTimeout(resolve, 200))
  })
  const [sent] = await claiming!
  expect(wordsOf(sent!.content)).toBe('better words')
  expect(await queued()).toMatchObject([{ op: 'message' }])
})

test('edits that wait in the queue become one, with the last words', async () => {
  const { edit, claim, inTurn, queued, finish } = await aMessage('one')
  const [sent] = await inTurn(claim)
  await edit('two')
  await edit('three')
  expect(await queued()).toMatchObject([{ op: 'message' }, { op: 'edit', words: 'three' }])
  await finish(sent!, { is: 'sent', sent: { ids: ['1'] } })
  await inTurn(claim)
  await edit('four')
  expect(await queued()).toMatchObject([
    { op: 'edit', words: 'three' },
    { op: 'edit', words: 'four' },
  ])
})

test('an edit of a message with a lane of its own waits there', async () => {
  const { edit, claim, inTurn, queued } = await aMessage('later', new Date(Date.now() + 3_600_000))
  await inTurn(async (tx) => {
    await sql`update delivery_work set ready_at = '-infinity'`.execute(tx)
  })
  await inTurn(claim)
  await edit('changed')
  const [create, change] = await queued()
  expect(change!.lane).toBe(create!.lane)
})

test('a message that failed takes its edit with it, and no second failure is counted', async () => {
  const { edit, claim, inTurn, queued, finish, deliveries } = await aMessage('one')
  const [sent] = await inTurn(claim)
  await edit('two')
  const conversation = await finish(sent!, { is: 'failed', code: 'blocked', details: {} })
  expect(await queued()).toEqual([])
  expect(await deliveries()).toMatchObject([
    { op: 'message', state: 'failed', reason: 'blocked', settled: false },
    { op: 'edit', state: 'failed', reason: 'cancelled', settled: true },
  ])
  expect(conversation.failed).toBe(1)
})

test('a message that failed and was to be taken back is taken back here', async () => {
  const { message, workspace, claim, inTurn, queued, finish, isDeleted } = await aMessage('one')
  const [sent] = await inTurn(claim)
  await database.inWorkspace(workspace, (tx) => deleteMessage(tx, workspace, message, connectorsThatDelete))
  expect(await isDeleted()).toBe(false)
  await finish(sent!, { is: 'failed', code: 'blocked', details: {} })
  expect(await queued()).toEqual([])
  expect(await isDeleted()).toBe(true)
})

test('an edit behind a message that nobody confirmed ends with it, quietly; a resend has the newest words', async () => {
  const { workspace, message, edit, claim, inTurn, queued, finish, deliveries } = await aMessage('one')
  const [sent] = await inTurn(claim)
  await edit('two')
  const conversation = await finish(sent!, { is: 'unconfirmed', details: {} })
  expect(await queued()).toEqual([])
  expect(await deliveries()).toMatchObject([
    { op: 'message', state: 'unconfirmed', settled: false },
    { op: 'edit', state: 'failed', reason: 'unconfirmed', settled: true },
  ])
  expect(conversation.failed).toBe(1)
  const { rows } = await inTurn((tx) =>
    sql<{
      words: string
    }>`select content #>> '{parts,0,text}' as words from message where workspace_id = ${workspace} and id = ${message}`.execute(
      tx,
    ),
  )
  expect(rows).toEqual([{ words: 'two' }])
})

test('what a member knows not to have arrived is a failure, and can be sent again', async () => {
  const { workspace, claim, inTurn, finish, deliveries } = await aMessage('one')
  const [sent] = await inTurn(claim)
  await finish(sent!, { is: 'unconfirmed', details: {} })
  await inTurn((tx) => settle(tx, workspace, sent!.delivery, false))
  expect(await deliveries()).toMatchObject([{ state: 'failed', reason: 'unconfirmed', settled: false }])
  await inTurn((tx) => settle(tx, workspace, sent!.delivery, false))
  expect(await deliveries()).toMatchObject([{ state: 'failed', settled: true }])
})

test('proof that the message did arrive, with its name, sends the edit after all, once', async () => {
  const { workspace, message, edit, claim, inTurn, queued, finish, deliveries, name } = await aMessage('one')
  const [sent] = await inTurn(claim)
  await edit('two')
  await edit('three')
  await finish(sent!, { is: 'unconfirmed', details: {} })
  await name('77')
  const arrived = { delivery: sent!.delivery, state: 'sent' as const, at: new Date() }
  await inTurn((tx) => applyStatuses(tx, workspace, [arrived], []))
  await inTurn((tx) => applyStatuses(tx, workspace, [arrived], []))
  expect(await queued()).toMatchObject([{ op: 'edit', words: 'three' }])
  expect((await deliveries())[0]).toMatchObject({ op: 'message', state: 'sent' })
  const [next] = await inTurn(claim)
  expect(next).toMatchObject({ message, op: 'edit' })
})

test('a member who says that it arrived, where it has no name, is told that the edit did not reach it', async () => {
  const { workspace, edit, claim, inTurn, queued, finish, deliveries } = await aMessage('one')
  const [sent] = await inTurn(claim)
  await edit('two')
  await finish(sent!, { is: 'unconfirmed', details: {} })
  await inTurn((tx) => settle(tx, workspace, sent!.delivery, true))
  expect(await queued()).toEqual([])
  expect(await deliveries()).toMatchObject([
    { op: 'message', state: 'sent', settled: true },
    { op: 'edit', state: 'failed', reason: 'gone', settled: false },
  ])
})

test('a deletion behind a message that nobody confirmed does not claim that it is gone', async () => {
  const { message, workspace, claim, inTurn, finish, isDeleted, deliveries } = await aMessage('one')
  const [sent] = await inTurn(claim)
  await inTurn((tx) => deleteMessage(tx, workspace, message, connectorsThatDelete))
  await finish(sent!, { is: 'unconfirmed', details: {} })
  expect(await isDeleted()).toBe(false)
  expect((await deliveries())[1]).toMatchObject({ op: 'delete', state: 'failed', reason: 'unconfirmed' })
})

test('what waits for a word of a member after a restore can be reworded and taken back', async () => {
  const { workspace, edit, inTurn, queued, deliveries } = await aMessage('one')
  await inTurn((tx) => sql`update delivery_work set state = 3 where workspace_id = ${workspace}`.execute(tx))
  await edit('two')
  expect(await queued()).toMatchObject([{ op: 'message' }])
  const [only] = await deliveries()
  await database.inWorkspace(workspace, (tx) => cancelDelivery(tx, workspace, only!.id))
  expect(await queued()).toEqual([])
})

const connectorsThatDelete = new Map([
  ['pigeon', { connector: { abilities: { delete: { out: true } } } }],
]) as unknown as Parameters<typeof deleteMessage>[3]

const wordsOf = (content: { parts: unknown[] }) => content.parts.map((part) => (part as { text: string }).text).join()

/** A message on its way to Ann, and a sender by hand. */
async function aMessage(words: string, sendAt: Date | null = null) {
  const workspace = await aWorkspace(database)
  const channel = await aChannel(database, workspace)
  const inTurn = <T>(work: (tx: Tx) => Promise<T>) => database.inWorkspace(workspace, work)
  await inTurn((tx) => recordIncoming(tx, workspace, [told(channel, [said('in', 'hello')])]))
  const road = (
    await inTurn((tx) =>
      sql<{ conversation: never; identity: never }>`
        select conversation_id as conversation, identity_id as identity from message where workspace_id = ${workspace}`.execute(
        tx,
      ),
    )
  ).rows[0]!
  const { message } = await inTurn((tx) =>
    say(tx, workspace, {
      conversation: road.conversation,
      content: plain(words),
      road: { identity: road.identity, channel: channel.id, why: [] },
      member: null as MemberId | null,
      cause: null,
      replyTo: null,
      thread: null,
      clientId: null,
      sendAt,
      class: 1,
    }),
  )
  const asked = { channel: channel.id, epoch: 1, room: 10, after: '-9223372036854775808', waitingLanes: [] }
  const claim = async (tx: Tx) => {
    const rows = await claimHeads(tx, workspace, [asked], new Date())
    const dispatches = await loadDispatches(tx, workspace, rows)
    await markRows(
      tx,
      workspace,
      rows.map(({ pos }) => ({ pos, epoch: 1, key: newId() })),
    )
    return rows.map((row) => ({ ...dispatches.get(row.pos)!, row }))
  }
  return {
    workspace,
    message,
    claim,
    inTurn,
    edit: (text: string) => inTurn((tx) => editMessage(tx, workspace, message as MessageId, { text })),
    finish: async ({ row, ...dispatch }: Awaited<ReturnType<typeof claim>>[number], outcome: Result['outcome']) => {
      await inTurn((tx) => recordResults(tx, workspace, [{ row, dispatch, epoch: 1, outcome, applied: [], pieces: 1 }]))
      const { rows } = await inTurn((tx) =>
        sql<{ failed: number }>`select failed from conversation where workspace_id = ${workspace}`.execute(tx),
      )
      return rows[0]!
    },
    /** The platform's own id of it, as an echo brings it. */
    name: (id: string) =>
      inTurn((tx) =>
        sql`insert into message_ref (workspace_id, channel_id, chat, external_id, message_id, direction) values (${workspace}, ${channel.id}, 'ann', ${id}, ${message}, 'out')`.execute(
          tx,
        ),
      ),
    queued: async () =>
      (
        await inTurn((tx) =>
          sql<{ op: string; words: string | null; lane: string }>`
            select d.op, d.body #>> '{content,parts,0,text}' as words, w.lane::text as lane
              from delivery_work w join delivery d on d.workspace_id = w.workspace_id and d.id = w.delivery_id
             where w.workspace_id = ${workspace} order by w.pos`.execute(tx),
        )
      ).rows,
    deliveries: async () =>
      (
        await inTurn((tx) =>
          sql<{ id: never; op: string; state: string; reason: string | null; settled: boolean }>`
            select id, op, state, reason, settled from delivery where workspace_id = ${workspace} order by id`.execute(
            tx,
          ),
        )
      ).rows,
    isDeleted: async () =>
      (
        await inTurn((tx) =>
          sql<{
            gone: boolean
          }>`select deleted_at is not null as gone from message where workspace_id = ${workspace} and id = ${message}`.execute(
            tx,
          ),
        )
      ).rows[0]!.gone,
  }
}

/** What members do about one delivery: sent again, settled, taken out of the queue. Each function runs in the caller's transaction. */
import { sql } from 'kysely'
import type { ChannelId, ConversationId, DeliveryId, IdentityId, MessageId, WorkspaceId } from '#contract/ids.ts'
import type { Content } from '#contract/message/content.ts'
import type { Connectors } from '#connector-kit/load.ts'
import { partsOf } from '#server/conversations/parts.ts'
import { announce } from '#server/feed/feed.ts'
import type { Tx } from '#server/platform/database.ts'
import { Refused } from '#server/platform/problem.ts'
import { queue } from './enqueue.ts'
import { endFollowers, resumeFollowers } from './followers.ts'
import { chooseFor } from './roads.ts'
import { countFailures } from './trouble.ts'
import { waitAgain } from './wait-again.ts'

interface Ended {
  message: MessageId
  conversation: ConversationId
  state: string
  settled: boolean
}

/** Its message first, as those do who change it: what goes out again must not go with words that are being replaced. */
async function lockDelivery(tx: Tx, workspace: WorkspaceId, id: DeliveryId): Promise<Ended> {
  await sql`
    select 1 from message m where m.workspace_id = ${workspace}
       and m.id = (select message_id from delivery where workspace_id = ${workspace} and id = ${id}) for update of m`.execute(
    tx,
  )
  const { rows } = await sql<Ended>`
    select d.message_id as message, m.shown_in as conversation, d.state, d.settled from delivery d
      join message m on m.workspace_id = d.workspace_id and m.id = d.message_id
     where d.workspace_id = ${workspace} and d.id = ${id} for update of d`.execute(tx)
  if (!rows[0]) throw new Refused('not_found')
  return rows[0]
}

/**
 * A new delivery of a failed or unconfirmed one, which is settled by it. By the same road it goes on behind the pieces that have arrived.
 * @throws Refused `not_resendable` for any other
 */
export async function resend(
  tx: Tx,
  workspace: WorkspaceId,
  id: DeliveryId,
  via: IdentityId | undefined,
  connectors: Connectors,
): Promise<MessageId> {
  const ended = await lockDelivery(tx, workspace, id)
  if ((ended.state !== 'failed' && ended.state !== 'unconfirmed') || ended.settled) throw new Refused('not_resendable')
  const { rows } = await sql<{
    identity: IdentityId
    channel: ChannelId
    op: 'message' | 'edit' | 'delete' | 'react'
    body: { content?: Content; emoji?: string[] } | null
  }>`
    select identity_id as identity, channel_id as channel, op, body from delivery where workspace_id = ${workspace} and id = ${id}`.execute(
    tx,
  )
  const before = rows[0]!
  const { choice } = await chooseFor(tx, workspace, ended.conversation, { via: via ?? before.identity }, connectors)
  const road =
    choice.others.find(
      ({ road: each, cannot }) =>
        cannot === null && !via && each.identity === before.identity && each.channel === before.channel,
    )?.road ?? choice.road
  if (!road) throw new Refused('no_road')
  await settleQuietly(tx, workspace, id, ended)
  await queue(tx, workspace, {
    message: ended.message,
    conversation: ended.conversation,
    identity: road.identity,
    channel: road.channel,
    op: before.op,
    body: before.body,
    why: [{ code: 'asked_for' }],
    class: 1,
    sendAt: null,
    piece:
      road.identity === before.identity && road.channel === before.channel
        ? ((await partsOf(tx, workspace, [id])).get(id)?.arrived ?? 0)
        : 0,
  })
  await announce(tx, workspace, [{ kind: 'message.changed', subject: ended.message }])
  return ended.message
}

/** A member says whether it arrived; of a failed one, that it is seen to. */
export async function settle(tx: Tx, workspace: WorkspaceId, id: DeliveryId, arrived: boolean): Promise<MessageId> {
  const ended = await lockDelivery(tx, workspace, id)
  if (ended.state !== 'failed' && ended.state !== 'unconfirmed') throw new Refused('conflict')
  if (ended.state === 'unconfirmed') {
    const state = arrived ? 'sent' : 'failed'
    await sql`update delivery set state = ${state}, reason = ${arrived ? null : 'unconfirmed'}, sent_at = case when ${arrived} then coalesce(sent_at, dispatched_at) else sent_at end
               where workspace_id = ${workspace} and id = ${id}`.execute(tx)
  }
  // What did not arrive is a failure like any other: it stays until somebody sends it again or leaves it.
  if (arrived || ended.state === 'failed') await settleQuietly(tx, workspace, id, ended)
  if (arrived && ended.state === 'unconfirmed') await resumeFollowers(tx, workspace, [id])
  await announce(tx, workspace, [{ kind: 'message.changed', subject: ended.message }])
  return ended.message
}

async function settleQuietly(tx: Tx, workspace: WorkspaceId, id: DeliveryId, ended: Ended): Promise<void> {
  if (ended.settled) return
  await sql`update delivery set settled = true where workspace_id = ${workspace} and id = ${id}`.execute(tx)
  await announce(
    tx,
    workspace,
    await countFailures(tx, workspace, [{ message: ended.message, was: ended.state, state: 'sent' }]),
  )
}

/** Takes a queued delivery back. @throws Refused `conflict` when it is on its way already */
export async function cancelDelivery(tx: Tx, workspace: WorkspaceId, id: DeliveryId): Promise<MessageId> {
  const ended = await lockDelivery(tx, workspace, id)
  if ((await cancel(tx, workspace, [id])) === 0) throw new Refused('conflict', { detail: 'it is on its way already' })
  await announce(tx, workspace, [{ kind: 'message.changed', subject: ended.message }])
  return ended.message
}

/** Takes back those that have not begun. @returns how many were still in the queue */
export async function cancel(tx: Tx, workspace: WorkspaceId, ids: DeliveryId[]): Promise<number> {
  if (ids.length === 0) return 0
  const { rows } = await sql<{ delivery: DeliveryId }>`
    delete from delivery_work where workspace_id = ${workspace} and delivery_id = any (${ids}::uuid[]) and state in (0, 3) and piece = 0 returning delivery_id as delivery`.execute(
    tx,
  )
  const gone = rows.map((row) => row.delivery)
  const { rows: taken } = await sql<{ message: MessageId; op: string }>`
    update delivery set state = 'failed', reason = 'cancelled', settled = true, ended_at = now()
     where workspace_id = ${workspace} and id = any (${gone}::uuid[]) returning message_id as message, op`.execute(tx)
  await endFollowers(tx, workspace, gone)
  await waitAgain(
    tx,
    workspace,
    taken.flatMap(({ message, op }) => (op === 'message' ? [message] : [])),
  )
  return gone.length
}

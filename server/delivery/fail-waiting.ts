/** Ends what waits in vain: its channel is gone, or its time is over. */
import { sql } from 'kysely'
import type { ChannelId, ConversationId, DeliveryId, MessageId, WorkspaceId } from '#contract/ids.ts'
import { statesThat } from '#contract/message/channel-state.ts'
import { announce } from '#server/feed/feed.ts'
import type { Tx } from '#server/platform/database.ts'
import { endFollowers } from './followers.ts'
import { countFailures } from './trouble.ts'

/** Most of a removal's own transaction: a broadcast that waits would hold the feed of everybody. */
const MOST_AT_ONCE = 500

/** Fails what waits for a channel with its removal; of many only the first, the others and what comes too late end by `failRemoved`. */
export async function failQueued(tx: Tx, workspace: WorkspaceId, channel: ChannelId): Promise<void> {
  await failWork(
    tx,
    workspace,
    'channel_removed',
    sql`w.state = 0 and not w.doubtful and w.channel_id = ${channel}`,
    MOST_AT_ONCE,
  )
}

/**
 * Fails what waits, or is held, for channels that were removed: the rest of many, what was given back by a send under way, what was said by
 * somebody who had read his road just before. What may have arrived is none of it: `settleOwnerless`.
 * @returns how many; a full portion means: come again
 */
export async function failRemoved(tx: Tx, workspace: WorkspaceId, most: number): Promise<number> {
  return failWork(
    tx,
    workspace,
    'channel_removed',
    sql`w.state in (0, 3) and not w.doubtful and w.channel_id in (select id from channel c where c.workspace_id = ${workspace} and c.removed_at is not null)`,
    most,
  )
}

/** Fails what waited too long. Called by the scheduler while the channel may send. @returns how many; a full portion means: come again */
export async function failExpired(tx: Tx, workspace: WorkspaceId, most: number): Promise<number> {
  return failWork(
    tx,
    workspace,
    'expired',
    sql`w.state = 0 and w.expires_at < now() and w.expires_open <= coalesce((select open_ms from channel_pace p where p.workspace_id = ${workspace} and p.channel_id = w.channel_id), 0) and not (select hold from workspace s where s.workspace_id = ${workspace}) and exists (select from channel c where c.workspace_id = ${workspace} and c.id = w.channel_id and c.state = any (${statesThat('sends')}))`,
    most,
  )
}

async function failWork(
  tx: Tx,
  workspace: WorkspaceId,
  reason: string,
  which: ReturnType<typeof sql>,
  most: number,
): Promise<number> {
  const { rows } = await sql<{
    delivery: DeliveryId
    conversation: ConversationId
    message: MessageId
    was: string
    state: string
  }>`
    with gone as (
           delete from delivery_work where workspace_id = ${workspace} and pos = any (array(
             select w.pos from delivery_work w where w.workspace_id = ${workspace} and ${which} order by w.pos limit ${most} for update skip locked))
           returning delivery_id),
         before as (select id, state as was from delivery where workspace_id = ${workspace} and id in (select delivery_id from gone) order by id for update)
    update delivery d set state = 'failed', reason = ${reason}, ended_at = now() from before
     where d.workspace_id = ${workspace} and d.id = before.id
    returning d.id as delivery, d.conversation_id as conversation, d.message_id as message, before.was, d.state`.execute(
    tx,
  )
  await endFollowers(
    tx,
    workspace,
    rows.map((row) => row.delivery),
  )
  const trouble = await countFailures(tx, workspace, rows)
  await announce(tx, workspace, [
    ...rows.map((row) => ({ kind: 'message.changed' as const, subject: row.message })),
    ...trouble,
  ])
  return rows.length
}

/** Ends what waits in vain: its channel is gone, or its time is over. */
import { sql } from 'kysely'
import type { ChannelId, ConversationId, DeliveryId, MessageId, WorkspaceId } from '#contract/ids.ts'
import { announce } from '#server/feed/feed.ts'
import type { Tx } from '#server/platform/database.ts'
import { endFollowers } from './followers.ts'
import { countFailures } from './trouble.ts'

/** Fails all that waits for a channel which was removed. */
export async function failQueued(tx: Tx, workspace: WorkspaceId, channel: ChannelId): Promise<void> {
  await failWork(tx, workspace, 'channel_removed', sql`channel_id = ${channel}`)
}

/** Fails what waited too long. Called by the scheduler while the channel may send. */
export async function failExpired(tx: Tx, workspace: WorkspaceId): Promise<number> {
  return failWork(
    tx,
    workspace,
    'expired',
    sql`expires_at < now() and expires_open <= coalesce((select open_ms from channel_pace p where p.workspace_id = ${workspace} and p.channel_id = delivery_work.channel_id), 0) and not (select hold from workspace w where w.workspace_id = ${workspace}) and exists (select from channel c where c.workspace_id = ${workspace} and c.id = channel_id and c.state in ('ready', 'degraded', 'catching_up'))`,
  )
}

async function failWork(
  tx: Tx,
  workspace: WorkspaceId,
  reason: string,
  which: ReturnType<typeof sql>,
): Promise<number> {
  const { rows } = await sql<{
    delivery: DeliveryId
    conversation: ConversationId
    message: MessageId
    was: string
    state: string
  }>`
    with gone as (delete from delivery_work where workspace_id = ${workspace} and state = 0 and ${which} returning delivery_id),
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

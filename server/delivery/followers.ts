/**
 * What waits behind a message to change it: edits, reactions, deletions. They share its lane, so they wait for it; where it never goes
 * out there is nothing to change, and they end with it, quietly.
 */
import { sql } from 'kysely'
import type { DeliveryId, MessageId, WorkspaceId } from '#contract/ids.ts'
import type { Tx } from '#server/platform/database.ts'

/** @param failed  deliveries that ended without arriving */
export async function endFollowers(tx: Tx, workspace: WorkspaceId, failed: readonly DeliveryId[]): Promise<void> {
  if (failed.length === 0) return
  // A part of it may stand there, sent before the rest failed: that can still be taken back.
  const { rows } = await sql<{ message: MessageId; op: string }>`
    with created as (
      select d.message_id, d.identity_id, d.channel_id,
             exists (select from message_ref r where r.workspace_id = d.workspace_id and r.message_id = d.message_id and r.channel_id = d.channel_id
                        and r.external_id not like '#%') as stands
        from delivery d where d.workspace_id = ${workspace} and d.id = any (${failed}::uuid[]) and d.op = 'message'),
    follower as (
      select d.id from delivery d join created c on c.message_id = d.message_id and c.identity_id = d.identity_id and c.channel_id = d.channel_id
       where d.workspace_id = ${workspace} and (d.op = 'edit' or (d.op in ('delete', 'react') and not c.stands))),
    gone as (
      delete from delivery_work w using follower f
       where w.workspace_id = ${workspace} and w.delivery_id = f.id and w.state in (0, 3) returning w.delivery_id)
    update delivery d set state = 'failed', reason = 'cancelled', settled = true, ended_at = now() from gone
     where d.workspace_id = ${workspace} and d.id = gone.delivery_id
    returning d.message_id as message, d.op`.execute(tx)
  const takenBack = rows.flatMap(({ message, op }) => (op === 'delete' ? [message] : []))
  if (takenBack.length > 0)
    await sql`update message set deleted_at = coalesce(deleted_at, now())
               where workspace_id = ${workspace} and id = any (${takenBack}::uuid[])`.execute(tx)
}

/**
 * What waits behind a message to change it: edits, reactions, deletions. They share its lane, so they wait for it.
 *
 * it never went out                 there is nothing to change: they end with it, quietly
 * nobody knows whether it did       there is no name by which to change it: they end too; proof that it arrived sends them after all, or,
 *                                   where even then it has no name, shows that they did not reach it; a resend takes the newest words
 */
import { sql } from 'kysely'
import type { ChannelId, ConversationId, DeliveryId, IdentityId, MessageId, WorkspaceId } from '#contract/ids.ts'
import type { Content } from '#contract/message/content.ts'
import { announce } from '#server/feed/feed.ts'
import { isPlatforms } from '#server/conversations/names.ts'
import type { Tx } from '#server/platform/database.ts'
import { queue } from './enqueue.ts'
import { countFailures } from './trouble.ts'

/** @param ended  deliveries that ended without arriving, or (`unconfirmed`) without an answer */
export async function endFollowers(
  tx: Tx,
  workspace: WorkspaceId,
  ended: readonly DeliveryId[],
  how: 'cancelled' | 'unconfirmed' = 'cancelled',
): Promise<void> {
  if (ended.length === 0) return
  // A part of it may stand there, sent before the rest failed: that can still be changed and taken back.
  const { rows } = await sql<{ message: MessageId; op: string }>`
    with created as (
      select d.message_id, d.identity_id, d.channel_id, ${stands} as stands
        from delivery d where d.workspace_id = ${workspace} and d.id = any (${ended}::uuid[]) and d.op = 'message'),
    follower as (
      select d.id from delivery d join created c on c.message_id = d.message_id and c.identity_id = d.identity_id and c.channel_id = d.channel_id
       where d.workspace_id = ${workspace} and ((d.op = 'edit' and ${how === 'cancelled'}) or (d.op <> 'message' and not c.stands))),
    gone as (
      delete from delivery_work w using follower f
       where w.workspace_id = ${workspace} and w.delivery_id = f.id and w.state in (0, 3) returning w.delivery_id)
    update delivery d set state = 'failed', reason = ${how}, settled = true, ended_at = now() from gone
     where d.workspace_id = ${workspace} and d.id = gone.delivery_id
    returning d.message_id as message, d.op`.execute(tx)
  const takenBack = how === 'cancelled' ? rows.flatMap(({ message, op }) => (op === 'delete' ? [message] : [])) : []
  if (takenBack.length > 0)
    await sql`update message set deleted_at = coalesce(deleted_at, now())
               where workspace_id = ${workspace} and id = any (${takenBack}::uuid[])`.execute(tx)
}

interface Follower {
  id: DeliveryId
  message: MessageId
  conversation: ConversationId
  identity: IdentityId
  channel: ChannelId
  op: 'edit' | 'delete' | 'react'
  body: { content?: Content; emoji?: string[] } | null
  stands: boolean
}

/** @param arrived  deliveries that were unconfirmed, and did arrive */
export async function resumeFollowers(tx: Tx, workspace: WorkspaceId, arrived: readonly DeliveryId[]): Promise<void> {
  if (arrived.length === 0) return
  const { rows } = await sql<Follower>`
    with created as (
      select d.message_id, d.identity_id, d.channel_id from delivery d
       where d.workspace_id = ${workspace} and d.id = any (${arrived}::uuid[]) and d.op = 'message')
    select distinct on (d.message_id, d.identity_id, d.channel_id, d.op)
           d.id, d.message_id as message, d.conversation_id as conversation, d.identity_id as identity, d.channel_id as channel, d.op, d.body, ${stands} as stands
      from delivery d join created c on c.message_id = d.message_id and c.identity_id = d.identity_id and c.channel_id = d.channel_id
     where d.workspace_id = ${workspace} and d.op <> 'message' and d.state = 'failed' and d.reason = 'unconfirmed' and d.settled
     order by d.message_id, d.identity_id, d.channel_id, d.op, d.id desc`.execute(tx)
  for (const { id, stands: isNamed, ...row } of rows.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
    if (isNamed) await queue(tx, workspace, { ...row, why: [], class: 1, sendAt: null })
    await sql`update delivery set reason = ${isNamed ? 'cancelled' : 'gone'}, settled = ${isNamed} where workspace_id = ${workspace} and id = ${id}`.execute(
      tx,
    )
  }
  const missed = rows.filter((row) => !row.stands).map(({ message }) => ({ message, was: 'sent', state: 'failed' }))
  await announce(tx, workspace, await countFailures(tx, workspace, missed))
}

/** Whether the network has named it, in whole or in part. */
const stands = sql`exists (select from message_ref r where r.workspace_id = d.workspace_id and r.message_id = d.message_id and r.channel_id = d.channel_id
                             and ${isPlatforms(sql`r.external_id`)})`

/** Whoever's answer never left waits again. */
import { sql } from 'kysely'
import type { ConversationId, MessageId, WorkspaceId } from '#contract/ids.ts'
import { announce } from '#server/feed/feed.ts'
import type { Tx } from '#server/platform/database.ts'
import { inMonths } from '#server/platform/partitions.ts'

/**
 * An answer ends the waiting when it is said, for until it leaves somebody has seen to it. One that is taken back was none: the person
 * waits since the first words behind the last answer that stands. Where a conversation was closed meanwhile, nobody waits.
 * @param messages  of them a delivery was taken back, in this transaction
 */
export async function waitAgain(tx: Tx, workspace: WorkspaceId, messages: readonly MessageId[]): Promise<void> {
  if (messages.length === 0) return
  const { rows } = await sql<{ id: ConversationId }>`
    with talk as (
      select distinct m.shown_in as id from message m
       where m.workspace_id = ${workspace} and m.id = any (${messages}::uuid[]) and ${inMonths.of(sql`m.id`, messages)} and m.cause is null),
    unanswered as (
      select t.id, (select min(i.at) from message i
                     where i.workspace_id = ${workspace} and i.shown_in = t.id and i.direction = 'in' and not i.automatic
                       and i.placed > coalesce((select max(o.placed) from message o
                                                 where o.workspace_id = ${workspace} and o.shown_in = t.id and o.direction = 'out' and o.cause is null
                                                   and ${stands}), '-infinity')) as since
        from talk t)
    update conversation c set waiting_since = u.since from unanswered u
     where c.workspace_id = ${workspace} and c.id = u.id and c.status <> 'closed' and (c.waiting_since is null or c.waiting_since > u.since)
    returning c.id`.execute(tx)
  await announce(
    tx,
    workspace,
    rows.map(({ id }) => ({ kind: 'conversation.changed' as const, subject: id })),
  )
}

/** What was written in the platform's own app has no delivery; what was sent again has several. */
const stands = sql`(
  not exists (select from delivery d where d.workspace_id = o.workspace_id and d.message_id = o.id and d.op = 'message')
  or exists (select from delivery d where d.workspace_id = o.workspace_id and d.message_id = o.id and d.op = 'message'
                and (d.state, coalesce(d.reason, '')) <> ('failed', 'cancelled')))`

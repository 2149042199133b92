import { sql } from 'kysely'
import type { ConversationId, WorkspaceId } from '#contract/ids.ts'
import type { Database } from '../platform/database.ts'

/**
 * Moves the demo's talks into the past, as if they had been said over a week: what was played through the channels in seconds. The only
 * place where times are written by hand; a real Parley never does.
 */
export async function ageConversations(
  database: Database,
  workspace: WorkspaceId,
  told: readonly { conversation: ConversationId; hoursAgo: number }[],
): Promise<void> {
  await database.inWorkspace(workspace, async (tx) => {
    for (const { conversation, hoursAgo } of told) {
      await sql`
        with placed as (
          select id, now() - make_interval(secs => ${hoursAgo * 3600})
                     - count(*) filter (where direction in ('in', 'out')) over (order by placed, seq rows between 1 following and unbounded following)
                       * interval '3 minutes' as at
            from message where workspace_id = ${workspace} and shown_in = ${conversation}),
        moved as (
          update message m set placed = p.at, at = p.at, platform_at = p.at, late = false from placed p
           where m.workspace_id = ${workspace} and m.id = p.id)
        update delivery d set queued_at = p.at, dispatched_at = p.at, sent_at = p.at + interval '1 second',
               delivered_at = d.delivered_at - (d.sent_at - p.at), read_at = d.read_at - (d.sent_at - p.at)
          from placed p where d.workspace_id = ${workspace} and d.message_id = p.id`.execute(tx)
      await sql`
        update conversation c set last_at = m.last, last_in_at = m.last_in, created_at = m.first,
               waiting_since = case when c.waiting_since is null then null else m.last_in end
          from (select max(placed) as last, min(placed) as first, max(placed) filter (where direction = 'in') as last_in
                  from message where workspace_id = ${workspace} and shown_in = ${conversation}) m
         where c.workspace_id = ${workspace} and c.id = ${conversation}`.execute(tx)
      // When somebody was last there, and by which road: the window tells it beside how long he waits.
      await sql`
        update identity i set seen_at = c.last_in_at, created_at = c.created_at from conversation c
         where i.workspace_id = ${workspace} and c.workspace_id = ${workspace} and c.id = ${conversation} and i.contact_id = c.contact_id`.execute(
        tx,
      )
      await sql`
        update road r set last_in_at = c.last_in_at from conversation c, identity i
         where r.workspace_id = ${workspace} and c.workspace_id = ${workspace} and c.id = ${conversation}
           and i.workspace_id = ${workspace} and i.contact_id = c.contact_id and r.identity_id = i.id and r.last_in_at is not null`.execute(
        tx,
      )
      await sql`
        update contact p set created_at = c.created_at from conversation c
         where p.workspace_id = ${workspace} and c.workspace_id = ${workspace} and c.id = ${conversation} and p.id = c.contact_id`.execute(
        tx,
      )
    }
  })
}

/** Failed and unconfirmed deliveries are counted per conversation, so that they cannot scroll away. */
import { sql } from 'kysely'
import type { ConversationId, WorkspaceId } from '#contract/ids.ts'
import type { Announcement } from '#server/feed/feed.ts'
import type { Tx } from '#server/platform/database.ts'

const isTrouble = (state: string) => state === 'failed' || state === 'unconfirmed'

/** @param changes  deliveries whose state moved @returns what to tell the feed */
export async function countFailures(
  tx: Tx,
  workspace: WorkspaceId,
  changes: { conversation: ConversationId; was: string; state: string }[],
): Promise<Announcement[]> {
  const deltas = new Map<ConversationId, number>()
  for (const { conversation, was, state } of changes) {
    const delta = Number(isTrouble(state)) - Number(isTrouble(was))
    if (delta !== 0) deltas.set(conversation, (deltas.get(conversation) ?? 0) + delta)
  }
  const rows = [...deltas].toSorted(([a], [b]) => (a < b ? -1 : 1))
  if (rows.length === 0) return []
  // A conversation that was joined into another counts there, where its messages are shown.
  const { rows: counted } = await sql<{ id: ConversationId }>`
    update conversation c set failed = greatest(0, c.failed + n.delta)
      from (select coalesce(o.joined_into, o.id) as id, sum(d.delta)::int as delta
              from unnest(${rows.map(([id]) => id)}::uuid[], ${rows.map(([, delta]) => delta)}::int[]) as d (id, delta)
              join conversation o on o.workspace_id = ${workspace} and o.id = d.id group by 1) n
     where c.workspace_id = ${workspace} and c.id = n.id
    returning c.id`.execute(tx)
  return counted.map(({ id }) => ({ kind: 'conversation.changed', subject: id }))
}

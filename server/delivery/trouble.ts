/** Failed and unconfirmed deliveries are counted in the conversation that shows them, so that they cannot scroll away. */
import { sql } from 'kysely'
import type { ConversationId, MessageId, WorkspaceId } from '#contract/ids.ts'
import type { Announcement } from '#server/feed/feed.ts'
import type { Tx } from '#server/platform/database.ts'
import { inMonths } from '#server/platform/partitions.ts'

const isTrouble = (state: string) => state === 'failed' || state === 'unconfirmed'

/** @param changes  deliveries whose state moved @returns what to tell the feed */
export async function countFailures(
  tx: Tx,
  workspace: WorkspaceId,
  changes: readonly { message: MessageId; was: string; state: string }[],
): Promise<Announcement[]> {
  const moved = changes
    .map(({ message, was, state }) => ({ message, delta: Number(isTrouble(state)) - Number(isTrouble(was)) }))
    .filter(({ delta }) => delta !== 0)
  if (moved.length === 0) return []
  const messages = moved.map(({ message }) => message)
  // Where a message is shown changes with joins and splits; where it was written does not.
  const { rows: counted } = await sql<{ id: ConversationId }>`
    update conversation c set failed = greatest(0, c.failed + n.delta)
      from (select m.shown_in as id, sum(d.delta)::int as delta
              from unnest(${messages}::uuid[], ${moved.map(({ delta }) => delta)}::int[]) as d (message, delta)
             cross join lateral (select x.shown_in from message x
                                  where x.workspace_id = ${workspace} and x.id = d.message and ${inMonths.of(sql`x.id`, messages)} limit 1) m
             group by 1) n
     where c.workspace_id = ${workspace} and c.id = n.id
    returning c.id`.execute(tx)
  return counted.map(({ id }) => ({ kind: 'conversation.changed', subject: id }))
}

/** Messages that were cut into pieces, of which only some arrived. */
import { sql } from 'kysely'
import type { DeliveryId, WorkspaceId } from '#contract/ids.ts'
import type { Tx } from '#server/platform/database.ts'
import { inMonths } from '#server/platform/partitions.ts'
import { isPlatforms } from './names.ts'

/**
 * Of deliveries that ended half-way: how much stands there. What was edited since is cut anew, and says nothing of its pieces.
 */
export async function partsOf(
  tx: Tx,
  workspace: WorkspaceId,
  ids: readonly DeliveryId[],
): Promise<Map<DeliveryId, { arrived: number; of: number }>> {
  if (ids.length === 0) return new Map()
  const { rows } = await sql<{ id: DeliveryId; arrived: number; of: number }>`
    select d.id, n.arrived, n.arrived + d.rest as of
      from delivery d join message m on m.workspace_id = d.workspace_id and m.id = d.message_id and m.edited_at is null
     cross join lateral (
           select count(distinct r.piece)::int as arrived from message_ref r
            where r.workspace_id = d.workspace_id and r.message_id = d.message_id and r.channel_id = d.channel_id and r.identity_id = d.identity_id
              and ${isPlatforms(sql`r.external_id`)}) n
     where d.workspace_id = ${workspace} and d.id = any (${ids}::uuid[]) and ${inMonths.of(sql`d.id`, ids)} and d.op = 'message' and d.rest > 0 and n.arrived > 0`.execute(
    tx,
  )
  return new Map(rows.map(({ id, ...parts }) => [id, parts]))
}

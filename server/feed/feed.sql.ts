import { sql } from 'kysely'
import type { FeedKind } from '#contract/feed/event.ts'
import type { WorkspaceId } from '#contract/ids.ts'
import type { Tx } from '#server/platform/database.ts'
import type { FeedCursor } from './cursor.ts'

export interface FeedRow {
  xid: string
  pos: string
  at: Date
  kind: FeedKind
  subject: string
  audience: string
  data: Record<string, string | number | boolean | null>
}

/** What is committed behind a cursor, in order. An hour's margin on `at`: a long transaction is older than its place. */
export async function rowsBehind(
  tx: Tx,
  workspace: WorkspaceId,
  cursor: FeedCursor,
  limit: number,
): Promise<FeedRow[]> {
  const { rows } = await sql<FeedRow>`
    select f.xid::text, f.pos::text, f.at, f.kind, f.subject, f.audience, f.data
      from feed f
     where f.workspace_id = ${workspace}
       and (f.xid, f.pos) > (${cursor.xid}::text::xid8, ${cursor.pos}::bigint)
       and f.xid < pg_snapshot_xmin(pg_current_snapshot())
       and f.at > to_timestamp(${cursor.at}) - interval '1 hour'
     -- by the table's columns: the texts that are selected have their names, and 10 stands before 9 among them
     order by f.xid, f.pos
     limit ${limit}`.execute(tx)
  return rows
}

/** The place behind everything that is committed now. */
export async function endOfFeed(tx: Tx): Promise<FeedCursor> {
  const { rows } = await sql<FeedCursor>`
    select lineage::text, (pg_snapshot_xmin(pg_current_snapshot())::text::numeric - 1)::text as xid,
           '9223372036854775807' as pos, floor(extract(epoch from now()))::int as at
      from program`.execute(tx)
  return rows[0]!
}

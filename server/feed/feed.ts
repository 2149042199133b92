/**
 * The feed: what changed in a workspace, in one order for everybody, resumable by cursor.
 *
 * Whoever writes a change announces it in the same transaction; readers take what is committed. Serial ids become visible out of
 * order, so a poller by id would silently skip rows: readers take `(xid, pos)` behind their cursor and below the oldest transaction
 * that still runs, in that order. Nothing can appear behind a cursor.
 */
import { sql } from 'kysely'
import type { FeedKind } from '#contract/feed/event.ts'
import type { WorkspaceId } from '#contract/ids.ts'
import type { Tx } from '#server/platform/database.ts'

export interface Announcement {
  kind: FeedKind
  /** The message, conversation, contact … that changed. */
  subject: string
  /** Ids and small values, never text. */
  data?: Record<string, string | number | boolean | null>
  /** `all`, or one member. */
  audience?: string
}

/** Tells the workspace, in the transaction that writes the change. One statement for all; twins are folded. */
export async function announce(tx: Tx, workspace: WorkspaceId, announcements: Announcement[]): Promise<void> {
  if (announcements.length === 0) return
  const rows = [...new Map(announcements.map((a) => [`${a.kind} ${a.subject} ${JSON.stringify(a.data)}`, a])).values()]
  await sql`
    insert into feed (workspace_id, kind, subject, audience, data)
    select ${workspace}, kind, subject, audience, data
      from unnest(${rows.map((a) => a.kind)}::text[], ${rows.map((a) => a.subject)}::uuid[],
                  ${rows.map((a) => a.audience ?? 'all')}::text[],
                  ${rows.map((a) => JSON.stringify(a.data ?? {}))}::text[]::jsonb[])
           as told (kind, subject, audience, data)`.execute(tx)
}

/** A hint for readers of this workspace, told after the commit. */
export const feedTopic = (workspace: WorkspaceId): string => `feed ${workspace}`

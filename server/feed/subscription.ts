/**
 * Readers inside the server: search, statistics, outgoing webhooks. The cursor moves in the transaction of the effects, so an effect
 * happens once. A database of another lineage starts them again from the restored facts.
 */
import { sql } from 'kysely'
import type { WorkspaceId } from '#contract/ids.ts'
import type { Database, Tx } from '#server/platform/database.ts'
import { endOfFeed, rowsBehind, type FeedRow } from './feed.sql.ts'

export interface Subscription {
  readonly name: string
  /** Most events of one transaction. */
  readonly batch: number
  /** The effects, in the transaction that moves the cursor. */
  handle(tx: Tx, workspace: WorkspaceId, events: FeedRow[]): Promise<void>
  /** Once per workspace and lineage, before the first event: builds the effects from the facts that are there. */
  rebuild(tx: Tx, workspace: WorkspaceId): Promise<void>
}

/** Takes one batch of one workspace. @returns how many events there were; a full batch means: come again at once */
export async function takeBatch(
  database: Database,
  workspace: WorkspaceId,
  subscription: Subscription,
): Promise<number> {
  return database.onMessagePath(workspace, async (tx) => {
    const end = await endOfFeed(tx)
    const { rows } = await sql<{ lineage: string; xid: string; pos: string }>`
      select lineage::text, xid::text, pos::text from subscription
       where workspace_id = ${workspace} and name = ${subscription.name} for update skip locked`.execute(tx)
    const place = rows[0]
    if (place === undefined || place.lineage !== end.lineage) {
      const { rows: mine } = await sql`
        insert into subscription (workspace_id, name, lineage, xid, pos)
        values (${workspace}, ${subscription.name}, ${end.lineage}, ${end.xid}::text::xid8, ${end.pos})
        on conflict (workspace_id, name) do update set lineage = excluded.lineage, xid = excluded.xid, pos = excluded.pos
         where subscription.lineage <> excluded.lineage
        returning name`.execute(tx)
      if (mine.length > 0) await subscription.rebuild(tx, workspace)
      return mine.length > 0 ? subscription.batch : 0
    }
    const events = await rowsBehind(tx, workspace, { ...place, at: 0 }, subscription.batch)
    const last = events.at(-1)
    if (last === undefined) return 0
    await subscription.handle(tx, workspace, events)
    await sql`update subscription set xid = ${last.xid}::text::xid8, pos = ${last.pos}
               where workspace_id = ${workspace} and name = ${subscription.name}`.execute(tx)
    return events.length
  })
}

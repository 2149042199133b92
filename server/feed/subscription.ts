/**
 * Readers inside the server, such as search. The cursor moves in the transaction of the effects, so an effect
 * happens once. A database of another lineage starts them again from the restored facts: page by page, each a transaction that moves the
 * place of the rebuild, while what is new goes on being taken before the next page.
 */
import { sql } from 'kysely'
import { NIL_ID, type WorkspaceId } from '#contract/ids.ts'
import type { Database, Tx } from '#server/platform/database.ts'
import { endOfFeed, rowsBehind, type FeedRow } from './feed.sql.ts'

export interface Subscription {
  readonly name: string
  /** Most events of one transaction. */
  readonly batch: number
  /** The effects, in the transaction that moves the cursor. */
  handle(tx: Tx, workspace: WorkspaceId, events: FeedRow[]): Promise<void>
  /**
   * Builds the effects of one page of the facts that are there, over whatever stands there of an earlier lineage. Once over all pages per
   * workspace and lineage. @param after  the place of the page before, or the nil UUID @returns the page's; null: it was the last
   */
  rebuild(tx: Tx, workspace: WorkspaceId, after: string): Promise<string | null>
}

interface Place {
  lineage: string
  xid: string
  pos: string
  rebuiltTo: string | null
}

/** Takes one batch, or one page, of one workspace. @returns whether to come again at once */
export async function takeBatch(
  database: Database,
  workspace: WorkspaceId,
  subscription: Subscription,
): Promise<boolean> {
  const { name, batch } = subscription
  return database.onMessagePath(workspace, async (tx) => {
    const end = await endOfFeed(tx)
    const { rows } = await sql<Place>`
      select lineage::text, xid::text, pos::text, rebuilt_to::text as "rebuiltTo" from subscription
       where workspace_id = ${workspace} and name = ${name} for update skip locked`.execute(tx)
    const place = rows[0]
    if (place === undefined) {
      // Or somebody else has it in hand: `do nothing` does not wait for him.
      const { rows: mine } = await sql`
        insert into subscription (workspace_id, name, lineage, xid, pos, rebuilt_to)
        values (${workspace}, ${name}, ${end.lineage}, ${end.xid}::text::xid8, ${end.pos}, ${NIL_ID})
        on conflict (workspace_id, name) do nothing returning 1`.execute(tx)
      return mine.length > 0
    }
    if (place.lineage !== end.lineage) {
      await moveTo(tx, workspace, name, { ...end, rebuiltTo: NIL_ID })
      return true
    }
    const events = await rowsBehind(tx, workspace, { ...place, at: 0 }, batch)
    const last = events.at(-1)
    if (last === undefined && place.rebuiltTo === null) return false
    if (last !== undefined) await subscription.handle(tx, workspace, events)
    // What people wait for first: the next page waits while there is more of it.
    const isPage = place.rebuiltTo !== null && events.length < batch
    const rebuiltTo = isPage ? await subscription.rebuild(tx, workspace, place.rebuiltTo!) : place.rebuiltTo
    await moveTo(tx, workspace, name, { ...place, ...last, rebuiltTo })
    return rebuiltTo !== null || events.length === batch
  })
}

async function moveTo(
  tx: Tx,
  workspace: WorkspaceId,
  name: string,
  { lineage, xid, pos, rebuiltTo }: Place,
): Promise<void> {
  await sql`
    update subscription set lineage = ${lineage}, xid = ${xid}::text::xid8, pos = ${pos}, rebuilt_to = ${rebuiltTo}::uuid
     where workspace_id = ${workspace} and name = ${name}`.execute(tx)
}

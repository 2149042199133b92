/** After a crash: what an earlier owner left in the middle. */
import type { WorkspaceId } from '#contract/ids.ts'
import type { Tx } from '#server/platform/database.ts'
import { foldsStill, type Owned } from './owned.ts'
import { recordResults, type Result } from './results.ts'
import { loadDispatches, lockOrphans, orphanPlaces, ownerless, type Dispatch, type Orphan } from './sender.sql.ts'

/** A new owner leaves marked rows alone as long as the old one's request may still be answered, and a little longer. */
const REQUEST_LIMIT_MS = 20_000
const UPLOAD_LIMIT_MS = 125_000

/**
 * What an earlier owner left: unmarked rows go back; marked ones go again where the platform folds twins, else nobody knows.
 * @param owned  with leases that this transaction has confirmed: their earlier owners claim no more
 * @returns whether something changed
 */
export async function settleOrphans(tx: Tx, workspace: WorkspaceId, owned: Owned[]): Promise<boolean> {
  const heirs = owned.filter((o) => o.inherits)
  if (heirs.length === 0) return false
  const places = await orphanPlaces(
    tx,
    workspace,
    heirs.map((o) => ({ channel: o.id, epoch: o.lease.epoch })),
  )
  for (const o of heirs) o.inherits = places.some(({ channel }) => channel === o.id)
  if (places.length === 0) return false
  const left = await lockOrphans(tx, workspace, places)
  const settled: Result[] = []
  const dispatches = left.length > 0 ? await loadDispatches(tx, workspace, left) : new Map<number, Dispatch>()
  for (const row of left) {
    const o = owned.find(({ id }) => id === row.channel)
    const dispatch = dispatches.get(row.pos)
    if (!o || !dispatch) continue
    const limit = hasFile(dispatch) ? UPLOAD_LIMIT_MS : REQUEST_LIMIT_MS
    if (row.dispatchedAt === null) settled.push(settling(row, dispatch, { is: 'unmark' }))
    else if (foldsStill(o, dispatch.ageMs)) settled.push(settling(row, dispatch, { is: 'unmark', doubtful: true }))
    else if (row.ageMs > limit)
      settled.push(
        settling(row, dispatch, { is: 'unconfirmed', details: { words: 'Parley was stopped while it was sending' } }),
      )
  }
  return recordResults(tx, workspace, settled)
}

/**
 * A removed channel has no next owner. Once no flight of its last one can be under way, the scheduler settles what that one left: what may
 * have arrived is unconfirmed, the others go back and fail with what waits (`failRemoved`).
 * @returns how many; a full portion means: come again
 */
export async function settleOwnerless(tx: Tx, workspace: WorkspaceId, most: number): Promise<number> {
  const left = await ownerless(tx, workspace, UPLOAD_LIMIT_MS, most)
  const dispatches = left.length > 0 ? await loadDispatches(tx, workspace, left) : new Map<number, Dispatch>()
  const settled = left.flatMap((row) => {
    const dispatch = dispatches.get(row.pos)
    if (!dispatch) return []
    return row.doubtful || row.dispatchedAt !== null
      ? settling(row, dispatch, {
          is: 'unconfirmed',
          details: { words: 'The channel was removed while it was sending' },
        })
      : settling(row, dispatch, { is: 'unmark' })
  })
  await recordResults(tx, workspace, settled)
  return settled.length
}

const settling = (row: Orphan, dispatch: Dispatch, outcome: Result['outcome']): Result => ({
  row,
  dispatch,
  epoch: null,
  outcome,
  applied: [],
  pieces: 0,
})

const hasFile = (dispatch: Dispatch): boolean =>
  dispatch.op === 'message' && dispatch.content.parts.some((part) => 'source' in part)

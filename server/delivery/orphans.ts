/** After a crash: what an earlier owner left in the middle. */
import type { WorkspaceId } from '#contract/ids.ts'
import type { Tx } from '#server/platform/database.ts'
import { foldsStill, type Owned } from './owned.ts'
import { recordResults, type Result } from './results.ts'
import { loadDispatches, orphans, type Dispatch } from './sender.sql.ts'

/** A new owner leaves marked rows alone as long as the old one's request may still be answered, and a little longer. */
const REQUEST_LIMIT_MS = 20_000
const UPLOAD_LIMIT_MS = 125_000

/** What an earlier owner left: unmarked rows go back; marked ones go again where the platform folds twins, else nobody knows. */
export async function settleOrphans(tx: Tx, workspace: WorkspaceId, owned: Owned[]): Promise<boolean> {
  if (owned.length === 0) return false
  const left = await orphans(
    tx,
    workspace,
    owned.map((o) => ({ channel: o.id, epoch: o.lease.epoch })),
  )
  const settled: Result[] = []
  const dispatches = left.length > 0 ? await loadDispatches(tx, workspace, left) : new Map<number, Dispatch>()
  for (const row of left) {
    const o = owned.find(({ id }) => id === row.channel)
    const dispatch = dispatches.get(row.pos)
    if (!o || !dispatch) continue
    const limit = hasFile(dispatch) ? UPLOAD_LIMIT_MS : REQUEST_LIMIT_MS
    const result = (outcome: Result['outcome']): Result => ({
      row,
      dispatch,
      epoch: null,
      outcome,
      applied: [],
      pieces: 0,
    })
    if (row.dispatchedAt === null) settled.push(result({ is: 'unmark' }))
    else if (foldsStill(o, dispatch.ageMs)) settled.push(result({ is: 'unmark', doubtful: true }))
    else if (row.ageMs > limit)
      settled.push(result({ is: 'unconfirmed', details: { words: 'Parley was stopped while it was sending' } }))
  }
  return recordResults(tx, workspace, settled)
}

const hasFile = (dispatch: Dispatch): boolean =>
  dispatch.op === 'message' && dispatch.content.parts.some((part) => 'source' in part)

/**
 * Marks what is about to leave, in the transaction that allows it: whoever finds a mark later knows that it may have arrived. A claim marks
 * all it takes; what leaves nothing yet that a repeat would double is unmarked here.
 */
import type { WorkspaceId } from '#contract/ids.ts'
import type { Tx } from '#server/platform/database.ts'
import type { Flight } from './owned.ts'
import { markRows, nameByKey, noteRest, unmarkRows, type WorkRow } from './sender.sql.ts'

/**
 * @param claimed  by this transaction, which marked them all
 * @param leaving  of them, what leaves at once
 * @param later    what was claimed before, and comes to the request that must be marked only now
 * @returns the positions of all that is marked and may leave
 */
export async function mark(
  tx: Tx,
  workspace: WorkspaceId,
  { claimed, leaving, later }: { claimed: readonly WorkRow[]; leaving: readonly Flight[]; later: readonly Flight[] },
): Promise<Set<number>> {
  const left = new Set(leaving.map(({ row }) => row.pos))
  await unmarkRows(
    tx,
    workspace,
    claimed.flatMap(({ pos }) => (left.has(pos) ? [] : [pos])),
  )
  const flights = [...leaving, ...later]
  const echoing = flights.filter(
    ({ owned }) => owned.channel.abilities.confirms === 'echo' || owned.channel.abilities.echo,
  )
  await nameByKey(
    tx,
    workspace,
    echoing.map(({ owned, dispatch, key }) => ({ ...dispatch, channel: owned.id, key })),
  )
  await noteRest(
    tx,
    workspace,
    flights.flatMap(({ dispatch, pieces, row }) =>
      pieces > 1 && dispatch.op === 'message' ? [{ delivery: dispatch.delivery, rest: pieces - row.piece }] : [],
    ),
  )
  const marked = await markRows(
    tx,
    workspace,
    later.map((flight) => ({ pos: flight.row.pos, epoch: flight.owned.lease.epoch })),
  )
  return new Set([...left, ...marked])
}

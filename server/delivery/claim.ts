/** Claims heads of lanes and runs each plan, purely, to its first request. */
import type { Context, FileRef } from '#connector-kit/connector.ts'
import type { MessageId, WorkspaceId } from '#contract/ids.ts'
import type { LiveChannel } from '#server/channels/live.ts'
import type { Tx } from '#server/platform/database.ts'
import { CLOCKS_DIFFER_MS } from '#server/platform/keep-time.ts'
import { FIRST_LANE } from '#server/platform/lanes.ts'
import { timeIn } from '#server/platform/new-id.ts'
import { opsOf } from './ops.ts'
import { foldsStill, roomOf, type Flight, type Landing, type Owned } from './owned.ts'
import type { Outcome } from './results.ts'
import {
  claimHeads,
  loadDispatches,
  noteAnswered,
  refsOf,
  type Dispatch,
  type NamedRef,
  type WorkRow,
} from './sender.sql.ts'
import { keyOf } from './send-key.ts'

export interface ClaimDeps {
  contextOf(channel: LiveChannel): Context<Record<string, unknown>>
  linkOf(channel: LiveChannel, file: FileRef): string | null
  pageOf(channel: LiveChannel, message: MessageId): string | null
  /** A plan that ended, or broke, before its first request. */
  land(landing: Landing, outcome: Outcome): void
  broken(landing: Landing, error: unknown): void
  /** More may be claimed at once. */
  again(): void
}

export interface Claimed {
  readonly rows: readonly WorkRow[]
  /** Of them, those that have a request to make. */
  readonly flights: Flight[]
}

/** @param owned  with leases that this transaction has confirmed */
export async function claimFlights(
  tx: Tx,
  workspace: WorkspaceId,
  owned: readonly Owned[],
  deps: ClaimDeps,
): Promise<Claimed> {
  const now = performance.now()
  const mine = new Map(owned.map((o) => [o.id, o]))
  const asking = owned.map((o) => ({ o, room: roomOf(o, now) })).filter(({ room }) => room > 0)
  if (asking.length === 0) return { rows: [], flights: [] }
  const rows = await claimHeads(
    tx,
    workspace,
    asking.map(({ o, room }) => ({
      channel: o.id,
      epoch: o.lease.epoch,
      room,
      after: o.after,
      waitingLanes: o.pace.waitingLanes(now),
    })),
    timeIn(CLOCKS_DIFFER_MS),
  )
  for (const { o, room } of asking) moveOn(o, room, rows, deps)
  if (rows.length === 0) return { rows, flights: [] }
  const dispatches = await dispatchesOf(tx, workspace, rows, mine)
  const refs = await refsOf(
    tx,
    workspace,
    [...dispatches.values()].flatMap((d) => (d.op === 'message' ? (d.replyTo ? [d.replyTo] : []) : [d.message])),
  )
  const flights = rows.flatMap((row) => {
    const dispatch = dispatches.get(row.pos)
    return (dispatch && flightOf({ owned: mine.get(row.channel)!, row, dispatch }, refs, deps)) ?? []
  })
  return { rows, flights }
}

/** @returns undefined where it has landed already */
function flightOf(
  seat: Pick<Landing, 'owned' | 'row' | 'dispatch'>,
  refs: readonly NamedRef[],
  deps: ClaimDeps,
): Flight | undefined {
  const { owned, row, dispatch } = seat
  const { channel } = owned
  let landing: Landing = { ...seat, pieces: 1, applied: [] }
  try {
    const made = opsOf({
      channel,
      dispatch,
      refs,
      key: keyOf(dispatch.delivery, row.piece, row.attempt),
      linkOf: (file) => deps.linkOf(channel, file),
      page: deps.pageOf(channel, dispatch.message),
    })
    if (made.is === 'cannot') {
      deps.land(landing, { is: 'failed', code: made.code, details: made.details })
      return undefined
    }
    landing = { ...seat, pieces: made.ops.length, applied: made.applied }
    const op = made.ops[row.piece]
    if (!op) {
      deps.land(landing, { is: 'sent', sent: { ids: [] } })
      return undefined
    }
    if (row.doubtful && !foldsStill(owned, dispatch.ageMs)) {
      deps.land(landing, { is: 'unconfirmed', details: {} })
      return undefined
    }
    owned.pace.take(row.lane, performance.now(), dispatch.kind)
    const plan = channel.connector.outgoing(op, deps.contextOf(channel))
    const first = plan.next()
    if (!first.done)
      return {
        ...landing,
        key: op.key,
        plan,
        final: first.value,
        marked: false,
        begunAt: performance.now(),
        untoldSince: null,
      }
    deps.land(landing, { is: 'sent', sent: first.value })
  } catch (error) {
    // One that cannot be made must not stop the others.
    deps.broken(landing, error)
  }
  return undefined
}

/** Where the next scan begins. Fewer than asked for: this one came to the end; once more, from the first lane. */
function moveOn(o: Owned, room: number, rows: readonly WorkRow[], deps: ClaimDeps): void {
  const lanes = rows.filter((row) => row.channel === o.id).map((row) => BigInt(row.lane))
  const wrapped = lanes.length < room
  if (wrapped && o.after !== FIRST_LANE) deps.again()
  o.after = wrapped ? FIRST_LANE : lanes.reduce((max, lane) => (lane > max ? lane : max)).toString()
}

async function dispatchesOf(
  tx: Tx,
  workspace: WorkspaceId,
  rows: readonly WorkRow[],
  owned: ReadonlyMap<string, Owned>,
): Promise<Map<number, Dispatch>> {
  const dispatches = await loadDispatches(tx, workspace, rows)
  const letters = rows.flatMap((row) => {
    const dispatch = dispatches.get(row.pos)
    return dispatch?.op === 'message' && owned.get(row.channel)?.channel.abilities.subject?.out ? [dispatch] : []
  })
  await noteAnswered(tx, workspace, letters)
  return dispatches
}

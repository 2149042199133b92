/** A channel in the hands of this process, and the plans it has in the air. */
import type { Plan, Request, Sent } from '#connector-kit/connector.ts'
import type { ChannelId } from '#contract/ids.ts'
import { CONDUCT } from '#contract/message/channel-state.ts'
import type { LiveChannel } from '#server/channels/live.ts'
import { FIRST_LANE } from '#server/platform/lanes.ts'
import type { Lease } from '#server/platform/leases.ts'
import { breaker, type Breaker } from './breaker.ts'
import { pacing, type Pacing } from './pacing.ts'
import type { Dispatch, WorkRow } from './sender.sql.ts'

/** Plans in flight per channel; one per chat, since a lane's head stays its head until it is answered. */
const MOST_IN_FLIGHT = 128

export interface Owned {
  readonly id: ChannelId
  readonly lease: Lease
  channel: LiveChannel
  pace: Pacing
  readonly breaker: Breaker
  /** Between their claim and their result, by position. */
  readonly inFlight: Map<number, Flight>
  /** Ends the requests: later than the lease, so that a hand-over cuts nothing off that may have been accepted. */
  readonly calls: AbortController
  /** An earlier owner may have left rows in the middle. Once a look has found none there are none: nobody but an owner claims. */
  inherits: boolean
  after: string
  refusals: number
  /** How long it could send since that was last saved, and when that was looked at last. */
  openMs: number
  /** The wait that is already on disk. */
  savedBlock: number
  seenAt: number
  probing: boolean
  /** That it is away is being saved: a probe that found it alive must come later. */
  telling: Promise<void>
}

/** What an outcome is recorded of. */
export interface Landing {
  readonly owned: Owned
  readonly row: WorkRow
  readonly dispatch: Dispatch
  readonly pieces: number
  readonly applied: unknown[]
}

/** A plan between two transactions: claimed, performed up to the request that must be marked first. */
export interface Flight extends Landing {
  readonly key: string
  readonly plan: Plan<Sent>
  /** The request that waits for the mark. */
  final: Request
  marked: boolean
  /** On the monotonic clock: its claim. */
  readonly begunAt: number
  /** When it was marked, or began without a mark, while that is still to be told. */
  untoldSince: number | null
}

/** What outlives an owner. */
export interface KeptPace {
  /** From now on; 0: not blocked. */
  blockedMs: number
  factor: number
}

/** @param kept  what an earlier owner learned */
export const ownedChannel = (lease: Lease, channel: LiveChannel, kept: KeptPace, nowMs: number): Owned => ({
  id: channel.id,
  lease,
  channel,
  pace: pacing(channel.abilities.pacing, nowMs, { blockedUntil: nowMs + kept.blockedMs, factor: kept.factor }),
  breaker: breaker(channel.state === 'retrying' ? nowMs : undefined),
  inFlight: new Map(),
  calls: new AbortController(),
  inherits: true,
  after: FIRST_LANE,
  refusals: 0,
  openMs: 0,
  savedBlock: 0,
  seenAt: nowMs,
  probing: false,
  telling: Promise.resolve(),
})

/** The time that has passed counts as what it was. */
export function countOpen(o: Owned, nowMs: number): void {
  if (isOpen(o)) o.openMs += nowMs - o.seenAt
  o.seenAt = nowMs
}

export const isOpen = (o: Owned) => CONDUCT[o.channel.state].sends && o.breaker.state !== 'open' && !o.channel.hold

/** Nothing leaves a channel that is not ready, nor while the breaker is open, the workspace is in hold, or the platform asked for silence. */
export function isSilent(o: Owned, nowMs: number): boolean {
  const open = CONDUCT[o.channel.state].sends || (o.breaker.state === 'half_open' && o.channel.state === 'retrying')
  return !open || o.breaker.state === 'open' || o.channel.hold || nowMs < o.pace.blockedUntil
}

/** How many may be claimed now; half open: one at a time. */
export function roomOf(o: Owned, nowMs: number): number {
  if (isSilent(o, nowMs)) return 0
  if (o.breaker.state === 'half_open') return o.inFlight.size === 0 ? 1 : 0
  return Math.min(MOST_IN_FLIGHT - o.inFlight.size, o.pace.room(nowMs))
}

/** Until it is there, a request may take as long as this. */
const ON_ITS_WAY_MS = 15_000

/** Whether a repeat with the same key that leaves now is still folded by the platform. */
export const foldsStill = ({ channel }: Owned, ageMs: number): boolean =>
  channel.abilities.idempotency !== undefined && ageMs + ON_ITS_WAY_MS < channel.abilities.idempotency.seconds * 1000

/** A file may have taken minutes to go up: what has happened since the claim counts. Otherwise the plan begins anew, in its time. */
export const mayStillSend = ({ owned, row, dispatch, begunAt }: Flight, nowMs: number): boolean =>
  !isSilent(owned, nowMs) && (!row.doubtful || foldsStill(owned, dispatch.ageMs + nowMs - begunAt))

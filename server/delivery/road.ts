/**
 * Which way to reach the contact: pure and deterministic, the same for members, flows and broadcasts. Reasons are stored and shown.
 *
 * 1 drop what cannot be  2 the first rule that decides  3 else the best by score
 */
import type { ChannelId, IdentityId } from '#contract/ids.ts'
import { CONDUCT, type ChannelState } from '#contract/message/channel-state.ts'

export interface RoadState {
  readonly identity: IdentityId
  readonly channel: ChannelId
  readonly channelState: ChannelState
  readonly reach: string
  readonly lastInAt: Date | null
  /** null: the network has no window. */
  readonly windowUntil: Date | null
  readonly hasWindow: boolean
  readonly mayBegin: boolean
  readonly official: boolean
}

export interface Wish {
  /** Asked for by name. */
  readonly via?: IdentityId
  /** Where the target of the reply came from. */
  readonly replyTo?: { identity: IdentityId; channel: ChannelId | null }
  /** Chosen by a member here, until the contact writes by another. */
  readonly chosen?: { identity: IdentityId; channel: ChannelId } | null
}

export interface Reason {
  code: 'asked_for' | 'reply_target' | 'chosen_here' | 'wrote_last' | 'only_road' | 'best'
  values?: Record<string, unknown>
}

export type Cannot =
  | 'blocked'
  | 'opted_out'
  | 'gone'
  | 'not_allowed_yet'
  | 'window_closed'
  | 'channel_banned'
  | 'channel_removed'

export interface Choice {
  road: RoadState | null
  why: Reason[]
  /** Best first; the chosen one too. */
  others: { road: RoadState; cannot: Cannot | null }[]
}

/** How long "where they last wrote" decides. */
const FRESH_MS = 14 * 86_400_000

export function chooseRoad(roads: readonly RoadState[], wish: Wish, now: Date): Choice {
  const judged = roads
    .map((road) => ({ road, cannot: cannotUse(road, now) }))
    .toSorted((a, b) => compare(a.road, b.road))
  const usable = judged.filter((each) => each.cannot === null).map((each) => each.road)
  const others = judged.toSorted((a, b) => Number(a.cannot !== null) - Number(b.cannot !== null))
  const { via, replyTo, chosen } = wish
  const of = (identity: IdentityId, channel?: ChannelId | null) =>
    usable.find((road) => road.identity === identity && (!channel || road.channel === channel)) ??
    usable.find((road) => road.identity === identity)

  if (via) {
    const road = of(via) ?? null
    return { road, why: road ? [{ code: 'asked_for' }] : [], others }
  }
  const replied = replyTo && of(replyTo.identity, replyTo.channel)
  if (replied) return { road: replied, why: [{ code: 'reply_target' }], others }
  const kept = chosen && of(chosen.identity, chosen.channel)
  if (kept) return { road: kept, why: [{ code: 'chosen_here' }], others }
  const last = usable
    .filter((road) => road.lastInAt !== null && now.getTime() - road.lastInAt.getTime() < FRESH_MS)
    .toSorted((a, b) => b.lastInAt!.getTime() - a.lastInAt!.getTime())[0]
  if (last) return { road: last, why: [{ code: 'wrote_last', values: { at: last.lastInAt!.toISOString() } }], others }
  const best = usable[0] ?? null
  if (!best) return { road: null, why: [], others }
  return { road: best, why: [{ code: usable.length === 1 ? 'only_road' : 'best' }], others }
}

/** A channel that is merely down stays usable: messages wait there, and say so. */
function cannotUse(road: RoadState, now: Date): Cannot | null {
  if (road.reach === 'blocked' || road.reach === 'opted_out' || road.reach === 'gone') return road.reach
  if (road.channelState === 'banned') return 'channel_banned'
  if (road.reach === 'not_allowed_yet') return 'not_allowed_yet'
  if (road.hasWindow && (road.windowUntil === null || road.windowUntil < now)) return 'window_closed'
  if (!road.mayBegin && road.lastInAt === null) return 'not_allowed_yet'
  return null
}

/** Ready over waiting, official over unofficial, heard lately over long ago; ties: the older road, by its id. */
function compare(a: RoadState, b: RoadState): number {
  const ready = (road: RoadState) => Number(CONDUCT[road.channelState].sends === true)
  return (
    ready(b) - ready(a) ||
    Number(b.official) - Number(a.official) ||
    (b.lastInAt?.getTime() ?? 0) - (a.lastInAt?.getTime() ?? 0) ||
    (a.identity < b.identity ? -1 : a.identity > b.identity ? 1 : a.channel < b.channel ? -1 : 1)
  )
}

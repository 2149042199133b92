/**
 * How fast a channel may speak: token buckets for the account and for each chat, in the memory of the channel's owner, so there is no
 * distributed counter. First rates come from the abilities; a refusal halves them, success lets them grow back slowly. A new owner
 * starts with half-empty buckets.
 */
import type { Abilities, Rate } from '#contract/message/abilities.ts'

export interface Pacing {
  /** How many sends the account allows now. */
  room(nowMs: number): number
  /** When this chat may be written to; now or earlier: at once. */
  chatReadyAt(lane: string, nowMs: number): number
  /** One send takes place, to a person or into a group. */
  take(lane: string, nowMs: number, to?: 'person' | 'room'): void
  /** The platform asked to wait. `scope` chat: only there. @returns until when */
  throttled(lane: string, afterMs: number | null, scope: 'channel' | 'chat', nowMs: number): number
  /** The platform accepted: rates grow back towards the first ones. */
  accepted(): void
  /** The whole channel waits until then. */
  readonly blockedUntil: number
  /** Of the first rates, what refusals have left. */
  readonly factor: number
  /** Lanes that must wait, for the claim to pass over. */
  waitingLanes(nowMs: number): string[]
}

/** Without a time from the platform: doubled at each further refusal. */
const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 5 * 60_000
/** A factor below this would never be noticed as life. */
const SLOWEST = 1 / 16
const GROWTH_PER_SEND = 0.01

/** @param before  what an earlier owner learned */
export function pacing(
  abilities: Abilities['pacing'],
  startMs: number,
  before: { blockedUntil: number; factor: number } = { blockedUntil: 0, factor: 1 },
): Pacing {
  let { factor, blockedUntil } = before
  let refusalsInARow = 0
  const account = (abilities.channel ?? []).map((rate) => bucket(rate, startMs, 0.5))
  const chats = new Map<string, { buckets: Bucket[]; blockedUntil: number }>()
  /** Lanes that may have to wait: only these are looked at before each claim, not every chat that was ever written to. */
  const used = new Set<string>()

  function chat(lane: string, nowMs: number, to: 'person' | 'room' = 'person') {
    let known = chats.get(lane)
    if (!known) {
      if (chats.size > 10_000) forgetFull(nowMs)
      const rates = [...(abilities.chat ?? []), ...((to === 'room' && abilities.group) || [])]
      known = { buckets: rates.map((rate) => bucket(rate, nowMs, isSettled(rate, nowMs) ? 1 : 0.5)), blockedUntil: 0 }
      chats.set(lane, known)
    }
    return known
  }

  /** Until a bucket would have filled up nobody knows what an earlier owner has just sent there. */
  const isSettled = (rate: Rate, nowMs: number) =>
    nowMs - startMs >= ((rate.burst ?? rate.n) / rate.n) * rate.per * 1000

  /** A chat with full buckets is as good as one never seen. */
  function forgetFull(nowMs: number) {
    for (const [lane, each] of chats) {
      if (each.blockedUntil <= nowMs && each.buckets.every((b) => b.isFull(nowMs, factor))) chats.delete(lane)
    }
  }

  const chatReadyAt = (lane: string, nowMs: number) => {
    const known = chats.get(lane)
    return known ? Math.max(known.blockedUntil, ...known.buckets.map((b) => b.readyAt(nowMs, 1))) : nowMs
  }

  return {
    room: (nowMs) =>
      nowMs < blockedUntil ? 0 : Math.floor(Math.min(Infinity, ...account.map((b) => b.tokens(nowMs, factor)))),
    chatReadyAt,
    take: (lane, nowMs, to) => {
      for (const b of account) b.take(nowMs, factor)
      for (const b of chat(lane, nowMs, to).buckets) b.take(nowMs, 1)
      used.add(lane)
    },
    throttled: (lane, afterMs, scope, nowMs) => {
      refusalsInARow++
      const wait = afterMs ?? Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (refusalsInARow - 1))
      if (scope === 'chat') {
        chat(lane, nowMs).blockedUntil = nowMs + wait
        used.add(lane)
      } else {
        blockedUntil = Math.max(blockedUntil, nowMs + wait)
        factor = Math.max(SLOWEST, factor / 2)
      }
      return nowMs + wait
    },
    accepted: () => {
      refusalsInARow = 0
      factor = Math.min(1, factor + GROWTH_PER_SEND)
    },
    get blockedUntil() {
      return blockedUntil
    },
    get factor() {
      return factor
    },
    waitingLanes: (nowMs) => {
      for (const lane of used) if (chatReadyAt(lane, nowMs) <= nowMs) used.delete(lane)
      return [...used]
    },
  }
}

interface Bucket {
  tokens(nowMs: number, factor: number): number
  take(nowMs: number, factor: number): void
  readyAt(nowMs: number, factor: number): number
  isFull(nowMs: number, factor: number): boolean
}

function bucket(rate: Rate, startMs: number, full: number): Bucket {
  const size = rate.burst ?? rate.n
  const perMs = rate.n / rate.per / 1000
  let level = size * full
  let at = startMs
  const refill = (nowMs: number, factor: number) => {
    level = Math.min(size, level + Math.max(0, nowMs - at) * perMs * factor)
    at = Math.max(at, nowMs)
    return level
  }
  return {
    // A hair below one is one: floating sums must not cost a round.
    tokens: (nowMs, factor) => refill(nowMs, factor) + 1e-9,
    take: (nowMs, factor) => {
      refill(nowMs, factor)
      level -= 1
    },
    readyAt: (nowMs, factor) => {
      const missing = 1 - 1e-9 - refill(nowMs, factor)
      return missing <= 0 ? nowMs : nowMs + missing / (perMs * factor)
    },
    isFull: (nowMs, factor) => refill(nowMs, factor) >= size - 1e-9,
  }
}

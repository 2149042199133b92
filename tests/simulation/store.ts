/**
 * What PostgreSQL keeps of deliveries, as a model: the statements of `sender.sql.ts`, `results.ts` and `followers.ts` in plain words. Each call
 * is one transaction. It outlives every desk.
 */
import type { ChannelId, DeliveryId } from '#contract/ids.ts'
import { stateAfter, type DeliveryState } from '#contract/message/delivery-state.ts'
import type { KeptPace } from '#server/delivery/owned.ts'
import type { Outcome } from '#server/delivery/results.ts'
import type { WorkRow } from '#server/delivery/sender.sql.ts'
import { stateAfterAttempt } from '#server/delivery/state-after-attempt.ts'

export interface Delivery {
  readonly id: DeliveryId
  readonly channel: ChannelId
  readonly lane: string
  readonly op: 'message' | 'edit'
  /** What an edit changes; of a message: itself. */
  readonly target: DeliveryId
  /** The words it brings: 0 those of the message, then counted up. */
  words: number
  readonly pieces: number
  /** Its plan begins with an upload. */
  readonly uploads: boolean
  readonly queuedAt: number
  state: DeliveryState
  reason: string | null
  /** Pieces that have not arrived, where it was cut. */
  rest: number
  /** An edit that ended with a message nobody confirmed. */
  settled: boolean
}

export interface Work extends WorkRow {
  state: 'waiting' | 'claimed'
  epoch: number | null
  dispatchedAt: number | null
  readyAt: number
}

export interface StoredLease {
  epoch: number
  holder: string | null
  beat: number
}

/** An outcome, and the epoch of its attempt; null: recorded by a new owner. */
export interface Recorded {
  readonly row: WorkRow
  readonly epoch: number | null
  readonly outcome: Outcome
}

export interface Store {
  readonly work: Map<number, Work>
  readonly deliveries: Map<DeliveryId, Delivery>
  readonly leases: Map<ChannelId, StoredLease>
  readonly paces: Map<ChannelId, StoredPace>
  readonly states: Map<ChannelId, 'ready' | 'retrying'>
  /** Channels in whose workspace nothing may leave. */
  readonly holds: Set<ChannelId>
  /** Messages that their platform has named. */
  readonly named: Set<DeliveryId>
  queue(delivery: Omit<Delivery, 'state' | 'reason' | 'rest' | 'settled' | 'queuedAt'>, nowMs: number): void
  /** The first row of each lane, in the order of lanes. */
  heads(channel: ChannelId): Work[]
  record(result: Recorded, nowMs: number): void
  /** A platform's report. */
  told(delivery: DeliveryId, state: DeliveryState, nowMs: number): void
  /** Claimed by this epoch, and unknown to its owner. */
  giveBackUnknown(channel: ChannelId, epoch: number, known: ReadonlySet<number>): void
  endWireWaits(channel: ChannelId, nowMs: number): void
  loadPace(channel: ChannelId, nowMs: number): KeptPace
  savePace(channel: ChannelId, pace: StoredPace): boolean
}

export interface StoredPace {
  blockedUntil: number
  factor: number
  epoch: number
}

/** @param changed  hears of every change of a state */
export function aStore(changed: (delivery: Delivery, was: DeliveryState) => void): Store {
  const work = new Map<number, Work>()
  const deliveries = new Map<DeliveryId, Delivery>()
  const named = new Set<DeliveryId>()
  const paces = new Map<ChannelId, StoredPace>()
  let lastPos = 0

  function set(delivery: Delivery, state: DeliveryState, nowMs: number): void {
    const was = delivery.state
    if (was === state) return
    delivery.state = state
    changed(delivery, was)
    if (delivery.op === 'message' && was === 'unconfirmed' && state !== 'failed') resumeFollowers(delivery, nowMs)
  }

  const followersOf = (message: Delivery) =>
    [...deliveries.values()].filter((each) => each.op === 'edit' && each.target === message.id)

  function endFollowers(message: Delivery, how: 'cancelled' | 'unconfirmed', nowMs: number): void {
    if (how === 'unconfirmed' && named.has(message.id)) return
    for (const edit of followersOf(message)) {
      const row = [...work.values()].find((each) => each.delivery === edit.id && each.state === 'waiting')
      if (!row) continue
      work.delete(row.pos)
      edit.reason = how
      edit.settled = true
      set(edit, 'failed', nowMs)
    }
  }

  /** Only the newest words travel. */
  function resumeFollowers(message: Delivery, nowMs: number): void {
    const ended = followersOf(message).filter(({ settled, reason }) => settled && reason === 'unconfirmed')
    const newest = ended.at(-1)
    for (const edit of ended) edit.reason = named.has(message.id) ? 'cancelled' : 'gone'
    if (!newest || !named.has(message.id)) return
    const { channel, lane, op, target, words, pieces, uploads } = newest
    queue({ channel, lane, op, target, words, pieces, uploads, id: `${newest.id}+` as DeliveryId }, nowMs)
  }

  function queue(given: Omit<Delivery, 'state' | 'reason' | 'rest' | 'settled' | 'queuedAt'>, nowMs: number): void {
    const { id, channel, lane } = given
    deliveries.set(id, { ...given, queuedAt: nowMs, state: 'queued', reason: null, rest: 0, settled: false })
    const pos = ++lastPos
    work.set(pos, {
      pos,
      delivery: id,
      message: null,
      channel,
      lane,
      piece: 0,
      tries: 0,
      waits: 0,
      attempt: 0,
      doubtful: false,
      state: 'waiting',
      epoch: null,
      dispatchedAt: null,
      readyAt: 0,
    })
  }

  return {
    work,
    deliveries,
    named,
    leases: new Map(),
    paces,
    holds: new Set(),
    states: new Map(),
    queue,
    heads: (channel) => {
      const heads = new Map<string, Work>()
      // A Map is walked in the order of insertion, which is that of `pos`.
      for (const row of work.values()) if (row.channel === channel && !heads.has(row.lane)) heads.set(row.lane, row)
      return [...heads.values()].toSorted((a, b) => Number(BigInt(a.lane) - BigInt(b.lane)))
    },
    record: ({ row: { pos }, epoch, outcome, row: seen }, nowMs) => {
      const row = work.get(pos)
      if (!row || (epoch !== null && row.epoch !== epoch)) return
      const delivery = deliveries.get(row.delivery)!
      const isLast = seen.piece + 1 >= delivery.pieces
      const isEnd = outcome.is === 'failed' || outcome.is === 'unconfirmed' || (outcome.is === 'sent' && isLast)
      if (outcome.is === 'sent') delivery.rest = Math.max(0, delivery.pieces - seen.piece - 1)
      if (outcome.is === 'sent' && delivery.op === 'message') named.add(delivery.id)
      if (isEnd) work.delete(pos)
      else {
        const waitMs = outcome.is === 'again' ? Math.ceil(outcome.waitMs) : 0
        row.state = 'waiting'
        row.epoch = null
        row.dispatchedAt = null
        const isDoubtful = 'doubtful' in outcome && outcome.doubtful === true
        row.doubtful = outcome.is !== 'sent' && (row.doubtful || isDoubtful)
        row.piece = outcome.is === 'sent' ? seen.piece + 1 : seen.piece
        row.tries += outcome.is === 'again' && outcome.counts ? 1 : 0
        row.waits = waitMs > 0 ? row.waits + 1 : 0
        row.readyAt = waitMs > 0 ? nowMs + waitMs : 0
      }
      if (outcome.is === 'again' || outcome.is === 'failed') delivery.reason = outcome.code
      const came = isEnd ? (outcome.is as 'sent' | 'failed' | 'unconfirmed') : 'queued'
      set(delivery, stateAfterAttempt(delivery.state, came), nowMs)
      if (delivery.op === 'message' && outcome.is === 'failed') endFollowers(delivery, 'cancelled', nowMs)
      if (delivery.op === 'message' && outcome.is === 'unconfirmed') endFollowers(delivery, 'unconfirmed', nowMs)
    },
    told: (id, state, nowMs) => {
      const delivery = deliveries.get(id)!
      if (delivery.rest === 0 || state === 'failed') set(delivery, stateAfter(delivery.state, state), nowMs)
    },
    giveBackUnknown: (channel, epoch, known) => {
      for (const row of work.values())
        if (row.channel === channel && row.state === 'claimed' && row.epoch === epoch && !known.has(row.pos))
          Object.assign(row, { state: 'waiting', epoch: null, dispatchedAt: null })
    },
    endWireWaits: (channel, nowMs) => {
      for (const row of work.values()) {
        const isWire = WIRE.has(deliveries.get(row.delivery)!.reason ?? '')
        if (row.channel === channel && row.state === 'waiting' && row.waits > 0 && row.readyAt > nowMs && isWire)
          Object.assign(row, { readyAt: 0, waits: 0 })
      }
    },
    loadPace: (channel, nowMs) => {
      const kept = paces.get(channel)
      return kept
        ? { blockedMs: Math.max(0, kept.blockedUntil - nowMs), factor: kept.factor }
        : { blockedMs: 0, factor: 1 }
    },
    savePace: (channel, pace) => {
      const kept = paces.get(channel)
      if (kept && kept.epoch > pace.epoch) return false
      paces.set(channel, pace)
      return true
    },
  }
}

const WIRE: ReadonlySet<string> = new Set(['wire', 'platform_down', 'proxy_down'])

/** The promises of delivery, watched from outside: what leaves, what the platforms take, what the database says. None of this knows how a desk works. */
import type { ChannelId, DeliveryId } from '#contract/ids.ts'
import type { DeliveryState } from '#contract/message/delivery-state.ts'
import { HALF_A_LEASE_MS } from '#server/platform/leases.ts'
import type { Asked } from './platform.ts'
import type { Delivery, Store } from './store.ts'
import { STEADY } from './world.ts'

/** Who asks, and by what right. */
export interface Asker {
  readonly channel: ChannelId
  /** A desk's turn at a channel. */
  readonly owner: string
  /** When it read what earlier owners had learned. */
  readonly ownerSince: number
  /** When the transaction began that allowed this request. */
  readonly allowedAt: number
  readonly leaseLeft: number
  readonly beginsHalfOpen: boolean
  /** Plans of the channel in the air, this one too. */
  readonly inFlight: number
}

export interface Watch {
  readonly broken: string[]
  leaves(asker: Asker, asked: Asked, nowMs: number): void
  landed(owner: string, asked: Asked): void
  /** The owner heard that the channel, or one lane of it, shall be silent. */
  throttled(channel: ChannelId, owner: string, lane: string | null, nowMs: number, untilMs: number): void
  /** What the next owner will read. */
  savedSilence(channel: ChannelId, untilMs: number, nowMs: number): void
  /** @param keptUntil  what a next owner would read now */
  keptSilence(channel: ChannelId, untilMs: number, keptUntil: number): void
  held(channel: ChannelId, nowMs: number, untilMs: number): void
  /** @param waitedMs  since a member said it */
  taken(channel: ChannelId, asked: Asked, waitedMs: number): void
  /** A process is dead or frozen: whoever was served by it may wait longer. */
  troubled(): void
  toldFailed(delivery: DeliveryId): void
  changed(delivery: Delivery, was: DeliveryState): void
  tries(counted: number, code: string): void
  mark(epoch: number, leaseEpoch: number): void
  /** Everybody is well again and had time enough. */
  end(store: Store): void
}

/** Where a delivery may go from where it stands. */
const AFTER: Record<DeliveryState, readonly DeliveryState[]> = {
  queued: ['sending', 'sent', 'delivered', 'read', 'failed', 'unconfirmed'],
  sending: ['queued', 'sent', 'delivered', 'read', 'failed', 'unconfirmed'],
  sent: ['delivered', 'read', 'failed'],
  delivered: ['read'],
  read: [],
  unconfirmed: ['sent', 'delivered', 'read', 'failed'],
  failed: ['delivered', 'read'],
}

/** As long as a request may be answered. */
const REQUEST_MS = 15_000

/** On a channel with which nothing is wrong. */
const PATIENCE_MS = 10_000
/** The longest freeze, or a lease that runs out and a request that may still be answered. */
const LEASE_CHANGE_MS = 60_000

interface Silence {
  owner: string | null
  lane: string | null
  from: number
  until: number
  savedAt: number
}

export function aWatch(folds: (channel: ChannelId) => boolean): Watch {
  const broken: string[] = []
  let patienceMs = PATIENCE_MS
  const open = new Map<string, { owner: string; since: number; asked: Asked }>()
  const silences = new Map<ChannelId, Silence[]>()
  const last = new Map<string, { pos: number; piece: number }>()
  const times = new Map<string, number>()
  const shown = new Map<DeliveryId, number>()
  const lateFailures = new Set<DeliveryId>()

  const name = ({ delivery, piece, op }: Asked) => `${op} ${delivery}/${piece}`
  const demand = (isSo: boolean, words: () => string) => {
    if (!isSo) broken.push(words())
  }
  const silence = (channel: ChannelId, added: Silence) =>
    silences.set(channel, [...(silences.get(channel) ?? []), added])

  function inSilence({ channel, owner, ownerSince, allowedAt }: Asker, lane: string, nowMs: number): boolean {
    return (silences.get(channel) ?? []).some(
      (each) =>
        nowMs < each.until &&
        (each.lane === null || each.lane === lane) &&
        (each.owner === null || each.owner === owner ? allowedAt > each.from : ownerSince >= each.savedAt),
    )
  }

  return {
    broken,
    leaves: (asker, asked, nowMs) => {
      const { channel, owner, leaseLeft, beginsHalfOpen, inFlight } = asker
      const lane = `${channel} ${asked.lane}`
      const other = open.get(lane)
      // What may be repeated is, as soon as its owner is dead.
      const mayRepeat = other?.asked.what === 'upload' || other?.asked.op === 'edit' || folds(channel)
      const isOther = other && (other.owner === owner || (!mayRepeat && nowMs - other.since < REQUEST_MS))
      demand(!isOther, () => `one in flight: ${name(asked)} leaves beside ${name(other!.asked)}`)
      demand(leaseLeft >= HALF_A_LEASE_MS, () => `lease: ${name(asked)} leaves by ${owner} with ${leaseLeft} ms left`)
      demand(!inSilence(asker, asked.lane, nowMs), () => `silence: ${name(asked)} leaves where silence was asked for`)
      demand(!beginsHalfOpen || inFlight === 1, () => `half open: ${name(asked)} leaves as one of ${inFlight}`)
      open.set(lane, { owner, since: nowMs, asked })
    },
    landed: (owner, asked) => {
      for (const [lane, each] of open) if (each.owner === owner && each.asked.pos === asked.pos) open.delete(lane)
    },
    throttled: (channel, owner, lane, from, until) => silence(channel, { owner, lane, from, until, savedAt: Infinity }),
    savedSilence: (channel, until, nowMs) => {
      for (const each of silences.get(channel) ?? [])
        if (each.lane === null && each.until <= until + 1) each.savedAt = Math.min(each.savedAt, nowMs)
    },
    keptSilence: (channel, until, keptUntil) =>
      demand(keptUntil >= until - 1, () => `silence: a next owner of ${channel} would not know of it`),
    held: (channel, from, until) => silence(channel, { owner: null, lane: null, from, until, savedAt: from }),
    troubled: () => {
      patienceMs += LEASE_CHANGE_MS
    },
    taken: (channel, asked, waitedMs) => {
      const isPrompt = channel !== STEADY || waitedMs <= patienceMs
      demand(isPrompt, () => `steady: ${name(asked)} waited ${waitedMs} ms, and nothing was wrong with its channel`)
      const { delivery, piece, pos, op, words } = asked
      if (op === 'edit') {
        demand(times.has(`${delivery.split('.')[0]} 0`), () => `order: ${name(asked)} came before its message`)
        const message = delivery.split('.')[0] as DeliveryId
        demand(words >= (shown.get(message) ?? 0), () => `order: ${name(asked)} put older words over newer ones`)
        shown.set(message, words)
        return
      }
      const count = (times.get(`${delivery} ${piece}`) ?? 0) + 1
      times.set(`${delivery} ${piece}`, count)
      demand(count === 1, () => `once: ${name(asked)} was taken ${count} times`)
      if (count > 1) return
      const lane = `${channel} ${asked.lane}`
      const before = last.get(lane)
      const isBehind = !before || before.pos < pos || (before.pos === pos && before.piece < piece)
      demand(isBehind, () => `order: ${name(asked)} was taken behind what was said later`)
      last.set(lane, { pos, piece })
    },
    toldFailed: (delivery) => lateFailures.add(delivery),
    changed: ({ id, state }, was) =>
      demand(AFTER[was].includes(state), () => `status: ${id} went from ${was} to ${state}`),
    tries: (counted, code) => demand(counted === 0, () => `tries: ${code} used up a try`),
    mark: (epoch, leaseEpoch) =>
      demand(epoch === leaseEpoch, () => `epoch: marked under ${epoch}, while the lease is at ${leaseEpoch}`),
    end: (store) => {
      for (const { delivery } of store.work.values()) broken.push(`end: ${delivery} still waits`)
      for (const { id, op, pieces, state } of store.deliveries.values()) {
        demand(state !== 'queued' && state !== 'sending', () => `end: ${id} is ${state}`)
        if (op !== 'message') continue
        const arrived = Array.from({ length: pieces }, (_, piece) => times.has(`${id} ${piece}`))
        const isGood = state === 'sent' || state === 'delivered' || state === 'read'
        demand(!isGood || arrived.every(Boolean), () => `truth: ${id} is ${state}, but it never arrived whole`)
        const isDenied = state === 'failed' && arrived.every(Boolean) && !lateFailures.has(id)
        demand(!isDenied, () => `truth: ${id} is failed, but it arrived`)
      }
    },
  }
}

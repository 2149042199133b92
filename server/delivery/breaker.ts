/**
 * Stops sending into a dead wire: closed → open (nothing leaves, the platform is probed) → half open (one message at a time) → closed.
 * Messages wait meanwhile; they do not fail.
 */
import { lookAgainMs } from '#server/channels/look-again.ts'

export interface Breaker {
  readonly state: 'closed' | 'open' | 'half_open'
  /** When the next probe is due while open. */
  readonly probeAt: number
  /** A message was taken. */
  succeeded(): void
  /** The wire broke or the platform was down. @returns true when this opened the breaker */
  failed(nowMs: number): boolean
  /** The channel is called away, by whomever: it is probed at once. Without effect unless closed. */
  calledAway(nowMs: number): void
  /** A probe answered, or the platform gave another sign of life. */
  probed(alive: boolean, nowMs: number): void
}

/** Few, for a second later it is looked whether that was all. */
const FAILURES_IN_A_ROW = 3
const WINDOW = 20

/** @param awaySince  an earlier owner left the platform away: it is probed at once */
export function breaker(awaySince?: number): Breaker {
  let state: Breaker['state'] = awaySince === undefined ? 'closed' : 'open'
  let recent: boolean[] = []
  let inARow = 0
  /** Since when it has not taken anything. */
  let away = awaySince
  let probeAt = awaySince ?? 0

  function open(nowMs: number) {
    state = 'open'
    away ??= nowMs
    probeAt = nowMs + lookAgainMs(nowMs - away)
  }

  return {
    get state() {
      return state
    },
    get probeAt() {
      return probeAt
    },
    succeeded: () => {
      // The late answer of one that left before: a sign of life, and the probe that tells so is due at once.
      if (state === 'open') {
        probeAt = -Infinity
        return
      }
      state = 'closed'
      inARow = 0
      away = undefined
      recent = [...recent.slice(1 - WINDOW), true]
    },
    failed: (nowMs) => {
      inARow++
      recent = [...recent.slice(1 - WINDOW), false]
      const half = recent.length === WINDOW && recent.filter((good) => !good).length * 2 >= WINDOW
      if (state === 'open' || (state === 'closed' && inARow < FAILURES_IN_A_ROW && !half)) return false
      recent = []
      open(nowMs)
      return true
    },
    calledAway: (nowMs) => {
      if (state !== 'closed') return
      open(nowMs)
      probeAt = nowMs
    },
    probed: (alive, nowMs) => {
      if (!alive) open(nowMs)
      else if (state === 'open') state = 'half_open'
    },
  }
}

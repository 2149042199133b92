/**
 * Stops sending into a dead wire: closed → open (nothing leaves, the platform is probed) → half open (one message at a time) → closed.
 * Messages wait meanwhile; they do not fail.
 */
export interface Breaker {
  readonly state: 'closed' | 'open' | 'half_open'
  /** When the next probe is due while open. */
  readonly probeAt: number
  succeeded(): void
  /** The wire broke or the platform was down. @returns true when this opened the breaker */
  failed(nowMs: number): boolean
  /** A probe answered. */
  probed(alive: boolean, nowMs: number): void
}

const FAILURES_IN_A_ROW = 5
const WINDOW = 20
const FIRST_PROBE_MS = 15_000
const LONGEST_PROBE_MS = 5 * 60_000

export function breaker(): Breaker {
  let state: Breaker['state'] = 'closed'
  let recent: boolean[] = []
  let inARow = 0
  let probes = 0
  let probeAt = 0

  function open(nowMs: number) {
    state = 'open'
    probeAt = nowMs + Math.min(LONGEST_PROBE_MS, FIRST_PROBE_MS * 2 ** probes)
    probes++
  }

  return {
    get state() {
      return state
    },
    get probeAt() {
      return probeAt
    },
    succeeded: () => {
      state = 'closed'
      inARow = 0
      probes = 0
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
    probed: (alive, nowMs) => {
      if (alive) state = 'half_open'
      else open(nowMs)
    },
  }
}

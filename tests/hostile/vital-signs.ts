/** How a process fares: how late its loop comes round, what it holds after the garbage is gone, and whether anybody reached its prototypes. */
import { monitorEventLoopDelay } from 'node:perf_hooks'

export interface Signs {
  readonly lagP99Ms: number
  readonly lagMaxMs: number
  /** Since `warm`. */
  readonly grownMb: number
  readonly polluted: boolean
}

const RESOLUTION_MS = 10

/** Needs `--expose-gc`. `warm`: from now on it is measured. */
export function vitalSigns() {
  const lag = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  lag.enable()
  let before = held()
  return {
    warm: () => {
      before = held()
      lag.reset()
      return 'warm'
    },
    read: (): Signs => {
      // The timer's own period is part of what it measures.
      const late = (nanoseconds: number) => Math.max(0, Math.round(nanoseconds / 1e6 - RESOLUTION_MS))
      const signs = { lagP99Ms: late(lag.percentile(99)), lagMaxMs: late(lag.max) }
      return { ...signs, grownMb: Math.round((held() - before) / 1e5) / 10, polluted: isPolluted() }
    },
  }
}

function held(): number {
  // Once for what is unreachable, once for what only its finalizers held.
  globalThis.gc?.()
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

const isPolluted = (): boolean => 'polluted' in {} || Object.keys(Object.prototype).length > 0

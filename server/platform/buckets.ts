/** Token buckets by key, in the memory of this process: `burst` acts at once, then `perSecond`. */

export interface Rate {
  readonly burst: number
  readonly perSecond: number
}

export interface Buckets {
  /** @returns seconds to wait; 0: taken */
  take(key: string): number
}

/** Above this many, whoever is new shares one bucket: a flood of keys must not fill the memory. */
const MOST = 50_000
const SHARED = ''
/** Buckets that are full again are forgotten, so memory follows who is here now. */
const SWEEP_MS = 30_000

export function buckets({ burst, perSecond }: Rate, now: () => number = () => performance.now()): Buckets {
  const kept = new Map<string, { left: number; at: number }>()
  let sweptAt = now()

  const filled = (left: number, sinceMs: number) => Math.min(burst, left + (sinceMs / 1000) * perSecond)

  function sweep(at: number): void {
    if (at - sweptAt < SWEEP_MS) return
    sweptAt = at
    for (const [key, bucket] of kept) if (filled(bucket.left, at - bucket.at) === burst) kept.delete(key)
  }

  return {
    take: (given) => {
      const at = now()
      sweep(at)
      const key = kept.has(given) || kept.size < MOST ? given : SHARED
      const bucket = kept.get(key) ?? { left: burst, at }
      const left = filled(bucket.left, at - bucket.at)
      const isTaken = left >= 1
      kept.set(key, { left: isTaken ? left - 1 : left, at })
      return isTaken ? 0 : Math.ceil((1 - left) / perSecond)
    },
  }
}

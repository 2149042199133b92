/** Token buckets by key, in the memory of this process: `burst` acts at once, then `perSecond`. */

export interface Rate {
  readonly burst: number
  readonly perSecond: number
}

export interface Buckets {
  /** @param amount  1, where nothing else is said; more than `burst` counts as all of it. @returns seconds to wait; 0: taken */
  take(key: string, amount?: number): number
  /** Likewise, and nothing is taken. */
  wait(key: string, amount?: number): number
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

  function look(given: string, amount: number) {
    const wanted = Math.min(amount, burst)
    const at = now()
    sweep(at)
    const key = kept.has(given) || kept.size < MOST ? given : SHARED
    const bucket = kept.get(key) ?? { left: burst, at }
    const left = filled(bucket.left, at - bucket.at)
    return { key, at, left, wanted, wait: left >= wanted ? 0 : Math.ceil((wanted - left) / perSecond) }
  }

  return {
    take: (given, amount = 1) => {
      const { key, at, left, wanted, wait } = look(given, amount)
      kept.set(key, { left: wait > 0 ? left : left - wanted, at })
      return wait
    },
    wait: (given, amount = 1) => look(given, amount).wait,
  }
}

/**
 * How much a stranger's browser may ask of this process: a bucket per address, and one per address and chat. Buckets that are full
 * again are forgotten, so memory follows who is here now.
 */
export interface VisitorQuota {
  /** @returns seconds to wait; 0: taken */
  take(address: string, chat: string | undefined): number
}

/** `burst` acts at once, then `perSecond`. One talk is one person's; an address may be a whole office. */
const PER_CHAT = { burst: 60, perSecond: 2 }
const PER_ADDRESS = { burst: 400, perSecond: 20 }
/** Above this many, strangers share one bucket: a flood of addresses must not fill the memory. */
const MOST_BUCKETS = 50_000
const SWEEP_MS = 30_000

interface Bucket {
  left: number
  at: number
}

export function visitorQuota(now: () => number = () => performance.now()): VisitorQuota {
  const buckets = new Map<string, Bucket>()
  let sweptAt = now()

  function waitOf(key: string, { burst, perSecond }: typeof PER_CHAT): number {
    const at = now()
    const bucket = buckets.get(key) ?? { left: burst, at }
    bucket.left = Math.min(burst, bucket.left + ((at - bucket.at) / 1000) * perSecond)
    bucket.at = at
    buckets.set(key, bucket)
    if (bucket.left < 1) return Math.ceil((1 - bucket.left) / perSecond)
    bucket.left--
    return 0
  }

  function sweep(): void {
    const at = now()
    if (at - sweptAt < SWEEP_MS) return
    sweptAt = at
    for (const [key, bucket] of buckets)
      if (((at - bucket.at) / 1000) * PER_CHAT.perSecond > PER_ADDRESS.burst) buckets.delete(key)
  }

  return {
    take: (address, chat) => {
      sweep()
      const known = buckets.has(address) || buckets.size < MOST_BUCKETS
      const wait = waitOf(known ? address : 'everybody else', PER_ADDRESS)
      return wait > 0 || chat === undefined ? wait : waitOf(`${address} ${chat}`, PER_CHAT)
    },
  }
}

import { buckets } from '#server/platform/buckets.ts'

/** How much a stranger's browser may ask of this process: a bucket per address, and one per address and chat. */
export interface VisitorQuota {
  /** @returns seconds to wait; 0: taken */
  take(address: string, chat: string | undefined): number
}

/** One talk is one person's; an address may be a whole office. */
const PER_CHAT = { burst: 60, perSecond: 2 }
const PER_ADDRESS = { burst: 400, perSecond: 20 }

export function visitorQuota(now?: () => number): VisitorQuota {
  const chats = buckets(PER_CHAT, now)
  const addresses = buckets(PER_ADDRESS, now)
  return {
    take: (address, chat) => {
      const wait = addresses.take(address)
      return wait > 0 || chat === undefined ? wait : chats.take(`${address} ${chat}`)
    },
  }
}

import { buckets } from '#server/platform/buckets.ts'
import { networkOf } from '#server/platform/network-of.ts'

/** How much a stranger's browser may ask of this process: by his address, and by address and chat. */
export interface VisitorQuota {
  /** @returns seconds to wait; 0: taken */
  take(address: string, chat: string | undefined): number
  /** Bytes that he wants to leave here. @returns likewise */
  upload(address: string, chat: string, bytes: number): number
}

const perDay = (bytes: number) => ({ burst: bytes, perSecond: bytes / 86_400 })

/** One talk is one person's; an address may be a whole office. */
const ACTS = { ofChat: { burst: 60, perSecond: 2 }, ofAddress: { burst: 400, perSecond: 20 } }
const BYTES = { ofChat: perDay(250_000_000), ofAddress: perDay(1_000_000_000) }

export function visitorQuota(now?: () => number): VisitorQuota {
  const acts = { ofChat: buckets(ACTS.ofChat, now), ofAddress: buckets(ACTS.ofAddress, now) }
  const bytes = { ofChat: buckets(BYTES.ofChat, now), ofAddress: buckets(BYTES.ofAddress, now) }
  const take = (of: typeof acts, address: string, chat: string | undefined, amount: number): number => {
    const network = networkOf(address)
    const talk = chat === undefined ? undefined : `${network} ${chat}`
    // Both are looked at first: what the one refuses must not cost the other, or a talk that asks in vain empties its office's allowance.
    const wait = Math.max(of.ofAddress.wait(network, amount), talk === undefined ? 0 : of.ofChat.wait(talk, amount))
    if (wait > 0) return wait
    of.ofAddress.take(network, amount)
    if (talk !== undefined) of.ofChat.take(talk, amount)
    return 0
  }
  return {
    take: (address, chat) => take(acts, address, chat, 1),
    upload: (address, chat, size) => take(bytes, address, chat, size),
  }
}

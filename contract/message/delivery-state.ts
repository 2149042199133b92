/** Where a delivery stands. Never `sent` before the platform accepted it. */
import { z } from 'zod'

export const DeliveryState = z.enum(['queued', 'sending', 'sent', 'delivered', 'read', 'failed', 'unconfirmed'])
export type DeliveryState = z.infer<typeof DeliveryState>

const RANK = { queued: 0, sending: 1, sent: 2, delivered: 3, read: 4 } as const

/**
 * The state after a report. The highest rank wins; `failed` beats `sent` and below (platforms may report failure late) and loses to
 * `delivered` and `read`; `unconfirmed` yields to any proof.
 */
export function stateAfter(now: DeliveryState, told: DeliveryState): DeliveryState {
  if (now === told) return now
  if (now === 'unconfirmed') return told === 'queued' || told === 'sending' ? now : told
  if (now === 'failed') return told === 'delivered' || told === 'read' ? told : now
  if (told === 'failed') return RANK[now] <= RANK.sent ? told : now
  if (told === 'unconfirmed') return now === 'sending' ? told : now
  return RANK[told] > RANK[now] ? told : now
}

import { createHash } from 'node:crypto'
import type { DeliveryId } from '#contract/ids.ts'

/**
 * The idempotency key of one piece of one delivery: stable over retries, new with each try generation. Given to platforms that fold
 * twins, and a name of the message while an echo may come. A UUID, since many platforms ask for one. It follows from the row and is kept
 * nowhere; the column `delivery_work.key` is of an older version, and goes when no node can run that writes it.
 */
export function keyOf(delivery: DeliveryId, piece: number, attempt: number): string {
  const hex = createHash('sha256').update(`${delivery} ${piece} ${attempt}`).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

import { stateAfter, type DeliveryState } from '#contract/message/delivery-state.ts'

/** What an attempt made of a delivery; `queued`: it goes again, or goes on. */
export type Came = 'queued' | 'sent' | 'failed' | 'unconfirmed'

/**
 * The state once an attempt is recorded. A report may have come before the answer, and weighs as it would have weighed behind it: what the
 * platform called failed is not sent because its answer was good, and what it called sent is not unconfirmed because its answer was cut.
 */
export function stateAfterAttempt(now: DeliveryState, came: Came): DeliveryState {
  if (came === 'queued') return now === 'sending' ? 'queued' : now
  // An attempt was made, whether or not anybody was told that it was on its way.
  return stateAfter(now === 'queued' ? 'sending' : now, came)
}

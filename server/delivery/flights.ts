/** Plans in the air: performs the requests that a committed transaction allowed. Each flight lands as an outcome, or asks for its mark. */
import type { Plan, Reply, Request, Sent } from '#connector-kit/connector.ts'
import { perform, type Wire } from '#connector-kit/perform.ts'
import type { LiveChannel } from '#server/channels/live.ts'
import { buggify } from '#server/platform/buggify.ts'
import { HALF_A_LEASE_MS } from '#server/platform/leases.ts'
import { foldsStill, type Flight, type Landing } from './owned.ts'
import type { Outcome } from './results.ts'
import { verdictAfter, type Verdict } from './verdict.ts'

export interface FlightDeps {
  wireOf(channel: LiveChannel, signal: AbortSignal): Wire
  land(flight: Flight, outcome: Outcome): void
  /** Its next request is final and not marked yet. */
  mark(flight: Flight): void
  scrub(words: string): string
  /** In [0, 1). */
  random(): number
}

/** Performs a plan from its waiting request on: to its end, or to the next request that must be marked. */
export async function fly(flight: Flight, deps: FlightDeps): Promise<void> {
  const { owned, plan } = flight
  try {
    await buggify('marked, not sent')
    // Marked or not: an edit of yesterday's owner would put old words over the newer ones of today's.
    if (owned.lease.left() < HALF_A_LEASE_MS) return deps.land(flight, { is: 'unmark' })
    const outcome = await perform(pausing(plan, flight), deps.wireOf(owned.channel, owned.calls.signal))
    if (outcome === 'mark') return deps.mark(flight)
    await buggify('accepted, not recorded')
    deps.land(flight, { is: 'sent', sent: outcome })
  } catch (error) {
    deps.land(flight, verdictOn(error, flight, flight.marked, deps))
  }
}

export const verdictOn = (
  error: unknown,
  { owned, row, dispatch }: Landing,
  marked: boolean,
  { random, scrub }: Pick<FlightDeps, 'random' | 'scrub'>,
): Verdict =>
  verdictAfter(error, {
    tries: row.tries,
    waits: row.waits,
    marked,
    folds: foldsStill(owned, dispatch.ageMs),
    random: random(),
    scrub,
  })

/** The same plan as a plan that stops, with 'mark', before a final request that is not marked yet. */
function* pausing(plan: Plan<Sent>, flight: Flight): Generator<Request, Sent | 'mark', Reply> {
  let reply = yield flight.final
  for (;;) {
    const step = plan.next(reply)
    if (step.done) return step.value
    if (step.value.final && !flight.marked) {
      flight.final = step.value
      return 'mark'
    }
    reply = yield step.value
  }
}

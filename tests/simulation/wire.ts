/** The wire of one flight: the watch sees what leaves, the platform answers in its own time, and only a process that is awake hears it. */
import { WireBroken, type Wire } from '#connector-kit/perform.ts'
import type { Flight } from '#server/delivery/owned.ts'
import type { Asked } from './platform.ts'
import { settled } from './settled.ts'
import type { Asker } from './watch.ts'
import type { World } from './world.ts'

/** A plan in the air, and what the watch has to know of it. */
export type Airborne = Flight & { asked: Omit<Asked, 'what'>; allowedAt: number; hasBegun: boolean }

export const aWire =
  (
    { clock, watch, platforms, tell }: World,
    flight: Airborne,
    by: Pick<Asker, 'owner' | 'ownerSince'>,
    awake: (what: () => Promise<void>) => void | Promise<void>,
    signal: AbortSignal,
  ): Wire =>
  (request) =>
    new Promise((resolve, reject) => {
      const { owned, hasBegun, allowedAt } = flight
      const what = request.via === 'http' && request.url.endsWith('upload') ? 'upload' : 'send'
      const asked: Asked = { ...flight.asked, what }
      const asker: Asker = {
        ...by,
        channel: owned.id,
        allowedAt,
        leaseLeft: owned.lease.left(),
        // What was in the air before may land meanwhile, and its file may be up.
        beginsHalfOpen: owned.breaker.state === 'half_open' && !hasBegun,
        inFlight: owned.inFlight.size,
      }
      tell(() => `${by.owner} asks ${owned.id}: ${what} ${asked.op} ${asked.delivery}/${asked.piece}`)
      watch.leaves(asker, asked, clock.now())
      flight.hasBegun = true
      const back = (how: () => void) =>
        awake(() => {
          how()
          return settled()
        })
      signal.addEventListener('abort', () => reject(new WireBroken('cut off by us', true)))
      platforms.get(owned.id)!.ask(asked, {
        answered: (reply) => back(() => resolve(reply)),
        broke: (error) => back(() => reject(error)),
      })
    })

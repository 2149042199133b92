/** What goes wrong, one after the other, by the seed. */
import { setTimeout as delay } from 'node:timers/promises'
import type { ParleyNode } from './nodes.ts'
import type { Random } from './random.ts'

/** Weights of the kinds. A pause is longer than a lease, so that its node wakes up as somebody who owns nothing any more. */
export type Plan = Record<FaultKind, number>
export type FaultKind = 'kill' | 'pause' | 'database' | 'restart'

export const FULL: Plan = { kill: 80, pause: 8, database: 12, restart: 4 }
/** Short: no pauses, which take 12 s each. */
export const SMOKE: Plan = { kill: 90, pause: 0, database: 10, restart: 0 }

const BEYOND_A_LEASE_MS = 12_000

export interface World {
  nodes: readonly ParleyNode[]
  /** PostgreSQL stops at once, as in a crash, and is started again. */
  crashDatabase(): Promise<void>
}

export async function wreak(
  world: World,
  options: { faults: number; plan: Plan; random: Random; restMs: number; told(step: number, what: string): void },
): Promise<Record<FaultKind, number>> {
  const { random, plan, told } = options
  const done = { kill: 0, pause: 0, database: 0, restart: 0 }
  for (let step = 1; step <= options.faults; step++) {
    const kind = random.weighted(plan)
    const node = random.pick(world.nodes)
    told(step, kind === 'database' ? 'PostgreSQL stops at once' : `${kind} ${node.name}`)
    switch (kind) {
      case 'kill':
        await node.kill()
        await node.start()
        break
      case 'restart':
        await node.stop()
        await node.start()
        break
      case 'pause':
        await node.pause(BEYOND_A_LEASE_MS)
        break
      case 'database':
        await world.crashDatabase()
        break
    }
    done[kind]++
    await delay(random.between(50, options.restMs))
  }
  return done
}

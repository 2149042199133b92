/** Lets the plan come true on a world. */
import { setTimeout as delay } from 'node:timers/promises'
import type { ParleyNode } from './nodes.ts'
import type { Fault, FaultKind, Side, Wire } from './plan.ts'
import type { Trouble } from './proxy.ts'

export interface World {
  readonly nodes: Readonly<Record<Side, ParleyNode>>
  /** PostgreSQL stops at once, as in a crash, and is started again. */
  crashDatabase(): Promise<void>
  trouble(wire: Wire, trouble: Trouble | null): void
  /** Until it is ended. @throws Skipped where the machine does not allow it */
  disk(trouble: DiskTrouble): Promise<() => Promise<void>>
  /** How long after now all is well again, in milliseconds; null: not in time. */
  untilWell(): Promise<number | null>
}

export type DiskTrouble = 'slow disk' | 'full disk' | 'failing disk'

/** A tool is absent, in a clear word. */
export class Skipped extends Error {}

export type Done = Record<FaultKind | 'skipped' | 'at a moment', number> & {
  /** How long it took until all was well after a disk's trouble: the worst. */
  'ms until well': number
}
export const noneDone = (): Done => ({
  kill: 0,
  'at a moment': 0,
  pause: 0,
  crash: 0,
  wire: 0,
  stop: 0,
  'slow disk': 0,
  'full disk': 0,
  'failing disk': 0,
  'ms until well': 0,
  skipped: 0,
})

/** Batches pass every moment many times a second while customers talk. */
const MOMENT_MS = 5_000

/**
 * One fault after the other. Some last: a pause, a broken wire, a slow disk go on behind the next ones. A node that starts or sleeps is
 * waited for only by the next fault of the same node.
 * @param faults  what is left of the plan
 * @param mayBegin  asked before each; false ends the run early
 */
export async function wreak(
  world: World,
  faults: readonly Fault[],
  options: {
    done: Done
    mayBegin(index: number): Promise<boolean>
    told(index: number, fault: Fault): void
    /** It is over and counted, or skipped. */
    undone(index: number): void
    skipped(fault: Fault, words: string): void
    well(fault: Fault, ms: number | null): void
  },
): Promise<void> {
  const { done } = options
  const busy = new Map<string, Promise<void>>()
  const trouble: unknown[] = []
  /** When what is on its way there has ended. */
  const then = async (where: string, work: () => Promise<void>) => {
    await busy.get(where)
    busy.set(
      where,
      work().catch((error: unknown) => void trouble.push(error)),
    )
  }
  // Counted and said in one: between them nobody may keep how far it is.
  const over = (index: number, as: FaultKind | 'skipped') => {
    done[as]++
    options.undone(index)
  }
  for (const [index, fault] of faults.entries()) {
    if (!(await options.mayBegin(index))) break
    if (trouble.length > 0) break
    switch (fault.is) {
      case 'kill':
        await then(fault.node, async () => {
          const node = world.nodes[fault.node]
          options.told(index, fault)
          let came = false
          if (fault.at === null) await node.kill()
          else came = await node.dieAt(fault.at, MOMENT_MS)
          await node.start()
          if (came) done['at a moment']++
          over(index, 'kill')
        })
        break
      case 'stop':
        await then(fault.node, async () => {
          options.told(index, fault)
          await world.nodes[fault.node].stop()
          await world.nodes[fault.node].start()
          over(index, 'stop')
        })
        break
      case 'pause':
        await then(fault.node, async () => {
          options.told(index, fault)
          await world.nodes[fault.node].pause(fault.ms)
          over(index, 'pause')
        })
        break
      case 'crash':
        await then('database', async () => {
          options.told(index, fault)
          await world.crashDatabase()
          over(index, 'crash')
        })
        await busy.get('database')
        break
      case 'wire':
        await then(fault.wire, async () => {
          options.told(index, fault)
          world.trouble(fault.wire, fault.trouble)
          await delay(fault.ms)
          world.trouble(fault.wire, null)
          over(index, 'wire')
        })
        break
      case 'slow disk':
      case 'full disk':
      case 'failing disk':
        await then('database', async () => {
          options.told(index, fault)
          try {
            const end = await world.disk(fault.is)
            await delay(fault.ms)
            await end()
            const ms = await world.untilWell()
            options.well(fault, ms)
            done['ms until well'] = Math.max(done['ms until well'], ms ?? Infinity)
            over(index, fault.is)
          } catch (error) {
            if (!(error instanceof Skipped)) throw error
            over(index, 'skipped')
            options.skipped(fault, error.message)
          }
        })
        // Nothing else breaks meanwhile: how long it takes until all is well is a figure of its own.
        await busy.get('database')
        break
    }
    await delay(fault.restMs)
  }
  await Promise.all(busy.values())
  for (const error of trouble) throw error
}

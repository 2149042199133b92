/**
 * What has to be done now and then, by whoever holds the scheduler's lease. Each task has its own rhythm; one that fails is logged and
 * comes again at its next turn, and keeps no other from its.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Files } from '#server/platform/files/files.ts'
import type { Log } from '#server/platform/log.ts'
import { makePartitions } from '#server/platform/partitions.ts'
import { learnYoungTables } from '#server/platform/young-tables.ts'
import { tendDue, type DueDeps } from './due.ts'
import { dropMonths, giveUpParked, retain, sweepFiles } from './retention.ts'

interface Task {
  readonly name: string
  readonly everyMs: number
  run(): Promise<unknown>
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const LOOK_MS = 5_000

export interface UpkeepDeps extends DueDeps {
  readonly files: Files
}

/** Runs until the signal. What must be on time in a loop of its own: a sweep of many files takes as long as it takes. */
export async function upkeep(deps: UpkeepDeps, signal: AbortSignal, lookMs = LOOK_MS): Promise<void> {
  const { database, files, log, workspaces } = deps
  await Promise.all([
    keepDoing(
      [
        { name: 'what is due', everyMs: 0, run: () => tendDue(deps, signal) },
        { name: 'young tables', everyMs: 0, run: () => learnYoungTables(database) },
      ],
      log,
      signal,
      lookMs,
    ),
    keepDoing(
      [
        { name: 'months ahead', everyMs: DAY, run: () => makePartitions(database) },
        { name: 'months behind', everyMs: DAY, run: () => dropMonths(database) },
        { name: 'parked events', everyMs: 10 * MINUTE, run: () => giveUpParked(database) },
        { name: 'retention', everyMs: HOUR, run: async () => retain(database, await workspaces()) },
        { name: 'loose files', everyMs: 6 * HOUR, run: async () => sweepFiles(database, files, await workspaces()) },
      ],
      log,
      signal,
      lookMs,
    ),
  ])
}

/** One task after the other, so that a loop never takes more than one connection. */
async function keepDoing(tasks: readonly Task[], log: Log, signal: AbortSignal, lookMs: number): Promise<void> {
  const due = new Map(tasks.map((task) => [task, performance.now()]))
  while (!signal.aborted) {
    await delay(lookMs, undefined, { signal }).catch(() => {})
    for (const task of tasks) {
      if (signal.aborted) return
      if (performance.now() < due.get(task)!) continue
      due.set(task, performance.now() + task.everyMs)
      try {
        const done = await task.run()
        if (isWorthTelling(done)) log.info({ task: task.name, done }, 'upkeep')
      } catch (error) {
        log.warn({ task: task.name, error }, 'upkeep failed and comes again')
      }
    }
  }
}

const isWorthTelling = (done: unknown): boolean =>
  typeof done === 'number'
    ? done > 0
    : Array.isArray(done)
      ? done.length > 0
      : typeof done === 'object' && done !== null && Object.keys(done).length > 0

/**
 * What has to be done now and then, by whoever holds the scheduler's lease. Each task has its own rhythm; one that fails is logged and
 * comes again at its next turn, and keeps no other from its.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { WorkspaceId } from '#contract/ids.ts'
import type { Database } from '#server/platform/database.ts'
import type { Files } from '#server/platform/files/files.ts'
import type { Log } from '#server/platform/log.ts'
import { makePartitions } from '#server/platform/partitions.ts'
import { learnYoungTables } from '#server/platform/young-tables.ts'
import { dropMonths, giveUpParked, retain, sweepFiles } from './retention.ts'

export interface Task {
  readonly name: string
  readonly everyMs: number
  run(): Promise<unknown>
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const LOOK_MS = 5_000

export interface UpkeepDeps {
  readonly database: Database
  readonly files: Files
  readonly log: Log
  workspaces(): Promise<WorkspaceId[]>
  /** Of the features: what their rows are due for. */
  readonly tasks: readonly Task[]
}

/** Runs until the signal. */
export async function upkeep(
  { database, files, log, workspaces, tasks }: UpkeepDeps,
  signal: AbortSignal,
): Promise<void> {
  await keepDoing(
    [
      ...tasks,
      { name: 'young tables', everyMs: 0, run: () => learnYoungTables(database) },
      { name: 'months ahead', everyMs: DAY, run: () => makePartitions(database) },
      { name: 'months behind', everyMs: DAY, run: () => dropMonths(database) },
      { name: 'parked events', everyMs: 10 * MINUTE, run: () => giveUpParked(database) },
      { name: 'retention', everyMs: HOUR, run: async () => retain(database, await workspaces()) },
      { name: 'loose files', everyMs: 6 * HOUR, run: async () => sweepFiles(database, files, await workspaces()) },
    ],
    log,
    signal,
  )
}

/** One task after the other, so that housekeeping never takes more than one connection. */
export async function keepDoing(
  tasks: readonly Task[],
  log: Log,
  signal: AbortSignal,
  lookMs = LOOK_MS,
): Promise<void> {
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

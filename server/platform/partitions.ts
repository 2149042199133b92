/** Month partitions of the big tables, made ahead of time. Called at start and daily by the holder of the scheduler's lease. */
import { sql, type RawBuilder } from 'kysely'
import type { Database } from './database.ts'
import { firstIdAt, timeOf } from './ids.ts'
import { programClock } from './new-id.ts'

/** Makes what is missing from last month to three months ahead, and the default partitions. Safe to call at any time, from anywhere. */
export async function makePartitions(database: Database): Promise<void> {
  await sql`select make_partitions()`.execute(database.plumbing)
}

/**
 * Conditions that name the months to a plan that is kept: it leaves out partitions by bounds alone, never by a list of ids, and opens all
 * of them otherwise.
 */
export const inMonths = {
  /** The rows of these ids. */
  of: (column: RawBuilder<unknown>, ids: readonly string[]): RawBuilder<unknown> => {
    const sorted = ids.toSorted()
    return within(column, sorted[0]!, sorted.at(-1)!)
  },
  /** Rows that were made after this id, or by another process's clock a little before, up to now. */
  since: (column: RawBuilder<unknown>, id: string): RawBuilder<unknown> =>
    within(column, firstIdAt(aDayFrom(timeOf(id), -1)), firstIdAt(aDayFrom(programClock.now(), 1))),
}

/**
 * The idle `or` keeps the bounds from being looked up in an index: where a table was young when the plan was made, a range of ids seemed as
 * narrow as the thread or the message that is asked for, and the plan went on reading all that lies in the range.
 */
const within = (column: RawBuilder<unknown>, from: string, to: string): RawBuilder<unknown> =>
  sql`(${column} between ${from}::uuid and ${to}::uuid or ${column} = ${from}::uuid)`

const aDayFrom = (at: Date, days: 1 | -1): Date => new Date(Math.max(0, at.getTime() + days * 86_400_000))

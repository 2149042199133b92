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
  /** The rows of these ids, of which there is one at least; where one of them is not known yet, all months. */
  of: (column: RawBuilder<unknown>, ids: readonly (string | null)[]): RawBuilder<unknown> => {
    const known = ids.flatMap((id) => id ?? []).toSorted()
    return known.length < ids.length ? within(column, FIRST, LAST) : within(column, known[0]!, known.at(-1)!)
  },
  /** Rows that were made after this moment, or by another process's clock a little before, up to now. */
  after: (column: RawBuilder<unknown>, moment: Date): RawBuilder<unknown> =>
    within(column, firstIdAt(aDayFrom(moment, -1)), firstIdAt(aDayFrom(programClock.now(), 1))),
  /** Rows that were made after this id. */
  since: (column: RawBuilder<unknown>, id: string): RawBuilder<unknown> => inMonths.after(column, timeOf(id)),
}

/**
 * The idle `or` keeps the bounds from being looked up in an index: where a table was young when the plan was made, a range of ids seemed as
 * narrow as the thread or the message that is asked for, and the plan went on reading all that lies in the range.
 */
const within = (column: RawBuilder<unknown>, from: string, to: string): RawBuilder<unknown> =>
  sql`(${column} between ${from}::uuid and ${to}::uuid or ${column} = ${from}::uuid)`

const FIRST = '00000000-0000-0000-0000-000000000000'
const LAST = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

const aDayFrom = (at: Date, days: 1 | -1): Date => new Date(Math.max(0, at.getTime() + days * 86_400_000))

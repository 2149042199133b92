/** Month partitions of the big tables, made ahead of time. Called at start and daily by the holder of the scheduler's lease. */
import { sql } from 'kysely'
import type { Database } from './database.ts'

/** Makes what is missing from last month to three months ahead, and the default partitions. Safe to call at any time, from anywhere. */
export async function makePartitions(database: Database): Promise<void> {
  await sql`select make_partitions()`.execute(database.plumbing)
}

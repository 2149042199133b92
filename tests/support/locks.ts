/** For tests in which one waits for another: who holds what, and how many wait. */
import pg from 'pg'
import { expect } from 'vitest'
import type { TestDatabase } from './database.ts'

/** Holds what a statement of the owner locks while `work` runs, or until it lets go. */
export async function holding<T>(
  { ownerUrl }: TestDatabase,
  statement: string,
  work: (release: () => Promise<void>) => Promise<T>,
): Promise<T> {
  const holder = new pg.Client({ connectionString: ownerUrl, options: '-c search_path=parley' })
  await holder.connect()
  try {
    await holder.query('begin')
    await holder.query(statement)
    return await work(async () => void (await holder.query('commit')))
  } finally {
    await holder.end()
  }
}

/** Waits until so many wait for a lock. */
export async function untilWaiting({ asOwner }: TestDatabase, number: number): Promise<void> {
  const waiting = async () => {
    const [row] = await asOwner<{ waiting: number }>(
      `select count(*)::int as waiting from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
    return row!.waiting
  }
  await expect.poll(waiting, { timeout: 5_000 }).toBe(number)
}

/** A table that is young is another one every few seconds: PostgreSQL must know how large it is before the plans that are kept are made. */
import { sql } from 'kysely'
import type { Database } from './database.ts'

/** Looks at each table that has grown to four times what PostgreSQL knew of it, up to 20,000 rows; autovacuum sees to those that are older. */
export async function learnYoungTables(database: Database): Promise<void> {
  const looked: number[] = []
  for (;;) {
    const { rows } = await sql<{ table: number | null }>`select learn_young_table(${looked}::oid[]) as table`.execute(
      database.plumbing,
    )
    const { table } = rows[0]!
    if (table === null) return
    looked.push(table)
  }
}

/** Rows of some tables that PostgreSQL looked at for a piece of work: a plan that reads everybody is seen at any speed of the machine. */
import { sql } from 'kysely'
import type { WorkspaceId } from '#contract/ids.ts'
import type { TestDatabase } from './database.ts'

export async function rowsRead(
  { database, asOwner }: Pick<TestDatabase, 'database' | 'asOwner'>,
  workspace: WorkspaceId,
  tables: readonly string[],
  work: () => Promise<unknown>,
): Promise<number> {
  const read = async () => {
    // What other connections have counted is told when they are idle for a moment.
    await database.inWorkspace(workspace, (tx) => sql`select pg_stat_force_next_flush()`.execute(tx))
    const [row] = await asOwner<{ n: number }>(
      `select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::int as n from pg_stat_user_tables
        where relname in (${tables.map((name) => `'${name}'`).join(', ')})`,
    )
    return row!.n
  }
  const before = await read()
  await work()
  return (await read()) - before
}

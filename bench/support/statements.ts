/** What statements cost, for `BENCH_PROFILE`; watching them costs something too. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { startEmbedded } from '#server/platform/postgres/embedded.ts'

/** A server with pg_stat_statements, which it takes only at its start, and the plans of whatever is slow in its log. */
export async function startWatched(dataDir: string) {
  const first = await startEmbedded({ dataDir })
  const owner = new pg.Client(first.url)
  await owner.connect()
  for (const [name, value] of Object.entries({
    shared_preload_libraries: 'pg_stat_statements, auto_explain',
    'auto_explain.log_min_duration': '5ms',
    'auto_explain.log_analyze': 'on',
    'auto_explain.log_timing': 'off',
    'auto_explain.log_triggers': 'on',
  }))
    await owner.query(`alter system set ${name} = ${value.includes(',') ? value : `'${value}'`}`)
  await owner.query('create extension if not exists pg_stat_statements')
  await owner.end()
  await first.stop()
  return startEmbedded({ dataDir })
}

/** The dearest first. */
export async function writeStatements(owner: pg.Client, folder: string): Promise<void> {
  const { rows } = await owner.query<{ calls: number; ms: number; rows: number; wal: number; query: string }>(
    `select calls::int, total_exec_time + total_plan_time as ms, rows::int, wal_records::int as wal, query
       from public.pg_stat_statements order by ms desc limit 60`,
  )
  const lines = rows.map(
    ({ calls, ms, rows: some, wal, query }) =>
      `${Math.round(ms)} ms\t${calls} ×\t${some} rows\t${wal} wal\t${query.replaceAll(/\s+/g, ' ').slice(0, 220)}`,
  )
  await writeFile(join(folder, `statements-${Date.now()}.txt`), `${lines.join('\n')}\n`)
}

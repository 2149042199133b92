/** A whole Parley with an embedded PostgreSQL of its own, all roles in one process, as `npm start` runs it. */
import { randomBytes } from 'node:crypto'
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { createToken, createWorkspace } from '#server/members/accounts.ts'
import { openDatabase } from '#server/platform/database.ts'
import { migrate } from '#server/platform/migrate.ts'
import { startEmbedded } from '#server/platform/postgres/embedded.ts'
import { programLogin } from '#server/platform/program-role.ts'
import { aServer } from './processes.ts'

export interface MeasuredParley {
  readonly url: string
  /** The program and its PostgreSQL. */
  readonly pids: readonly number[]
  /** As the owner, who sees every workspace. */
  ask<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>
  /** Signs a channel in over the API. */
  channel(connector: string, settings: Record<string, unknown>): Promise<string>
  /** Waits until everything that came has been read and answered. */
  drained(): Promise<void>
  statements(): Promise<number>
  stop(): Promise<void>
}

export interface ParleyOptions {
  /** The echo rule answers. */
  readonly echo: boolean
  /** Another folder of connectors. */
  readonly connectors?: URL
  /** The fake platform's `host:port`, which requests may reach. */
  readonly platform: string
}

export async function aParley({ echo, connectors, platform }: ParleyOptions): Promise<MeasuredParley> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-bench-'))
  const profile = process.env.BENCH_PROFILE
  const postgres = profile ? await watchingStatements(folder) : await startEmbedded({ dataDir: folder })
  const { programUrl } = await migrate({ ownerUrl: postgres.url, login: await programLogin(folder, null) })
  const token = await aToken(programUrl)
  const server = await aServer(
    new URL('./parley-process.ts', import.meta.url),
    {
      BENCH_PROGRAM_URL: programUrl,
      BENCH_ECHO: echo ? 'yes' : '',
      BENCH_CONNECTORS: connectors?.href ?? '',
      PARLEY_DATA: folder,
      PARLEY_PORT: '0',
      PARLEY_LOG: 'warn',
      PARLEY_PRIVATE_HOSTS: platform,
    },
    profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : [],
  )
  const owner = new pg.Client(postgres.url)
  await owner.connect()
  await owner.query('set search_path = parley')
  const ask: MeasuredParley['ask'] = async <Row extends pg.QueryResultRow>(text: string, values: unknown[] = []) =>
    (await owner.query<Row>(text, values)).rows
  return {
    url: server.url,
    pids: [server.pid, postgres.pid()],
    ask,
    channel: async (connector, settings) => {
      const answer = await fetch(`${server.url}/api/channels`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ connector, name: connector, settings }),
      })
      const body = (await answer.json()) as { id?: string }
      if (!body.id) throw new Error(`no channel: ${JSON.stringify(body)}`)
      return body.id
    },
    drained: async () => {
      const end = performance.now() + 120_000
      for (;;) {
        const [left] = await ask<{ n: number }>(
          `select ((select count(*) from inbound_work where state = 0) + (select count(*) from conversation_input) + (select count(*) from delivery_work))::int as n`,
        )
        if (left!.n === 0) return
        if (performance.now() > end) throw new Error(`after two minutes ${left!.n} things still wait`)
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    },
    statements: async () => {
      const page = await (await fetch(`${server.url}/metrics`)).text()
      return Number(/^parley_statements_total (\d+)/m.exec(page)?.[1] ?? Number.NaN)
    },
    stop: async () => {
      if (profile) await writeStatements(ask, profile)
      await owner.end()
      await server.stop()
      await postgres.stop()
      if (profile) await copyFile(join(folder, 'postgres/server.log'), join(profile, `plans-${server.pid}.log`))
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/**
 * For `BENCH_PROFILE`: the server with pg_stat_statements, which it takes only at its start, and the plans of whatever is slow in its
 * log. Their cost is in the figures then.
 */
async function watchingStatements(dataDir: string) {
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
  await owner.query('create extension pg_stat_statements')
  await owner.end()
  await first.stop()
  return startEmbedded({ dataDir })
}

async function writeStatements(ask: MeasuredParley['ask'], folder: string): Promise<void> {
  const rows = await ask<{ calls: number; ms: number; rows: number; wal: number; query: string }>(
    `select calls::int, total_exec_time + total_plan_time as ms, rows::int, wal_records::int as wal, query
       from public.pg_stat_statements order by ms desc limit 60`,
  )
  const lines = rows.map(
    ({ calls, ms, rows: some, wal, query }) =>
      `${Math.round(ms)} ms\t${calls} ×\t${some} rows\t${wal} wal\t${query.replaceAll(/\s+/g, ' ').slice(0, 220)}`,
  )
  await writeFile(join(folder, `statements-${Date.now()}.txt`), `${lines.join('\n')}\n`)
}

async function aToken(programUrl: string): Promise<string> {
  const database = openDatabase({ url: programUrl, connections: 2 })
  try {
    const owner = {
      name: 'Bench',
      email: 'bench@example.org',
      password: randomBytes(9).toString('hex'),
      language: 'en',
    }
    const { workspace } = await createWorkspace(database, 'Bench', owner as Parameters<typeof createWorkspace>[2])
    const { token } = await database.inWorkspace(workspace, (tx) =>
      createToken(tx, workspace, { name: 'bench', role: 'owner', expiresAt: null }),
    )
    return token
  } finally {
    await database.close()
  }
}

/** A whole Parley with an embedded PostgreSQL of its own, all roles in one process, as `npm start` runs it. */
import { randomBytes } from 'node:crypto'
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { AccountId, MemberId, WorkspaceId } from '#contract/ids.ts'
import { createToken, createWorkspace, insertAccount, insertMember, openSession } from '#server/members/accounts.ts'
import { hashPassword } from '#server/members/password.ts'
import { openDatabase, type Database } from '#server/platform/database.ts'
import { migrate } from '#server/platform/migrate.ts'
import { newId } from '#server/platform/new-id.ts'
import { startEmbedded } from '#server/platform/postgres/embedded.ts'
import { programLogin } from '#server/platform/program-role.ts'
import { aServer } from './processes.ts'
import { startWatched, writeStatements } from './statements.ts'

export interface MeasuredParley {
  readonly url: string
  /** The program and its PostgreSQL. */
  readonly pids: readonly number[]
  readonly workspace: WorkspaceId
  /** The owner's address, for whoever asks by himself. */
  readonly ownerUrl: string
  /** As the owner, who sees every workspace. */
  ask<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>
  /** Signs a channel in over the API. */
  channel(connector: string, settings: Record<string, unknown>): Promise<string>
  /** So many agents; those that are there are used again. @returns the cookie of a fresh session of each */
  members(count: number): Promise<string[]>
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
  /** A data folder that stays; without it one is made and removed. */
  readonly folder?: string
  /** As after so many months: empty ones of the past lie beside those that are there from the start. */
  readonly months?: number
}

export async function aParley({
  echo,
  connectors,
  platform,
  folder: kept,
  months = 0,
}: ParleyOptions): Promise<MeasuredParley> {
  const folder = kept ?? (await mkdtemp(join(tmpdir(), 'parley-bench-')))
  const profile = process.env.BENCH_PROFILE
  if (profile) await mkdir(profile, { recursive: true })
  const postgres = profile ? await startWatched(folder) : await startEmbedded({ dataDir: folder })
  const { programUrl } = await migrate({ ownerUrl: postgres.url, login: await programLogin(folder, null) })
  const database = openDatabase({ url: programUrl, connections: 2 })
  const workspace = await theWorkspace(database)
  const { token } = await database.inWorkspace(workspace, (tx) =>
    createToken(tx, workspace, { name: 'bench', role: 'owner', expiresAt: null }),
  )
  const owner = new pg.Client(postgres.url)
  await owner.connect()
  await owner.query('set search_path = parley')
  if (months > 0) await owner.query(pastMonths(months))
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
  const ask: MeasuredParley['ask'] = async <Row extends pg.QueryResultRow>(text: string, values: unknown[] = []) =>
    (await owner.query<Row>(text, values)).rows
  return {
    url: server.url,
    pids: [server.pid, postgres.pid()],
    workspace,
    ownerUrl: postgres.url,
    ask,
    members: (count) => sessionsOf(database, workspace, count),
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
      if (profile) await writeStatements(owner, profile)
      if (profile) await ask('alter system reset all')
      await owner.end()
      await database.close()
      await server.stop()
      await postgres.stop()
      if (profile) await copyFile(join(folder, 'postgres/server.log'), join(profile, `plans-${server.pid}.log`))
      if (!kept) await rm(folder, { recursive: true, force: true })
    },
  }
}

/** As `make_partitions` makes them, which begins with last month. */
const pastMonths = (months: number) => `
  do $$ declare big text; ago int; month timestamptz; begin
    foreach big in array array['message', 'delivery'] loop
      for ago in 2..${months} loop
        month := date_trunc('month', now() at time zone 'utc') at time zone 'utc' - make_interval(months => ago);
        execute format('create table parley_parts.%I partition of %I for values from (%L) to (%L)', big || '_ago_' || ago, big,
          first_id_of(month), first_id_of(month + interval '1 month'));
      end loop;
    end loop;
  end $$`

async function theWorkspace(database: Database): Promise<WorkspaceId> {
  const known = await database.plumbing.selectFrom('workspace_directory').select('workspace_id').executeTakeFirst()
  if (known) return known.workspace_id as WorkspaceId
  const password = randomBytes(9).toString('hex')
  const owner = { name: 'Bench', email: 'bench@example.org', password, language: 'en' as const }
  return (await createWorkspace(database, 'Bench', owner)).workspace
}

/** All have one password: its hash costs a twentieth of a second. */
async function sessionsOf(database: Database, workspace: WorkspaceId, count: number): Promise<string[]> {
  const emailOf = (index: number) => `agent-${index}@example.org`
  const known = new Map(
    (await database.plumbing.selectFrom('account').select(['id', 'email']).execute()).map(({ id, email }) => [
      email,
      id as AccountId,
    ]),
  )
  const hash = await hashPassword(randomBytes(9).toString('hex'))
  const cookies: string[] = []
  for (let index = 0; index < count; index++) {
    const email = emailOf(index)
    const account = known.get(email) ?? newId<AccountId>()
    if (!known.has(email))
      await database.inWorkspace(workspace, async (tx) => {
        const name = `Agent ${index}`
        await insertAccount(tx, account, { name, email, language: 'en' }, hash)
        await insertMember(tx, workspace, { id: newId<MemberId>(), account, name, role: 'agent' })
      })
    const { secret } = await openSession(database, { account, workspace, address: '127.0.0.1', agent: 'bench' })
    cookies.push(`parley=${secret}`)
  }
  return cookies
}

/**
 * Brings the database to the form this program knows. Run by `parley migrate` and at every start, with the owner's address.
 *
 *   connect → PostgreSQL 15 or newer, durable → one at a time (advisory lock) → schemas, group role
 *   → each new file of server/migrations in one transaction → the program's own role → look at it through its own connection
 *
 * Files are numbered, go forward only and never change once they were applied: what was applied is recorded with its hash.
 * Tables are made in the schema `parley`; partitions go to `parley_parts`, which the program's role cannot enter, for row-level security
 * does not guard a partition that is read directly. Files grant rights to the group role `parley_program`.
 */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { connectionTo } from './connection.ts'
import { ensureProgramRole, GROUP, inspectProgramRole, type ProgramLogin } from './program-role.ts'
import { StartFailure } from './start-failure.ts'

export interface MigrateOptions {
  /** DATABASE_URL or the embedded server's: the role that owns the tables. */
  readonly ownerUrl: string
  readonly login: ProgramLogin
  /** Where the files are. */
  readonly folder?: string
  /** No file beyond this number: for loading rows that were taken from an older form. */
  readonly upTo?: number
  /** Told for each file that was applied. */
  readonly onApplied?: (file: string) => void
}

export interface Migrated {
  /** Files applied now, in order. */
  readonly applied: readonly string[]
  /** Where and as whom the program connects. */
  readonly programUrl: string
}

const FILES = fileURLToPath(new URL('../migrations', import.meta.url))
const LOCK = 7_274_616_801 // any number that nobody else takes

/** @throws StartFailure with one line: unreachable, too old, too new, not durable, not allowed, or a file that failed. */
export async function migrate({
  ownerUrl,
  login,
  folder = FILES,
  upTo = Infinity,
  onApplied,
}: MigrateOptions): Promise<Migrated> {
  const owner = await connectAsOwner(ownerUrl)
  try {
    await requireUsable(owner)
    await owner.query('select pg_advisory_lock($1)', [LOCK])
    await prepare(owner)
    const applied = await applyFiles(
      owner,
      (await readMigrations(folder)).filter(({ number }) => number <= upTo),
      onApplied,
    )
    const programUrl = await ensureProgramRole(owner, ownerUrl, login)
    await inspectProgramRole(programUrl)
    return { applied, programUrl }
  } finally {
    await owner.end().catch(() => {})
  }
}

async function connectAsOwner(url: string): Promise<pg.Client> {
  // A migration may take its time, and waiting for another process that migrates too.
  const client = new pg.Client({ ...connectionTo(url), query_timeout: 0, statement_timeout: 0 })
  client.on('error', () => {})
  try {
    await client.connect()
  } catch (error) {
    throw new StartFailure(
      `The database cannot be reached: ${reason(error)}. Look at DATABASE_URL (${withoutPassword(url)}) and at the server.`,
    )
  }
  return client
}

async function requireUsable(owner: pg.Client): Promise<void> {
  const { rows } = await owner.query<{ name: string; setting: string }>(
    `select name, setting from pg_settings
      where name in ('server_version_num', 'server_version', 'fsync', 'full_page_writes', 'synchronous_commit')`,
  )
  const settings = Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))
  if (Number(settings.server_version_num) < 150_000)
    throw new StartFailure(`The database is PostgreSQL ${settings.server_version}; Parley needs 15 or newer.`)
  for (const name of ['fsync', 'full_page_writes', 'synchronous_commit'])
    if (settings[name] === 'off')
      throw new StartFailure(
        `The database has ${name} = off: it could lose what Parley has promised to keep. Turn it on.`,
      )
}

async function prepare(owner: pg.Client): Promise<void> {
  try {
    await owner.query(`
      create schema if not exists parley;
      create schema if not exists parley_parts;
      create table if not exists parley.migration (
        number     integer primary key,
        file       text not null,
        hash       text not null,
        applied_at timestamptz not null default now()
      )`)
    // Roles belong to the whole server: another database's migration may be making it at this moment.
    await owner.query(`
      do $$ begin
        if to_regrole('${GROUP}') is null then create role ${GROUP} nologin; end if;
      exception when duplicate_object or unique_violation then null;
      end $$`)
    await owner.query(`grant usage on schema parley to ${GROUP}`)
  } catch (error) {
    throw new StartFailure(
      `The database's owner may not prepare it: ${reason(error)}. The role of DATABASE_URL needs CREATE on its database and CREATEROLE.`,
    )
  }
}

/** How far a database is, without changing it: for `parley doctor`. */
export async function migrationsWaiting(owner: pg.Client): Promise<{ waiting: number; newer: string | null }> {
  const files = await readMigrations(FILES)
  const { rows: there } = await owner.query<{ there: boolean }>(
    `select to_regclass('parley.migration') is not null as there`,
  )
  if (!there[0]!.there) return { waiting: files.length, newer: null }
  const { rows } = await owner.query<{ number: number; file: string }>('select number, file from parley.migration')
  const newer = rows.find(({ number }) => !files.some((file) => file.number === number))
  return {
    waiting: files.filter(({ number }) => !rows.some((row) => row.number === number)).length,
    newer: newer?.file ?? null,
  }
}

interface Migration {
  readonly number: number
  readonly file: string
  readonly text: string
  readonly hash: string
}

async function readMigrations(folder: string): Promise<Migration[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.sql')).toSorted()
  return Promise.all(
    files.map(async (file) => {
      // A checkout under Windows may have changed the line ends, not the meaning.
      const text = (await readFile(join(folder, file), 'utf8')).replaceAll('\r\n', '\n')
      return { number: Number.parseInt(file, 10), file, text, hash: createHash('sha256').update(text).digest('hex') }
    }),
  )
}

async function applyFiles(
  owner: pg.Client,
  files: Migration[],
  onApplied: MigrateOptions['onApplied'],
): Promise<string[]> {
  const { rows } = await owner.query<Pick<Migration, 'number' | 'file' | 'hash'>>(
    'select number, file, hash from parley.migration',
  )
  const recorded = new Map(rows.map((row) => [row.number, row]))
  const known = new Set(files.map(({ number }) => number))

  const newer = rows.find(({ number }) => !known.has(number))
  if (newer)
    throw new StartFailure(
      `The database is newer than this Parley: it knows the migration ${newer.file}. Start the version that made it, or a later one.`,
    )
  for (const { number, file, hash } of files) {
    const before = recorded.get(number)
    if (before && before.hash !== hash)
      throw new StartFailure(
        `The migration ${file} was changed after it had been applied. Restore the file as it was released.`,
      )
  }

  const waiting = files.filter(({ number }) => !recorded.has(number))
  for (const migration of waiting) {
    await applyFile(owner, migration)
    onApplied?.(migration.file)
  }
  return waiting.map(({ file }) => file)
}

async function applyFile(owner: pg.Client, { number, file, text, hash }: Migration): Promise<void> {
  await owner.query('begin')
  try {
    // A table that is in use makes us wait, and everybody queues behind us: better to fail and be started again.
    await owner.query(`set local search_path = parley; set local lock_timeout = '30s'`)
    await owner.query(text)
    await owner.query('insert into parley.migration (number, file, hash) values ($1, $2, $3)', [number, file, hash])
    await owner.query('commit')
  } catch (error) {
    await owner.query('rollback').catch(() => {})
    throw new StartFailure(
      `The migration ${file}${lineIn(text, error)} failed, and nothing of it was kept: ${reason(error)}.`,
    )
  }
}

function lineIn(text: string, error: unknown): string {
  const position = Number((error as { position?: string }).position)
  return position > 0 ? ` (line ${text.slice(0, position).split('\n').length})` : ''
}

function reason(error: unknown): string {
  if (error instanceof AggregateError) return reason(error.errors[0])
  return (error as Error).message || (error as { code?: string }).code || String(error)
}

function withoutPassword(url: string): string {
  return url.replace(/(:\/\/[^:@/]*):[^@]*@/, '$1:…@')
}

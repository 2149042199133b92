/**
 * The program's way to PostgreSQL, as the least-privilege role that `migrate` made.
 *
 * Row-level security is the wall between workspaces: what belongs to one is reached inside `inWorkspace` alone, which sets the workspace
 * for that transaction and no longer. `plumbing` and `transaction` set none, so a workspace's table refuses them with an error.
 * Transactions are short (PostgreSQL ends a statement after 5 s and an idle transaction after 10 s): the feed waits for the oldest.
 * How values arrive and why lists are arrays: connection.ts.
 */
import { sql, type Kysely, type RawBuilder, type Transaction } from 'kysely'
import pg from 'pg'
import type { WorkspaceId } from '#contract/ids.ts'
import { connectionTo, PreparingClient } from './connection.ts'
import { kyselyOver, transactionOver } from './dialect.ts'
import { isId } from './ids.ts'
import type { Tables } from './tables.ts'
import { isUnavailable } from './unavailable.ts'

export type Tx = Transaction<Tables>

export interface Database {
  /** One transaction in one workspace. Commits when `work` returns, rolls back when it throws. */
  inWorkspace<T>(workspace: WorkspaceId, work: (tx: Tx) => Promise<T>): Promise<T>
  /**
   * As `inWorkspace`, for the transactions that every message goes through: on a few connections of their own, whose statements are planned
   * once and by index. A plan that was made while the tables were small would read them whole, and is kept. Without a workspace: over several, one after the other, by `enterWorkspace`.
   */
  onMessagePath<T>(workspace: WorkspaceId | null, work: (tx: Tx) => Promise<T>): Promise<T>
  /**
   * Statements that need nothing of each other's answers, as one transaction on the message path: they leave together with BEGIN and
   * COMMIT, in one journey. @returns the rows of each
   */
  inOneJourney(workspace: WorkspaceId, statements: readonly RawBuilder<unknown>[]): Promise<unknown[][]>
  /**
   * One transaction in one workspace that only looks: the questions of open windows, and what they are told. On a few connections of their own,
   * planned once and by index as on the message path; its end is not waited for. Name months by bounds of ids (`ids >= …`): a kept plan leaves
   * out no partition by a list of ids. What reads whole tables or wants a bitmap, as search by words does, goes by `inWorkspace`.
   */
  look<T>(workspace: WorkspaceId, work: (tx: Tx) => Promise<T>): Promise<T>
  /** One transaction over plumbing, or over several workspaces one after the other: `enterWorkspace`. */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>
  /** Single statements over plumbing. */
  readonly plumbing: Kysely<Tables>
  /** A connection of one's own, for LISTEN and advisory locks. The caller listens for its `end` and ends it. */
  session(): Promise<pg.Client>
  /** Tells the listeners of all processes; `payload` below 8,000 bytes. */
  notify(channel: string, payload: string): Promise<void>
  /** The database's clock. */
  now(): Promise<Date>
  /** Waits for what runs and closes. */
  close(): Promise<void>
}

export interface DatabaseOptions {
  /** The program's address (`Migrated.programUrl`). */
  readonly url: string
  /** Connections at most. */
  readonly connections?: number
}

/** More at once would only wait for the same two or three rows' locks, and each keeps plans of its own. */
const PATH_CONNECTIONS = 8
/** A connection's first look at tables of many months costs a dozen of its later ones: few that are warm beat many. */
const LOOKING_CONNECTIONS = 4

/**
 * Every look of these connections is one into an index, so that no plan depends on what the tables held when it was made. What is looked up
 * once is not remembered either: a table of it for each look-up costs more than the look-up.
 */
const PLANNED_BY_INDEX = `set plan_cache_mode = force_generic_plan; set enable_seqscan = off; set enable_bitmapscan = off;
  set enable_hashjoin = off; set enable_mergejoin = off; set enable_memoize = off; set jit = off`

export function openDatabase({ url, connections = 20 }: DatabaseOptions): Database {
  /** Why a connection was cut while nothing was asked of it: the next statement hears only that it is gone. */
  const cuts = new WeakMap<pg.PoolClient, Error>()
  const poolOf = (max: number, idleTimeoutMillis = 30_000) => {
    const pool = new pg.Pool({
      ...connectionTo(url),
      Client: PreparingClient,
      // Statements of a transaction that are given together travel together.
      pipeline: true,
      max,
      idleTimeoutMillis,
    } as pg.PoolConfig)
    // A connection that breaks fails its statement, or is replaced at the next; the event alone would end the process.
    pool.on('connect', (client) => client.on('error', (error) => cuts.has(client) || cuts.set(client, error)))
    pool.on('error', () => {})
    return pool
  }
  const pool = poolOf(connections)
  const path = poolOf(Math.min(PATH_CONNECTIONS, connections))
  // Kept over a quiet quarter of an hour, so that whoever comes back to the window finds it quick.
  const looking = poolOf(Math.min(LOOKING_CONNECTIONS, connections), 900_000)
  /** Connections that plan by index already. */
  const planned = new WeakSet<pg.PoolClient>()
  const plumbing = kyselyOver<Tables>(pool)

  async function connect(from: pg.Pool): Promise<pg.PoolClient> {
    const client = await from.connect()
    if (from !== pool && !planned.has(client)) {
      // Travels with what follows; whatever fails it fails that too.
      client.query(PLANNED_BY_INDEX).catch(() => {})
      planned.add(client)
    }
    return client
  }

  async function inOneJourney(
    workspace: WorkspaceId,
    statements: readonly RawBuilder<unknown>[],
  ): Promise<unknown[][]> {
    const asked = statements.map((statement) => statement.compile(plumbing))
    const client = await connect(path)
    let broken = true
    try {
      const begun = client.query(`begin; ${entering(workspace)}`)
      const answers = asked.map(({ sql: text, parameters }) => client.query(text, parameters as unknown[]))
      const ended = client.query('commit')
      // The first to fail says why; what came behind it only says that the transaction had failed.
      const told = await Promise.allSettled([begun, ...answers, ended])
      broken = told.at(-1)!.status === 'rejected'
      for (const each of told) if (each.status === 'rejected') throw each.reason
      return (await Promise.all(answers)).map(({ rows }) => rows as unknown[])
    } finally {
      client.release(broken)
    }
  }

  async function look<T>(workspace: WorkspaceId, work: (tx: Tx) => Promise<T>): Promise<T> {
    const begin = `begin read only; ${entering(workspace)}`
    const client = await connect(looking)
    const begun = client.query(begin)
    begun.catch(() => {})
    try {
      const result = await work(transactionOver<Tables>(client))
      await begun
      return result
    } finally {
      client.query('commit').then(
        () => client.release(),
        () => client.release(true),
      )
    }
  }

  async function transaction<T>(from: pg.Pool, begin: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    const client = await connect(from)
    let broken = true
    let isCommitting = false
    try {
      // Travels with the first statement. Nothing but a broken connection fails it, and that fails what follows too.
      const begun = client.query(begin)
      begun.catch(() => {})
      const tx = transactionOver<Tables>(client)
      const result = await work(tx).catch(async (error: unknown) => {
        // A failed rollback must not hide why; the connection is then thrown away.
        broken = await client.query('rollback').then(
          () => false,
          () => true,
        )
        throw error
      })
      await begun
      isCommitting = true
      const { command } = await client.query('commit')
      broken = false
      // PostgreSQL answers so when a statement failed and `work` swallowed the error.
      if (command === 'ROLLBACK') throw new Error('the transaction was rolled back: one of its statements had failed')
      return result
    } catch (error) {
      const why = isUnavailable(error) ? (cuts.get(client) ?? error) : error
      if (isCommitting && isUnavailable(error)) unsure.add(why as Error)
      throw why
    } finally {
      client.release(broken)
    }
  }

  return {
    inWorkspace: async (workspace, work) => transaction(pool, `begin; ${entering(workspace)}`, work),
    onMessagePath: async (workspace, work) =>
      transaction(path, workspace === null ? 'begin' : `begin; ${entering(workspace)}`, work),
    inOneJourney,
    look,
    transaction: (work) => transaction(pool, 'begin', work),
    plumbing,
    session: async () => {
      // Whoever shares it may ask before another's answer has come.
      const client = new PreparingClient({ ...connectionTo(url), pipeline: true } as pg.ClientConfig)
      client.on('error', () => {})
      await client.connect()
      return client
    },
    notify: async (channel, payload) => {
      await pool.query('select pg_notify($1, $2)', [channel, payload])
    },
    now: async () => {
      const { rows } = await pool.query<{ now: Date }>('select clock_timestamp() as now')
      return rows[0]!.now
    },
    close: async () => void (await Promise.all([pool.end(), path.end(), looking.end()])),
  }
}

/** Errors of a COMMIT whose answer never came: what it would have made may be there. */
const unsure = new WeakSet<object>()

/** Whether what failed so may have happened all the same. */
export const mayHaveHappened = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && unsure.has(error)

/** Sets, or changes, the workspace of a transaction: until its end, or the next call. */
export async function enterWorkspace(tx: Tx, workspace: WorkspaceId): Promise<void> {
  await sql`select set_config('parley.workspace', ${workspace}, true)`.execute(tx)
}

/** Goes with `begin` in one message, which takes no values: hence the proof that it is a UUID and nothing else. */
function entering(workspace: WorkspaceId): string {
  if (!isId(workspace)) throw new TypeError('a workspace is named by its UUID')
  return `set local parley.workspace = '${workspace}'`
}

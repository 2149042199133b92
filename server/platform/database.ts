/**
 * The program's way to PostgreSQL, as the least-privilege role that `migrate` made.
 *
 * Row-level security is the wall between workspaces: what belongs to one is reached inside `inWorkspace` alone, which sets the workspace
 * for that transaction and no longer. `plumbing` and `transaction` set none, so a workspace's table refuses them with an error.
 * Transactions are short (PostgreSQL ends a statement after 5 s and an idle transaction after 10 s): the feed waits for the oldest.
 * How values arrive and why lists are arrays: connection.ts.
 */
import { sql, type Kysely, type Transaction } from 'kysely'
import pg from 'pg'
import type { WorkspaceId } from '#contract/ids.ts'
import { connectionTo, PreparingClient } from './connection.ts'
import { kyselyOver, transactionOver } from './dialect.ts'
import type { Tables } from './tables.ts'

export type Tx = Transaction<Tables>

export interface Database {
  /** One transaction in one workspace. Commits when `work` returns, rolls back when it throws. */
  inWorkspace<T>(workspace: WorkspaceId, work: (tx: Tx) => Promise<T>): Promise<T>
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

export function openDatabase({ url, connections = 20 }: DatabaseOptions): Database {
  const pool = new pg.Pool({
    ...connectionTo(url),
    Client: PreparingClient,
    max: connections,
    idleTimeoutMillis: 30_000,
  })
  // A connection that breaks fails its statement, or is replaced at the next; the event alone would end the process.
  pool.on('connect', (client) => client.on('error', () => {}))
  pool.on('error', () => {})

  async function transaction<T>(begin: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    const client = await pool.connect()
    let broken = true
    try {
      await client.query(begin)
      const tx = transactionOver<Tables>(client)
      const result = await work(tx).catch(async (error: unknown) => {
        // A failed rollback must not hide why; the connection is then thrown away.
        broken = await client.query('rollback').then(
          () => false,
          () => true,
        )
        throw error
      })
      const { command } = await client.query('commit')
      broken = false
      // PostgreSQL answers so when a statement failed and `work` swallowed the error.
      if (command === 'ROLLBACK') throw new Error('the transaction was rolled back: one of its statements had failed')
      return result
    } finally {
      client.release(broken)
    }
  }

  return {
    inWorkspace: async (workspace, work) => transaction(`begin; ${entering(workspace)}`, work),
    transaction: (work) => transaction('begin', work),
    plumbing: kyselyOver<Tables>(pool),
    session: async () => {
      const client = new PreparingClient(connectionTo(url))
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
    close: () => pool.end(),
  }
}

/** Sets, or changes, the workspace of a transaction: until its end, or the next call. */
export async function enterWorkspace(tx: Tx, workspace: WorkspaceId): Promise<void> {
  await sql`select set_config('parley.workspace', ${workspace}, true)`.execute(tx)
}

/** Goes with `begin` in one message, which takes no values: hence the proof that it is a UUID and nothing else. */
function entering(workspace: WorkspaceId): string {
  if (!UUID.test(workspace)) throw new TypeError('a workspace is named by its UUID')
  return `set local parley.workspace = '${workspace}'`
}
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

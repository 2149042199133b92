/**
 * How Parley speaks to PostgreSQL: every statement with values is prepared once per connection and named by its text, so the hot paths
 * send a name and values. Write lists as one array (`= any($1)`, `unnest($1::uuid[], …)`), never as a growing row of placeholders:
 * each length would be another statement.
 *
 * How values arrive:
 *   int8         number; beyond 2^53 reading throws. A hash over all 64 bits (`lane`) is read as text: `lane::text`
 *   timestamptz  Date, which ends at milliseconds. A place in an order (`placed`) that must keep its microseconds is read as text.
 *                'infinity' arrives as the number Infinity
 *   date         text, for it has no zone
 *   xid8, numeric, tsvector  text
 *   bytea Buffer · jsonb parsed · arrays as arrays
 */
import { createHash } from 'node:crypto'
import type { Socket } from 'node:net'
import pg from 'pg'

const parsers = new Map<number, (text: string) => unknown>()
const { INT8, DATE } = pg.types.builtins
const INT8_ARRAY = 1016 as never // pg knows how to read it but does not list it
const parseArray = pg.types.getTypeParser(INT8_ARRAY) as (text: string) => string[]
parsers.set(INT8, safeNumber)
parsers.set(INT8_ARRAY, (text) => parseArray(text).map(safeNumber))
parsers.set(DATE, (text) => text)

function safeNumber(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError(`int8 ${text} is beyond 2^53: read it as text (column::text)`)
  return value
}

const types = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    (format !== 'binary' && parsers.get(oid)) ||
    pg.types.getTypeParser(oid, format as 'text')) as typeof pg.types.getTypeParser,
}

/** For a pool, or for a connection of one's own. */
export const connectionTo = (url: string): pg.ClientConfig => ({
  connectionString: url,
  application_name: 'parley',
  types,
  keepAlive: true,
  connectionTimeoutMillis: 5_000,
  // The server ends a statement after 5 s; this is for a server that does not answer at all.
  query_timeout: 20_000,
})

/** More texts than this are a sign of lists written as placeholders; they run unnamed, so that no server's memory is filled. */
const MOST_STATEMENTS = 2_000
const names = new Map<string, string>()

function nameOf(text: string): string | undefined {
  let name = names.get(text)
  if (name === undefined && names.size < MOST_STATEMENTS) {
    name = createHash('sha256').update(text).digest('base64url').slice(0, 22)
    names.set(text, name)
  }
  return name
}

let sent = 0
/** Statements sent by this process so far, for the metric "statements per message". */
export const statementsSent = (): number => sent

/** A client whose statements with values are prepared and named. */
export class PreparingClient extends pg.Client {
  #generation = 0
  #gathers = false

  /** What is asked in one turn of the event loop leaves in one write: a system call costs more than a statement's bytes. */
  #gather(): void {
    if (this.#gathers) return
    const { stream } = (this as unknown as { connection: { stream: Socket } }).connection
    if (stream.connecting) return
    this.#gathers = true
    stream.cork()
    process.nextTick(() => {
      this.#gathers = false
      stream.uncork()
    })
  }

  // One signature for pg's many: what Parley and its pool call is (text), (text, values) and pg's own objects.
  override query(first: unknown, values?: unknown, callback?: unknown): never {
    sent++
    this.#gather()
    const call = super.query.bind(this) as (...args: unknown[]) => unknown
    if (typeof first !== 'string' || !Array.isArray(values) || values.length === 0)
      return call(first, values, callback) as never
    const name = nameOf(first)
    if (name === undefined) return call(first, values, callback) as never
    const done = call(
      { name: this.#generation === 0 ? name : `${name}.${this.#generation}`, text: first, values },
      callback,
    )
    if (!(done instanceof Promise)) return done as never
    return done.catch((error: { code?: string; routine?: string }) => {
      // A migration beside us changed a table: what this connection has prepared is void, under new names it is prepared again.
      if (error.code === '0A000' && error.routine === 'RevalidateCachedQuery') this.#generation++
      throw error
    }) as never
  }
}

/** Whether an error says that the database or the disk is away, full or shutting down, and not that the statement was wrong. */

/**
 * True: try again later; HTTP answers 503 with Retry-After. A COMMIT that failed so may have happened.
 * False: the same statement will fail again.
 */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isUnavailable)
  if (!(error instanceof Error)) return false
  const { code } = error as { code?: unknown }
  if (typeof code === 'string') return CODES.has(code) || CLASSES.has(code.slice(0, 2))
  return SENTENCES.has(error.message)
}

/** Whether others were in the way at that moment, and nothing was done: asked again, the same may go well. */
export const isCrowdedOut = (error: unknown): boolean => isOutOfTurn(error) || codeOf(error) === TOO_LONG

/** Likewise, and it was no fault of the statement's own: it may not have taken too long. */
export const isOutOfTurn = (error: unknown): boolean => OUT_OF_TURN.has(codeOf(error))

/** The connection was taken from a transaction in which nothing was asked for too long. */
export const wasCutWhileIdle = (error: unknown): boolean => codeOf(error) === CUT_WHILE_IDLE

const codeOf = (error: unknown): string => (error instanceof Error && (error as { code?: string }).code) || ''

const OUT_OF_TURN = new Set([
  '40001', // serialization
  '40P01', // deadlock
  '55P03', // a lock was not to be had
])
const TOO_LONG = '57014'
const CUT_WHILE_IDLE = '25P03'

/** Classes of SQLSTATE (https://www.postgresql.org/docs/18/errcodes-appendix.html). */
const CLASSES = new Set([
  '08', // connection
  '53', // disk full, out of memory, too many connections
])

const CODES = new Set([
  '57P01', // ended by an administrator
  '57P02', // crash of another process
  '57P03', // starting up, shutting down
  '57P05', // idle for too long
  CUT_WHILE_IDLE,
  '25006', // read only: a failover is under way
  '58030', // input or output failed
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EADDRNOTAVAIL',
  'ENOSPC',
  'EDQUOT',
  'EROFS',
  'EIO',
  'EMFILE',
  'ENFILE',
])

/** What `pg` and `pg-pool` say without a code; a test makes each of them say it. */
const SENTENCES = new Set([
  'Connection terminated',
  'Connection terminated unexpectedly',
  'Connection terminated due to connection timeout',
  'timeout exceeded when trying to connect',
  'timeout expired',
  'Query read timeout',
  'Client has encountered a connection error and is not queryable',
  'Client was closed and is not queryable',
  'Cannot use a pool after calling end on the pool', // we are stopping
])

/**
 * Says in the log when the database is lost and when it is back, once each: whoever runs Parley beside a PostgreSQL of their own finds
 * the reason there and not only behind `/readyz`. Nothing here mends anything; connections come back by themselves.
 */
import type { Clock } from './clock.ts'
import type { Log } from './log.ts'

/** A database that comes and goes writes no more lines than two in this time. */
const QUIET_MS = 60_000

export interface LossNoticing {
  readonly log: Log
  readonly clock: Pick<Clock, 'monotonicMs'>
  /** `host:port`; null: the PostgreSQL that Parley brings, which it starts again by itself. */
  readonly place: string | null
}

/** @returns passes a question to the database through, and notices how it ended */
export function noticeLoss({ log, clock, place }: LossNoticing): <T>(asked: Promise<T>) => Promise<T> {
  let lostAt: number | null = null
  let isTold = false
  let toldAt = -Infinity

  function lost(error: unknown): void {
    const now = clock.monotonicMs()
    lostAt ??= now
    if (isTold || now - toldAt < QUIET_MS) return
    isTold = true
    toldAt = now
    log.error(
      { ...(place ? { place } : {}), error: error instanceof Error ? error.message : String(error) },
      place
        ? 'the database is lost: requests are answered with 503 and nothing is sent until it is back. ' +
            `Look whether PostgreSQL runs at ${place} and lets Parley in; Parley goes on by itself, without a restart`
        : 'the database is lost: requests are answered with 503 and nothing is sent until it is back. ' +
            'Parley starts its PostgreSQL again by itself; if it does not come back, look at postgres/server.log in the data folder',
    )
  }

  function answered(): void {
    if (lostAt === null) return
    if (isTold)
      log.warn(
        { awaySeconds: Math.round((clock.monotonicMs() - lostAt) / 1000) },
        'the database is back: Parley goes on',
      )
    lostAt = null
    isTold = false
  }

  return async (asked) => {
    try {
      const answer = await asked
      answered()
      return answer
    } catch (error) {
      lost(error)
      throw error
    }
  }
}

/** `host:port` of a `DATABASE_URL`, without who signs in there. */
export function placeOf(databaseUrl: string): string {
  if (!URL.canParse(databaseUrl)) return 'DATABASE_URL'
  const { hostname, port, searchParams } = new URL(databaseUrl)
  // `postgres:///parley?host=/run/postgresql`
  return hostname === '' ? (searchParams.get('host') ?? 'DATABASE_URL') : `${hostname}:${port || 5432}`
}

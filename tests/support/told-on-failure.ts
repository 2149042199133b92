/**
 * What a whole Parley was doing when a test on it failed: a stall on somebody else's machine is seen once and must tell why.
 * A set-up file of the projects whose tests drive whole programs.
 */
import { afterEach } from 'vitest'
import type { TestDatabase } from './database.ts'

const MOST_LINES = 40

const LOOKS = {
  'events that wait':
    'select pos, lane, state, tries, error_code, ready_at, changed_at from inbound_work order by pos limit 20',
  'deliveries that wait':
    'select state, count(*)::int, min(dispatched_at) as "first in flight" from delivery_work group by state',
  channels: 'select name, connector, state, reason, since from channel',
  leases: 'select name, holder, epoch, beat from lease',
  'the whole server': `select datname, state, wait_event_type, wait_event, now() - xact_start as "in transaction", left(query, 120) as query
                         from pg_stat_activity where backend_type = 'client backend' and (state <> 'idle' or wait_event_type <> 'Client')`,
  connections: 'select datname, count(*)::int from pg_stat_activity group by datname',
}

const watched: { test: TestDatabase; lines: readonly string[]; told: number }[] = []

/** @param lines  its log, which goes on growing */
export const watch = (test: TestDatabase, lines: readonly string[]): void => void watched.push({ test, lines, told: 0 })

// At the top of a set-up file: a hook that is asked for inside `beforeAll` would never be called.
afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return
  for (const each of watched) {
    const fresh = each.lines.slice(each.told).filter((line) => !/"level":"(trace|debug|info)"/.test(line))
    each.told = each.lines.length
    const found = Object.entries(LOOKS).map(async ([what, statement]) => [
      what,
      await each.test.asOwner(statement).catch((error: unknown) => String(error)),
    ])
    console.error(
      `when "${task.name}" failed\n${fresh.slice(-MOST_LINES).join('')}`,
      Object.fromEntries(await Promise.all(found)),
    )
  }
})

/**
 * How often somebody may try: per account and address (/64 for IPv6), per address, per account, and overall. Rows, so that it holds over
 * processes and restarts.
 */
import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { Database } from '#server/platform/database.ts'
import { networkOf } from '#server/platform/network-of.ts'
import { Refused } from '#server/platform/problem.ts'

const WINDOW_MINUTES = 15
/** One stranger shuts out himself and nobody else: what closes an account or all of them takes many addresses. */
const MOST = { pair: 10, address: 30, account: 100, overall: 5_000 } as const

interface Tried {
  account?: string
  address: string
}

/** Counts a try. @throws Refused `too_many` with the seconds to wait */
export async function countTry(database: Database, what: string, who: Tried): Promise<void> {
  for (const [kind, key] of counters(what, who)) {
    const { rows } = await sql<{ hits: number; seconds: number }>`
      insert into throttle (key, hits, resets_at) values (${key}, 1, now() + ${WINDOW_MINUTES} * interval '1 minute')
      on conflict (key) do update set hits = case when throttle.resets_at < now() then 1 else throttle.hits + 1 end,
         resets_at = case when throttle.resets_at < now() then excluded.resets_at else throttle.resets_at end
      returning hits, ceil(extract(epoch from resets_at - now()))::int as seconds`.execute(database.plumbing)
    const { hits, seconds } = rows[0]!
    if (hits > MOST[kind]) throw new Refused('too_many', { values: { seconds } })
  }
}

/**
 * A try that was right costs nothing: it is taken back wherever it was counted, and nothing besides. An office behind one address signs in as
 * often as it likes, and whoever guesses from there gains nothing by signing in to an account of his own.
 */
export async function giveBack(database: Database, what: string, who: Tried): Promise<void> {
  // One after the other: two who give back at once would wait for each other's rows.
  for (const [, key] of counters(what, who))
    await sql`update throttle set hits = hits - 1 where key = ${key} and hits > 0`.execute(database.plumbing)
}

/** A success forgives the account its slips at this address, too. */
export async function forgive(
  database: Database,
  what: string,
  who: { account: string; address: string },
): Promise<void> {
  await giveBack(database, what, who)
  const key = pairKey(what, who.account, networkOf(who.address))
  await sql`delete from throttle where key = ${key}`.execute(database.plumbing)
}

function counters(what: string, who: Tried): (readonly [keyof typeof MOST, Buffer])[] {
  const address = networkOf(who.address)
  return [
    ...(who.account === undefined
      ? []
      : ([
          ['pair', pairKey(what, who.account, address)],
          ['account', keyOf(what, 'account', who.account.toLowerCase())],
        ] as const)),
    ['address', keyOf(what, 'address', address)],
    ['overall', keyOf(what, 'overall', '')],
  ]
}

const keyOf = (what: string, kind: keyof typeof MOST, value: string): Buffer =>
  createHash('sha256').update(`${what} ${kind} ${value}`).digest()

const pairKey = (what: string, account: string, address: string): Buffer =>
  keyOf(what, 'pair', `${account.toLowerCase()} ${address}`)

/** How often somebody may try: per account, per address (/64 for IPv6) and overall. Rows, so that it holds over processes and restarts. */
import { createHash } from 'node:crypto'
import ipaddr from 'ipaddr.js'
import { sql } from 'kysely'
import type { Database } from '#server/platform/database.ts'
import { Refused } from '#server/platform/problem.ts'

const LIMITS = { account: [10, 15], address: [30, 15], overall: [500, 15] } as const

/** Counts a try. @throws Refused `too_many` with the seconds to wait */
export async function countTry(
  database: Database,
  what: string,
  who: { account?: string; address: string },
): Promise<void> {
  const keys: [keyof typeof LIMITS, string][] = [
    ...(who.account ? [['account', who.account.toLowerCase()] as ['account', string]] : []),
    ['address', networkOf(who.address)],
    ['overall', ''],
  ]
  for (const [kind, value] of keys) {
    const [most, minutes] = LIMITS[kind]
    const key = createHash('sha256').update(`${what} ${kind} ${value}`).digest()
    const { rows } = await sql<{ hits: number }>`
      insert into throttle (key, hits, resets_at) values (${key}, 1, now() + ${minutes} * interval '1 minute')
      on conflict (key) do update set hits = case when throttle.resets_at < now() then 1 else throttle.hits + 1 end,
         resets_at = case when throttle.resets_at < now() then excluded.resets_at else throttle.resets_at end
      returning hits`.execute(database.plumbing)
    if (rows[0]!.hits > most) throw new Refused('too_many', { values: { seconds: minutes * 60 } })
  }
}

/** A success forgives the account its slips. */
export async function forgive(database: Database, what: string, account: string): Promise<void> {
  const key = createHash('sha256').update(`${what} account ${account.toLowerCase()}`).digest()
  await sql`delete from throttle where key = ${key}`.execute(database.plumbing)
}

/** One household of IPv6 has a /64. */
export function networkOf(address: string): string {
  if (!ipaddr.IPv6.isValid(address)) return address
  return ipaddr.IPv6.parse(address).parts.slice(0, 4).join(':')
}

/** After the fire: what was thanked for is in the journal, all of it is read, and what cannot be read says that its platform changed. */
import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Findings } from './verdict.ts'

type Query = <Row>(statement: string, values?: unknown[]) => Promise<Row[]>

const DRAIN_MS = 10 * 60_000

export async function judgeJournal(
  query: Query,
  channel: string,
  thanked: Set<string>,
  found: Findings,
): Promise<void> {
  const rows = await query<{ hash: string }>(
    `select encode(event_hash, 'hex') as hash from inbound_seen where channel_id = $1`,
    [channel],
  )
  const seen = new Set(rows.map(({ hash }) => hash))
  const lost = [...thanked].filter((key) => !seen.has(createHash('sha256').update(key).digest('hex')))
  for (const key of lost) found.blame(-1, `thanked for and not in the journal: ${JSON.stringify(key).slice(0, 200)}`)
  found.outcomes['journaled'] = seen.size

  const until = performance.now() + DRAIN_MS
  const waiting = async () =>
    Number(
      (
        await query<{ n: string }>('select count(*) as n from inbound_work where channel_id = $1 and state = 0', [
          channel,
        ])
      )[0]!.n,
    )
  while ((await waiting()) > 0) {
    if (performance.now() > until) {
      found.blame(-1, `${await waiting()} events are not read after ${DRAIN_MS / 60_000} min`)
      break
    }
    await delay(200)
  }
  const kept = await query<{ code: string; n: string }>(
    'select error_code as code, count(*) as n from inbound_work where channel_id = $1 and state = 2 group by 1',
    [channel],
  )
  for (const { code, n } of kept) {
    found.outcomes[`quarantined as ${code}`] = Number(n)
    if (code !== 'api_changed')
      found.blame(-1, `${n} events ended as ${code}: a reader let through what cannot be stored`)
  }
}

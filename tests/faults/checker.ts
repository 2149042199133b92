/**
 * Lays the three journals side by side: what customers said, what Parley holds, what platforms received. Whatever does not fit is a
 * finding; the invariants of the design are asked of the database by SQL.
 */
import pg from 'pg'
import type { Journal } from './journals.ts'

export interface Findings {
  readonly counts: Record<string, number>
  /** In words; empty is green. */
  readonly broken: string[]
}

/** What stands still so long will not move any more: longer than an orphaned send is left alone, and than a breaker's first probes. */
const STILL_MS = 90_000
const TOLD_EVERY_MS = 5_000

/**
 * Waits until nothing is on its way any more, for as long as it gets less.
 * @param told  hears every few seconds what still waits
 * @returns     null, or what stood still
 */
export async function settled(ownerUrl: string, told: (waiting: string) => void): Promise<string | null> {
  let fewest = Infinity
  let movedAt = performance.now()
  let toldAt = 0
  for (;;) {
    const waiting = await ask<Record<'events' | 'inputs' | 'sends', number>>(
      ownerUrl,
      `select (select count(*) from inbound_work where state = 0)::int as events,
              (select count(*) from conversation_input)::int as inputs, (select count(*) from delivery_work)::int as sends`,
    ).then(
      ([row]) => row!,
      () => null,
    )
    const now = performance.now()
    const words = waiting
      ? `${waiting.events} events, ${waiting.inputs} inputs, ${waiting.sends} sends`
      : 'the database is away'
    const left = waiting ? waiting.events + waiting.inputs + waiting.sends : Infinity
    if (left === 0) return null
    if (left < fewest) {
      fewest = left
      movedAt = now
    }
    if (now - movedAt > STILL_MS) return words
    if (now - toldAt > TOLD_EVERY_MS) {
      told(words)
      toldAt = now
    }
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
}

export async function check(
  ownerUrl: string,
  journals: readonly Journal[],
  channels: ReadonlyMap<string, string>,
): Promise<Findings> {
  const broken: string[] = []
  const counts: Record<string, number> = { said: 0, acknowledged: 0, received: 0, folded: 0, unconfirmed: 0, failed: 0 }
  for (const journal of journals) {
    const channel = channels.get(journal.account)!
    broken.push(...(await checkIn(ownerUrl, journal, channel, counts)))
    broken.push(...(await checkOut(ownerUrl, journal, channel, counts)))
  }
  broken.push(...(await checkInvariants(ownerUrl)))
  return { counts, broken }
}

// ---------------------------------------------------------------- in

/** 0 acknowledged lost, 0 doubled, 0 out of order. */
async function checkIn(
  ownerUrl: string,
  { account, said, acknowledged }: Journal,
  channel: string,
  counts: Record<string, number>,
): Promise<string[]> {
  const rows = await ask<{ chat: string; text: string; shown: string }>(
    ownerUrl,
    `select i.external_id as chat, m.content -> 'parts' -> 0 ->> 'text' as text,
            row_number() over (partition by m.shown_in order by m.placed, m.seq)::text as shown
       from message m join identity i using (workspace_id) where i.id = m.identity_id and m.channel_id = $1 and m.direction = 'in'
      order by m.conversation_id, m.seq`,
    [channel],
  )
  const quarantined = await ask<{ n: number }>(
    ownerUrl,
    'select count(*)::int as n from inbound_work where channel_id = $1 and state = 2',
    [channel],
  )
  const broken: string[] = []
  if (quarantined[0]!.n > 0) broken.push(`${account}: ${quarantined[0]!.n} sound events are in quarantine`)
  const stored = new Map<string, number>()
  const last = new Map<string, { n: number; shown: number }>()
  for (const { chat, text, shown } of rows) {
    stored.set(text, (stored.get(text) ?? 0) + 1)
    const n = Number(text.slice(text.lastIndexOf(' ')))
    const before = last.get(chat)
    if (before && before.n >= n) broken.push(`${account}: seq puts "${text}" behind ${before.n}`)
    if (before && before.shown >= Number(shown)) broken.push(`${account}: "${text}" is shown before ${before.n}`)
    last.set(chat, { n, shown: Number(shown) })
  }
  for (const { text, acknowledged: promised } of said) {
    const times = stored.get(text) ?? 0
    if (promised && times === 0) broken.push(`${account}: lost "${text}", which was acknowledged`)
    if (times > 1) broken.push(`${account}: "${text}" is stored ${times} times`)
  }
  counts.said! += said.length
  counts.acknowledged! += acknowledged
  return broken
}

// ---------------------------------------------------------------- out

/** 0 doubled, 0 out of order, nothing silent: what is not on the screen is called failed or unconfirmed, what is called sent is there. */
async function checkOut(
  ownerUrl: string,
  { account, received, folded }: Journal,
  channel: string,
  counts: Record<string, number>,
): Promise<string[]> {
  const broken: string[] = []
  const times = new Map<string, number>()
  const last = new Map<string, number>()
  for (const { chat, text } of received) {
    const seen = (times.get(text) ?? 0) + 1
    times.set(text, seen)
    if (seen > 1) broken.push(`${account}: "${text}" reached the customer ${seen} times`)
    const n = Number(text.slice(text.lastIndexOf(' ')))
    if (seen === 1 && (last.get(chat) ?? 0) >= n) broken.push(`${account}: "${text}" came behind ${last.get(chat)}`)
    last.set(chat, Math.max(last.get(chat) ?? 0, n))
  }
  const rows = await ask<{ text: string; state: string; reason: string | null }>(
    ownerUrl,
    `select m.content -> 'parts' -> 0 ->> 'text' as text, d.state, d.reason
       from delivery d join message m on m.workspace_id = d.workspace_id and m.id = d.message_id where d.channel_id = $1`,
    [channel],
  )
  for (const { text, state, reason } of rows) {
    const there = times.has(text)
    if (['sent', 'delivered', 'read'].includes(state)) {
      if (!there) broken.push(`${account}: "${text}" is called ${state} and never was`)
    } else if (state === 'failed') {
      counts.failed!++
      if (there) broken.push(`${account}: "${text}" is called failed and is there`)
      if (!reason) broken.push(`${account}: "${text}" failed without a reason`)
    } else if (state === 'unconfirmed') counts.unconfirmed!++
    else broken.push(`${account}: "${text}" was left ${state}`)
  }
  const ours = new Set(rows.map((row) => row.text))
  if (ours.size < rows.length) broken.push(`${account}: ${rows.length - ours.size} answers were written twice`)
  for (const text of times.keys())
    if (!ours.has(text)) broken.push(`${account}: "${text}" was received and Parley does not know it`)
  counts.received! += received.length
  counts.folded! += folded
  return broken
}

// ---------------------------------------------------------------- invariants

/** Each names rows that must not be. */
const INVARIANTS: Record<string, string> = {
  'seq has a gap': `
    select conversation_id from message group by conversation_id having count(*) <> max(seq) or min(seq) <> 1 or count(distinct seq) <> count(*)`,
  'a conversation counts another last seq': `
    select c.id from conversation c where c.last_seq <> (select coalesce(max(seq), 0) from message m where m.workspace_id = c.workspace_id and m.conversation_id = c.id)`,
  'an incoming message got no answer, or several': `
    select conversation_id, content -> 'parts' -> 0 ->> 'text' from message group by 1, 2
     having count(*) filter (where direction = 'in') <> 1 or count(*) filter (where direction = 'out') <> 1`,
  'a delivery neither ended nor waits': `
    select d.id from delivery d where d.state in ('queued', 'sending')
      and not exists (select from delivery_work w where w.workspace_id = d.workspace_id and w.delivery_id = d.id)`,
  'an ended delivery still waits': `
    select d.id from delivery d join delivery_work w on w.workspace_id = d.workspace_id and w.delivery_id = d.id
     where d.state in ('sent', 'delivered', 'read', 'failed', 'unconfirmed')`,
  'a message was not announced exactly once': `
    select m.id from message m left join feed f on f.workspace_id = m.workspace_id and f.subject = m.id and f.kind = 'message.added'
     group by m.id having count(f.pos) <> 1`,
  'a message without its conversation, a delivery without its message': `
    select m.id from message m left join conversation c on c.workspace_id = m.workspace_id and c.id = m.conversation_id where c.id is null
    union all select d.id from delivery d left join message m on m.workspace_id = d.workspace_id and m.id = d.message_id where m.id is null`,
  'a name waits and nothing is parked on it': `
    select 1 from message_ref where message_id is null and not exists (select from inbound_work w where w.state = 1)`,
  'failed deliveries are counted wrong': `
    select c.id from conversation c where c.failed <> (select count(*) from delivery d where d.workspace_id = c.workspace_id
      and d.conversation_id = c.id and d.state in ('failed', 'unconfirmed') and not d.settled)`,
}

async function checkInvariants(ownerUrl: string): Promise<string[]> {
  const broken: string[] = []
  for (const [words, question] of Object.entries(INVARIANTS)) {
    const [row] = await ask<{ n: number }>(ownerUrl, `select count(*)::int as n from (${question}) as found`)
    if (row!.n > 0) broken.push(`${words}: ${row!.n} times`)
  }
  return broken
}

async function ask<Row extends pg.QueryResultRow>(url: string, text: string, values: unknown[] = []): Promise<Row[]> {
  const client = new pg.Client(url)
  client.on('error', () => {})
  await client.connect()
  try {
    await client.query('set search_path = parley')
    return (await client.query<Row>(text, values)).rows
  } finally {
    await client.end()
  }
}

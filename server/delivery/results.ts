/** Records what came of attempts, in sets. A verdict counts as long as its row still carries the epoch of that attempt. */
import { sql } from 'kysely'
import type { ChannelId, DeliveryId, IdentityId, MessageId, WorkspaceId } from '#contract/ids.ts'
import type { DeliveryState } from '#contract/message/delivery-state.ts'
import { verdictOf } from '#contract/message/send-errors.ts'
import { followMove, recordReach } from '#server/contacts/identities.ts'
import { refKey } from '#server/conversations/told.ts'
import { wakeParked } from '#server/conversations/write.ts'
import { announce, type Announcement } from '#server/feed/feed.ts'
import type { Tx } from '#server/platform/database.ts'
import { inMonths } from '#server/platform/partitions.ts'
import { endFollowers } from './followers.ts'
import type { Dispatch, WorkRow } from './sender.sql.ts'
import { countFailures } from './trouble.ts'
import { stateAfterAttempt, type Came } from './state-after-attempt.ts'
import type { Verdict } from './verdict.ts'

/** `unmark`: nothing left, or (`doubtful`) may have, where a repeat is folded; back to the queue. */
export type Outcome = Verdict | { is: 'unmark'; doubtful?: true }

export interface Result {
  readonly row: WorkRow
  readonly dispatch: Dispatch
  /** Of the attempt; null: recorded by a new owner, who holds the row's lock. */
  readonly epoch: number | null
  readonly outcome: Outcome
  readonly applied: unknown[]
  /** Into how many ops `fit` cut it. */
  readonly pieces: number
}

/** @returns whether the feed was told */
export async function recordResults(tx: Tx, workspace: WorkspaceId, given: readonly Result[]): Promise<boolean> {
  const results = await stillOurs(tx, workspace, given)
  if (results.length === 0) return false
  const news = results.filter((r) => r.outcome.is !== 'unmark').map((r) => r.dispatch.message)
  // Four tables, one answer: what these write does not depend on one another. Names before deliveries, as whoever reads reports takes them.
  const [, , before] = await Promise.all([
    nameSent(tx, workspace, results),
    moveWork(tx, workspace, results),
    lockDeliveries(tx, workspace, results),
    announce(
      tx,
      workspace,
      news.map((subject): Announcement => ({ kind: 'message.changed', subject })),
    ),
  ])
  const moved = await changeDeliveries(tx, workspace, results, before)
  await noteChats(tx, workspace, results)
  await announce(tx, workspace, await countFailures(tx, workspace, moved))
  await endFollowers(
    tx,
    workspace,
    results.flatMap((r) => (r.outcome.is === 'failed' && r.dispatch.op === 'message' ? [r.row.delivery] : [])),
  )
  await endFollowers(
    tx,
    workspace,
    results.flatMap((r) => (r.outcome.is === 'unconfirmed' && r.dispatch.op === 'message' ? [r.row.delivery] : [])),
    'unconfirmed',
  )
  await markIdentities(tx, workspace, results)
  await takeBack(tx, workspace, results)
  return news.length > 0
}

/** With the time of their mark, which the delivery learns with its result. */
type Ours = Result & { readonly dispatchedAt: Date | null }

async function stillOurs(tx: Tx, workspace: WorkspaceId, results: readonly Result[]): Promise<Ours[]> {
  if (results.length === 0) return []
  const { rows } = await sql<{ pos: number; epoch: number | null; dispatchedAt: Date | null }>`
    select pos, epoch, dispatched_at as "dispatchedAt" from delivery_work
     where workspace_id = ${workspace} and pos = any (${results.map((r) => r.row.pos)}::bigint[])
     order by pos for update`.execute(tx)
  const work = new Map(rows.map((row) => [row.pos, row]))
  return results.flatMap((r) => {
    const row = work.get(r.row.pos)
    return row && (r.epoch === null || row.epoch === r.epoch) ? [{ ...r, dispatchedAt: row.dispatchedAt }] : []
  })
}

/** The platform's ids become names of the message, in the transaction that calls it sent. Whoever spoke of them early wakes up. */
async function nameSent(tx: Tx, workspace: WorkspaceId, results: readonly Result[]): Promise<void> {
  const told = results.flatMap((result) => {
    if (result.outcome.is !== 'sent' || result.dispatch.op !== 'message') return []
    const { dispatch, row } = result
    const chat = result.outcome.sent.chat ?? dispatch.chat ?? dispatch.externalId
    return result.outcome.sent.ids.map((id) => ({
      channel: row.channel,
      chat,
      id,
      message: dispatch.message,
      delivery: row.delivery,
      piece: row.piece,
      identity: dispatch.identity,
    }))
  })
  // Sorted, as whoever else writes names does: two that lock in their own order wait for each other.
  const names = told.toSorted((a, b) => (refKey(a) < refKey(b) ? -1 : 1))
  if (names.length === 0) return
  await Promise.all([
    sql`
      insert into message_ref (workspace_id, channel_id, chat, external_id, message_id, delivery_id, piece, direction, identity_id)
      select ${workspace}, c, h, i, m, d, p, 'out', y
        from unnest(${names.map((n) => n.channel)}::uuid[], ${names.map((n) => n.chat)}::text[], ${names.map((n) => n.id)}::text[], ${names.map((n) => n.message)}::uuid[],
                    ${names.map((n) => n.delivery)}::uuid[], ${names.map((n) => n.piece)}::smallint[], ${names.map((n) => n.identity)}::uuid[]) as n (c, h, i, m, d, p, y)
      on conflict (workspace_id, channel_id, chat, external_id) do update
         set message_id = excluded.message_id, delivery_id = excluded.delivery_id, piece = excluded.piece, direction = 'out', identity_id = excluded.identity_id
       where message_ref.message_id is null or message_ref.message_id = excluded.message_id`.execute(tx),
    wakeParked(tx, workspace, names),
  ])
}

/** Where an answer named the chat, or the chat it moved to, the road keeps it. */
async function noteChats(tx: Tx, workspace: WorkspaceId, results: readonly Result[]): Promise<void> {
  const opened = results.flatMap((r) =>
    r.outcome.is === 'sent' && r.outcome.sent.chat
      ? [{ ...r.row, identity: r.dispatch.identity, chat: r.outcome.sent.chat }]
      : [],
  )
  const moved = results.flatMap(({ outcome, dispatch, row }) =>
    outcome.is === 'again' && outcome.code === 'moved' && outcome.details.to
      ? [{ ...row, identity: dispatch.identity, from: dispatch.chat ?? dispatch.externalId, chat: outcome.details.to }]
      : [],
  )
  for (const { channel, from, chat: to } of moved) await followMove(tx, workspace, { channel, from, to })
  for (const each of [...opened, ...moved]) await writeChat(tx, workspace, each.identity, each.channel, each.chat)
}

async function writeChat(
  tx: Tx,
  workspace: WorkspaceId,
  identity: IdentityId,
  channel: ChannelId,
  chat: string,
): Promise<void> {
  await sql`insert into road (workspace_id, identity_id, channel_id, chat, last_out_at) values (${workspace}, ${identity}, ${channel}, ${chat}, now())
            on conflict (workspace_id, identity_id, channel_id) do update set chat = excluded.chat, last_out_at = now()`.execute(
    tx,
  )
}

/** Ended rows go; the others keep their place in the lane. */
async function moveWork(tx: Tx, workspace: WorkspaceId, results: readonly Result[]): Promise<void> {
  const ended = results.filter(isEnd).map((r) => r.row.pos)
  if (ended.length > 0)
    await sql`delete from delivery_work where workspace_id = ${workspace} and pos = any (${ended}::bigint[])`.execute(
      tx,
    )
  const kept = results.filter((r) => !isEnd(r))
  if (kept.length === 0) return
  await sql`
    update delivery_work w
       set state = 0, epoch = null, dispatched_at = null, piece = n.piece, tries = w.tries + n.tried,
           doubtful = n.piece = w.piece and (w.doubtful or n.doubtful),
           waits = case when n.wait_ms > 0 then w.waits + 1 else 0 end,
           ready_at = case when n.wait_ms > 0 then now() + n.wait_ms * interval '1 millisecond' else '-infinity' end
      from unnest(${kept.map((r) => r.row.pos)}::bigint[], ${kept.map((r) => (r.outcome.is === 'sent' ? r.row.piece + 1 : r.row.piece))}::smallint[],
                  ${kept.map((r) => (r.outcome.is === 'again' && r.outcome.counts ? 1 : 0))}::smallint[],
                  ${kept.map((r) => (r.outcome.is === 'again' ? Math.ceil(r.outcome.waitMs) : 0))}::float8[],
                  ${kept.map((r) => 'doubtful' in r.outcome && r.outcome.doubtful === true)}::boolean[]) as n (pos, piece, tried, wait_ms, doubtful)
     where w.workspace_id = ${workspace} and w.pos = any (${kept.map((r) => r.row.pos)}::bigint[]) and w.pos = n.pos`.execute(
    tx,
  )
}

const isEnd = ({ outcome, row, pieces }: Result): boolean =>
  outcome.is === 'failed' || outcome.is === 'unconfirmed' || (outcome.is === 'sent' && row.piece + 1 >= pieces)

interface Moved {
  message: MessageId
  was: DeliveryState
  state: DeliveryState
}

/** @returns their states, which nobody else changes until the commit */
async function lockDeliveries(
  tx: Tx,
  workspace: WorkspaceId,
  results: readonly Ours[],
): Promise<ReadonlyMap<DeliveryId, DeliveryState>> {
  const ids = results.map((r) => r.row.delivery)
  const { rows } = await sql<{ id: DeliveryId; state: DeliveryState }>`
    select id, state from delivery
     where workspace_id = ${workspace} and id = any (${ids}::uuid[]) and ${inMonths.of(sql`id`, ids)} order by id for update`.execute(
    tx,
  )
  return new Map(rows.map(({ id, state }) => [id, state]))
}

/** One statement for all that end alike, which is nearly all: a join with what each has of its own compares every row with every other. */
async function changeDeliveries(
  tx: Tx,
  workspace: WorkspaceId,
  results: readonly Ours[],
  before: ReadonlyMap<DeliveryId, DeliveryState>,
): Promise<Moved[]> {
  const moved: Moved[] = []
  const alike = new Map<string, { change: Change; ids: DeliveryId[] }>()
  for (const result of results) {
    const { delivery } = result.row
    const was = before.get(delivery)
    if (was === undefined) continue
    const change = changeOf(result, was)
    moved.push({ message: result.dispatch.message, was, state: change.state })
    const key = JSON.stringify(change)
    const some = alike.get(key)
    if (some) some.ids.push(delivery)
    else alike.set(key, { change, ids: [delivery] })
  }
  await Promise.all(
    [...alike.values()].map(({ change, ids }) =>
      sql`
        update delivery
           set state = ${change.state}, rest = coalesce(${change.rest}::smallint, rest),
               reason = case when ${change.quiet} then reason else ${change.reason} end,
               hint = case when ${change.quiet} then hint else ${change.hint}::jsonb end, applied = coalesce(applied, ${change.applied}::jsonb),
               dispatched_at = coalesce(dispatched_at, case when ${change.attempted} then coalesce(${change.dispatchedAt}, now()) end),
               sent_at = case when ${change.sent} then coalesce(sent_at, now()) else sent_at end,
               ended_at = case when ${change.attempted} then now() end
         where workspace_id = ${workspace} and id = any (${ids}::uuid[]) and ${inMonths.of(sql`id`, ids)}`.execute(tx),
    ),
  )
  return moved
}

/** What one attempt changes of its delivery. */
interface Change {
  readonly state: DeliveryState
  readonly rest: number | null
  /** Why it waited before still holds. */
  readonly quiet: boolean
  readonly reason: string | null
  /** JSON, as `applied`. */
  readonly hint: string | null
  readonly applied: string | null
  readonly dispatchedAt: Date | null
  readonly attempted: boolean
  readonly sent: boolean
}

function changeOf(result: Ours, was: DeliveryState): Change {
  const { outcome, applied, pieces, row, dispatchedAt } = result
  const came = stateOf(result)
  return {
    // A report may have come before the answer: never down.
    state: stateAfterAttempt(was, came),
    rest: outcome.is === 'sent' ? Math.max(0, pieces - row.piece - 1) : null,
    quiet: outcome.is === 'unmark',
    reason: reasonOf(result),
    hint: hintOf(result),
    applied: applied.length > 0 ? JSON.stringify(applied) : null,
    dispatchedAt,
    attempted: came !== 'queued',
    sent: came === 'sent',
  }
}

function stateOf(result: Result): Came {
  switch (result.outcome.is) {
    case 'sent':
      return isEnd(result) ? 'sent' : 'queued'
    case 'failed':
    case 'unconfirmed':
      return result.outcome.is
    case 'again':
    case 'unmark':
      return 'queued'
  }
}

function reasonOf({ outcome }: Result): string | null {
  if (outcome.is === 'failed' || outcome.is === 'again') return outcome.code
  return outcome.is === 'unconfirmed' ? 'unconfirmed' : null
}

function hintOf({ outcome }: Result): string | null {
  if (outcome.is === 'sent' || outcome.is === 'unmark') return null
  return JSON.stringify(outcome.details)
}

/** A refusal that tells about the address: it is marked, so that nobody tries it again in vain. */
async function markIdentities(tx: Tx, workspace: WorkspaceId, results: readonly Result[]): Promise<void> {
  for (const { outcome, dispatch } of results) {
    const marks = outcome.is === 'failed' ? verdictOf(outcome.code).marks : undefined
    if (marks) await recordReach(tx, workspace, [dispatch.identity], marks)
  }
}

/** A deletion that the platform accepted shows here too. */
async function takeBack(tx: Tx, workspace: WorkspaceId, results: readonly Result[]): Promise<void> {
  const gone = results
    .filter((r) => r.outcome.is === 'sent' && r.dispatch.op === 'delete')
    .map((r) => r.dispatch.message)
  if (gone.length > 0)
    await sql`update message set deleted_at = coalesce(deleted_at, now()) where workspace_id = ${workspace} and id = any (${gone}::uuid[])`.execute(
      tx,
    )
}

/** Records what came of attempts, in sets. A verdict counts as long as its row still carries the epoch of that attempt. */
import { sql } from 'kysely'
import type { ChannelId, ConversationId, DeliveryId, IdentityId, WorkspaceId } from '#contract/ids.ts'
import { verdictOf } from '#contract/message/send-errors.ts'
import { recordReach } from '#server/contacts/identities.ts'
import { refKey } from '#server/conversations/told.ts'
import { wakeParked } from '#server/conversations/write.ts'
import { announce, type Announcement } from '#server/feed/feed.ts'
import type { Tx } from '#server/platform/database.ts'
import { endFollowers } from './followers.ts'
import type { Dispatch, WorkRow } from './sender.sql.ts'
import { countFailures } from './trouble.ts'
import type { Verdict } from './verdict.ts'

export interface Result {
  readonly row: WorkRow
  readonly dispatch: Dispatch
  /** Of the attempt; null: recorded by a new owner, who holds the row's lock. */
  readonly epoch: number | null
  /** `unmark`: nothing left, back to the queue. */
  readonly outcome: Verdict | { is: 'unmark' }
  readonly applied: unknown[]
  /** Into how many ops `fit` cut it. */
  readonly pieces: number
}

/** @returns whether the feed was told */
export async function recordResults(tx: Tx, workspace: WorkspaceId, given: Result[]): Promise<boolean> {
  const results = await stillOurs(tx, workspace, given)
  if (results.length === 0) return false
  await nameSent(tx, workspace, results)
  await moveWork(tx, workspace, results)
  const changed = await changeDeliveries(tx, workspace, results)
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
  await announce(tx, workspace, changed)
  return changed.length > 0
}

async function stillOurs(tx: Tx, workspace: WorkspaceId, results: Result[]): Promise<Result[]> {
  if (results.length === 0) return []
  const { rows } = await sql<{ pos: number; epoch: number | null }>`
    select pos, epoch from delivery_work where workspace_id = ${workspace} and pos = any (${results.map((r) => r.row.pos)}::bigint[])
     order by pos for update`.execute(tx)
  const epochs = new Map(rows.map((row) => [row.pos, row.epoch]))
  return results.filter((r) => epochs.has(r.row.pos) && (r.epoch === null || epochs.get(r.row.pos) === r.epoch))
}

/** The platform's ids become names of the message, in the transaction that calls it sent. Whoever spoke of them early wakes up. */
async function nameSent(tx: Tx, workspace: WorkspaceId, results: Result[]): Promise<void> {
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
  if (names.length > 0) {
    await sql`
      insert into message_ref (workspace_id, channel_id, chat, external_id, message_id, delivery_id, piece, direction, identity_id)
      select ${workspace}, c, h, i, m, d, p, 'out', y
        from unnest(${names.map((n) => n.channel)}::uuid[], ${names.map((n) => n.chat)}::text[], ${names.map((n) => n.id)}::text[], ${names.map((n) => n.message)}::uuid[],
                    ${names.map((n) => n.delivery)}::uuid[], ${names.map((n) => n.piece)}::smallint[], ${names.map((n) => n.identity)}::uuid[]) as n (c, h, i, m, d, p, y)
      on conflict (workspace_id, channel_id, chat, external_id) do update
         set message_id = excluded.message_id, delivery_id = excluded.delivery_id, piece = excluded.piece, direction = 'out', identity_id = excluded.identity_id
       where message_ref.message_id is null or message_ref.message_id = excluded.message_id`.execute(tx)
    await wakeParked(tx, workspace, names)
  }
  const opened = results.flatMap((r) =>
    r.outcome.is === 'sent' && r.outcome.sent.chat
      ? [{ ...r.row, identity: r.dispatch.identity, chat: r.outcome.sent.chat }]
      : [],
  )
  for (const each of opened) await writeChat(tx, workspace, each.identity, each.channel, each.chat)
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
async function moveWork(tx: Tx, workspace: WorkspaceId, results: Result[]): Promise<void> {
  const ended = results.filter(isEnd).map((r) => r.row.pos)
  if (ended.length > 0)
    await sql`delete from delivery_work where workspace_id = ${workspace} and pos = any (${ended}::bigint[])`.execute(
      tx,
    )
  const kept = results.filter((r) => !isEnd(r))
  if (kept.length === 0) return
  await sql`
    update delivery_work w
       set state = 0, epoch = null, dispatched_at = null, key = null, piece = n.piece, tries = w.tries + n.tried,
           waits = case when n.wait_ms > 0 then w.waits + 1 else 0 end,
           ready_at = case when n.wait_ms > 0 then now() + n.wait_ms * interval '1 millisecond' else '-infinity' end
      from unnest(${kept.map((r) => r.row.pos)}::bigint[], ${kept.map((r) => (r.outcome.is === 'sent' ? r.row.piece + 1 : r.row.piece))}::smallint[],
                  ${kept.map((r) => (r.outcome.is === 'again' && r.outcome.counts ? 1 : 0))}::smallint[],
                  ${kept.map((r) => (r.outcome.is === 'again' ? Math.ceil(r.outcome.waitMs) : 0))}::float8[]) as n (pos, piece, tried, wait_ms)
     where w.workspace_id = ${workspace} and w.pos = n.pos`.execute(tx)
  for (const { outcome, dispatch, row } of kept) {
    if (outcome.is === 'again' && outcome.code === 'moved' && outcome.details.to)
      await writeChat(tx, workspace, dispatch.identity, row.channel, outcome.details.to)
  }
}

const isEnd = ({ outcome, row, pieces }: Result): boolean =>
  outcome.is === 'failed' || outcome.is === 'unconfirmed' || (outcome.is === 'sent' && row.piece + 1 >= pieces)

async function changeDeliveries(tx: Tx, workspace: WorkspaceId, results: Result[]): Promise<Announcement[]> {
  const { rows } = await sql<{ id: DeliveryId; conversation: ConversationId; was: string; state: string }>`
    with before as (select id, state as was from delivery where workspace_id = ${workspace} and id = any (${results.map((r) => r.row.delivery)}::uuid[]) for update)
    update delivery d
       set -- a report may have come before the answer: never down
           state = case when n.state = 'queued' then case d.state when 'sending' then 'queued' else d.state end
                        when n.state = 'sent' and d.state in ('delivered', 'read', 'sent') then d.state
                        when n.state in ('failed', 'unconfirmed') and d.state in ('delivered', 'read') then d.state else n.state end,
           reason = case when n.quiet then d.reason else n.reason end, hint = case when n.quiet then d.hint else n.hint end, applied = coalesce(d.applied, n.applied),
           dispatched_at = coalesce(d.dispatched_at, case when n.state <> 'queued' then now() end),
           sent_at = case when n.state = 'sent' then coalesce(d.sent_at, now()) else d.sent_at end,
           ended_at = case when n.state = 'queued' then null else now() end
      from unnest(${results.map((r) => r.row.delivery)}::uuid[], ${results.map(stateOf)}::text[], ${results.map(reasonOf)}::text[],
                  ${results.map(hintOf)}::text[]::jsonb[], ${results.map((r) => (r.applied.length > 0 ? JSON.stringify(r.applied) : null))}::text[]::jsonb[],
                  ${results.map((r) => r.outcome.is === 'unmark')}::boolean[])
           as n (id, state, reason, hint, applied, quiet), before
     where d.workspace_id = ${workspace} and d.id = any (${results.map((r) => r.row.delivery)}::uuid[]) and d.id = n.id and before.id = d.id
    returning d.id, d.conversation_id as conversation, before.was, d.state`.execute(tx)
  const trouble = await countFailures(tx, workspace, rows)
  const told = results.filter((r) => r.outcome.is !== 'unmark')
  return [...told.map((r): Announcement => ({ kind: 'message.changed', subject: r.dispatch.message })), ...trouble]
}

function stateOf(result: Result): string {
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
async function markIdentities(tx: Tx, workspace: WorkspaceId, results: Result[]): Promise<void> {
  for (const { outcome, dispatch } of results) {
    const marks = outcome.is === 'failed' ? verdictOf(outcome.code).marks : undefined
    if (marks) await recordReach(tx, workspace, [dispatch.identity], marks)
  }
}

/** A deletion that the platform accepted shows here too. */
async function takeBack(tx: Tx, workspace: WorkspaceId, results: Result[]): Promise<void> {
  const gone = results
    .filter((r) => r.outcome.is === 'sent' && r.dispatch.op === 'delete')
    .map((r) => r.dispatch.message)
  if (gone.length > 0)
    await sql`update message set deleted_at = coalesce(deleted_at, now()) where workspace_id = ${workspace} and id = any (${gone}::uuid[])`.execute(
      tx,
    )
}

import { sql } from 'kysely'
import type { ChannelId, ConversationId, DeliveryId, IdentityId, MessageId, WorkspaceId } from '#contract/ids.ts'
import type { Content } from '#contract/message/content.ts'
import { isPlatforms, ownName } from '#server/conversations/names.ts'
import type { Tx } from '#server/platform/database.ts'
import { inMonths } from '#server/platform/partitions.ts'

export interface WorkRow {
  pos: number
  delivery: DeliveryId
  /** null: queued by a version that did not note it. */
  message: MessageId | null
  channel: ChannelId
  /** 64 bits, as text. */
  lane: string
  piece: number
  /** Counted ones, and waits in a row. */
  tries: number
  waits: number
  attempt: number
  /** An earlier attempt of this piece may have arrived. */
  doubtful: boolean
}

export interface SeenLease {
  workspace: WorkspaceId
  name: string
  epoch: number
}

/** Whether these leases are still ours; locked against takers until the commit. */
export async function confirmLeases(tx: Tx, leases: readonly SeenLease[]): Promise<Set<string>> {
  if (leases.length === 0) return new Set()
  const { rows } = await sql<{ name: string }>`
    select l.name from unnest(${leases.map((l) => l.workspace)}::uuid[], ${leases.map((l) => l.name)}::text[], ${leases.map((l) => l.epoch)}::bigint[])
           as mine (workspace, name, epoch)
      join lease l on l.workspace_id = mine.workspace and l.name = mine.name and l.epoch = mine.epoch
      for share of l`.execute(tx)
  return new Set(rows.map((row) => row.name))
}

/**
 * Claims the heads of lanes by skip scan: one index probe per waiting lane, however long it is, beginning behind the lane served last.
 * A lane whose head is in flight, asked about, held or not yet ready gives nothing: order before speed. Nearly every claim is followed by its
 * request at once, so it is the mark too; what leaves nothing yet is unmarked before the commit (`unmarkRows`).
 * As an array: joined to the update, the whole scan ran again for every waiting row.
 * @param steadyNow  what a message with a time of its own waits for too: a clock that jumped must not send tomorrow's messages today
 */
export async function claimHeads(
  tx: Tx,
  workspace: WorkspaceId,
  owned: { channel: ChannelId; epoch: number; room: number; after: string; waitingLanes: string[] }[],
  steadyNow: Date,
): Promise<WorkRow[]> {
  const waiting = owned.flatMap((o) => o.waitingLanes)
  const { rows } = await sql<WorkRow>`
    with owned as (select * from unnest(${owned.map((o) => o.channel)}::uuid[], ${owned.map((o) => o.epoch)}::bigint[], ${owned.map((o) => o.room)}::int[],
                                        ${owned.map((o) => o.after)}::text[]::bigint[]) as o (channel, epoch, room, after)),
    heads as (
      select h.pos from owned o, lateral (
        with recursive lanes as (
          (select lane from delivery_work where channel_id = o.channel and lane > o.after order by lane limit 1)
          union all
          select n.lane from lanes l, lateral (select lane from delivery_work where channel_id = o.channel and lane > l.lane order by lane limit 1) n)
        select w.pos from lanes s,
               lateral (select pos, state, ready_at, scheduled from delivery_work where channel_id = o.channel and lane = s.lane order by pos limit 1) w
         where w.state = 0 and w.ready_at <= now() and (not w.scheduled or w.ready_at <= ${steadyNow}) and s.lane <> all (${waiting}::text[]::bigint[])
         limit o.room) h)
    update delivery_work w set state = 1, epoch = o.epoch, dispatched_at = now()
      from owned o where w.workspace_id = ${workspace} and w.pos = any (array(select pos from heads)) and w.channel_id = o.channel and w.state = 0
    returning w.pos, w.delivery_id as delivery, w.message_id as message, w.channel_id as channel, w.lane::text as lane, w.piece, w.tries, w.waits, w.attempt, w.doubtful`.execute(
    tx,
  )
  return rows
}

export interface Dispatch {
  pos: number
  delivery: DeliveryId
  message: MessageId
  conversation: ConversationId
  identity: IdentityId
  externalId: string
  chat: string | null
  op: 'message' | 'edit' | 'delete' | 'react'
  state: string
  body: { content?: Content; emoji?: string[] } | null
  content: Content
  deleted: boolean
  thread: string | null
  automatic: boolean
  replyTo: MessageId | null
  kind: 'person' | 'room'
  applied: boolean
  windowUntil: Date | null
  sentAt: Date | null
  /** What the message replies to, in case its network cannot show that. */
  answered?: { name: string; content: Content }
  /** What an edited message said before, and how many edits went out already. */
  before?: Content
  edits?: number
  /** Only where the network has subjects. */
  answers?: { ref: { chat: string; id: string }; subject?: string; thread?: string }
  /** Since it was queued. */
  ageMs: number
}

/**
 * All that making an op needs, for claimed rows. Each step is one look into an index: as plain joins, a plan that was made while the
 * tables were small reads them whole, and is kept.
 */
export async function loadDispatches(
  tx: Tx,
  workspace: WorkspaceId,
  rows: readonly WorkRow[],
): Promise<Map<number, Dispatch>> {
  const { rows: found } = await sql<Dispatch>`
    select w.pos, d.id as delivery, d.message_id as message, d.conversation_id as conversation, d.identity_id as identity,
           i.external_id as "externalId", i.kind, r.chat, d.op, d.state, d.body, m.content, m.deleted_at is not null as deleted, m.thread, m.automatic,
           m.reply_to as "replyTo", d.applied is not null as applied, r.window_until as "windowUntil", d.sent_at as "sentAt",
           (extract(epoch from now() - d.queued_at) * 1000)::float8 as "ageMs"
      from unnest(${rows.map((w) => w.pos)}::bigint[], ${rows.map((w) => w.delivery)}::uuid[]) as w (pos, delivery)
     cross join lateral (select * from delivery x where x.workspace_id = ${workspace} and x.id = w.delivery and ${inMonths.of(
       sql`x.id`,
       rows.map((w) => w.delivery),
     )} limit 1) d
     cross join lateral (select * from message x where x.workspace_id = ${workspace} and x.id = d.message_id and ${inMonths.of(
       sql`x.id`,
       rows.map((w) => w.message),
     )} limit 1) m
     cross join lateral (select * from identity x where x.workspace_id = ${workspace} and x.id = d.identity_id limit 1) i
      left join lateral (select * from road x where x.workspace_id = ${workspace} and x.identity_id = d.identity_id and x.channel_id = d.channel_id
                          limit 1) r on true`.execute(tx)
  await noteReplied(tx, workspace, found)
  await noteEdited(tx, workspace, found)
  return new Map(found.map((row) => [row.pos, row]))
}

/** What these reply to. */
async function noteReplied(tx: Tx, workspace: WorkspaceId, dispatches: readonly Dispatch[]): Promise<void> {
  const replies = dispatches.filter(({ op, replyTo }) => op === 'message' && replyTo !== null)
  if (replies.length === 0) return
  const ids = replies.map(({ replyTo }) => replyTo)
  const { rows } = await sql<{ id: MessageId; name: string; content: Content }>`
    select q.id, coalesce(i.name, i.handle, m.name, '') as name, q.content
      from message q
      left join lateral (select * from identity x where x.workspace_id = ${workspace} and x.id = q.author_identity limit 1) i on true
      left join lateral (select * from member x where x.workspace_id = ${workspace} and x.id = q.author_member limit 1) m on true
     where q.workspace_id = ${workspace} and q.id = any (${ids}::uuid[]) and ${inMonths.of(sql`q.id`, ids)} and q.deleted_at is null`.execute(
    tx,
  )
  const answered = new Map(rows.map(({ id, ...row }) => [id, row]))
  for (const reply of replies) {
    const found = answered.get(reply.replyTo!)
    if (found) reply.answered = found
  }
}

/** What these edits change. */
async function noteEdited(tx: Tx, workspace: WorkspaceId, dispatches: readonly Dispatch[]): Promise<void> {
  const edits = dispatches.filter(({ op }) => op === 'edit')
  if (edits.length === 0) return
  const { rows } = await sql<{ id: MessageId; content: Content; no: number }>`
    select distinct on (message_id) message_id as id, content, no from message_version
     where workspace_id = ${workspace} and message_id = any (${edits.map(({ message }) => message)}::uuid[]) order by message_id, no desc`.execute(
    tx,
  )
  const newest = new Map(rows.map((row) => [row.id, row]))
  for (const edit of edits) {
    const version = newest.get(edit.message)
    if (version) Object.assign(edit, { before: version.content, edits: version.no })
  }
}

/**
 * What each of these letters goes on from: the message it replies to, else the last one said there before it. Its thread is noted too,
 * so that what goes on from this letter still knows where the thread began.
 */
export async function noteAnswered(tx: Tx, workspace: WorkspaceId, letters: Dispatch[]): Promise<void> {
  if (letters.length === 0) return
  const { rows } = await sql<{ pos: number; chat: string; id: string; subject: string | null; thread: string | null }>`
    select n.pos, said.chat, said.external_id as id, said.subject, said.thread
      from unnest(${letters.map((l) => l.pos)}::bigint[], ${letters.map((l) => l.delivery)}::uuid[]) as n (pos, delivery)
      join delivery d on d.workspace_id = ${workspace} and d.id = n.delivery
      join message m on m.workspace_id = ${workspace} and m.id = d.message_id
     cross join lateral (
           select r.chat, r.external_id, x.content ->> 'subject' as subject, x.thread
             from message x join message_ref r on r.workspace_id = x.workspace_id and r.message_id = x.id and r.channel_id = d.channel_id
            where x.workspace_id = ${workspace} and ${isPlatforms(sql`r.external_id`)}
              and case when m.reply_to is not null then x.id = m.reply_to
                       else x.shown_in = m.shown_in and x.placed <= m.placed and x.id <> m.id and x.identity_id = d.identity_id end
            order by x.placed desc, x.seq desc, r.piece limit 1) said`.execute(tx)
  const byPos = new Map(letters.map((letter) => [letter.pos, letter]))
  for (const { pos, chat, id, subject, thread } of rows) {
    const letter = byPos.get(pos)
    if (letter) letter.answers = { ref: { chat, id }, ...(subject ? { subject } : {}), ...(thread ? { thread } : {}) }
  }
  await sql`
    update message m set thread = n.thread
      from delivery d join unnest(${rows.map((r) => byPos.get(r.pos)!.delivery)}::uuid[], ${rows.map((r) => r.thread ?? r.id)}::text[]) as n (delivery, thread)
        on d.id = n.delivery
     where d.workspace_id = ${workspace} and m.workspace_id = d.workspace_id and m.id = d.message_id and m.thread is null`.execute(
    tx,
  )
}

export interface NamedRef {
  message: MessageId
  channel: ChannelId
  chat: string
  id: string
  piece: number
}

/** The platforms' ids of messages, per channel: what edits, reactions and replies point at. Pieces in order. */
export async function refsOf(tx: Tx, workspace: WorkspaceId, messages: MessageId[]): Promise<NamedRef[]> {
  if (messages.length === 0) return []
  const { rows } = await sql<NamedRef>`
    select message_id as message, channel_id as channel, chat, external_id as id, piece
      from message_ref where workspace_id = ${workspace} and message_id = any (${messages}::uuid[]) and ${isPlatforms(sql`external_id`)}
     order by piece`.execute(tx)
  return rows
}

/**
 * Writes, before the request leaves, that it is about to: whoever finds this mark later knows that it may have arrived. The delivery's
 * own row changes once, with the result; only where that takes its time it reads `sending` before (`noteSending`).
 */
export async function markRows(
  tx: Tx,
  workspace: WorkspaceId,
  rows: { pos: number; epoch: number }[],
): Promise<Set<number>> {
  if (rows.length === 0) return new Set()
  const { rows: marked } = await sql<{ pos: number }>`
    update delivery_work w set dispatched_at = now()
      from unnest(${rows.map((r) => r.pos)}::bigint[], ${rows.map((r) => r.epoch)}::bigint[]) as n (pos, epoch)
     where w.workspace_id = ${workspace} and w.pos = any (${rows.map((r) => r.pos)}::bigint[]) and w.pos = n.pos and w.epoch = n.epoch and w.state = 1 and w.dispatched_at is null
    returning w.pos`.execute(tx)
  return new Set(marked.map((row) => row.pos))
}

/** Of what this transaction has claimed: what is decided already, may not go now, or begins with something that a repeat does not double. */
export async function unmarkRows(tx: Tx, workspace: WorkspaceId, positions: readonly number[]): Promise<void> {
  if (positions.length === 0) return
  await sql`update delivery_work set dispatched_at = null where workspace_id = ${workspace} and pos = any (${positions}::bigint[])`.execute(
    tx,
  )
}

/** Of messages that were cut: how many pieces have not arrived, until the results say otherwise. */
export async function noteRest(
  tx: Tx,
  workspace: WorkspaceId,
  cut: readonly { delivery: DeliveryId; rest: number }[],
): Promise<void> {
  if (cut.length === 0) return
  await sql`
    update delivery d set rest = n.rest from unnest(${cut.map((c) => c.delivery)}::uuid[], ${cut.map((c) => c.rest)}::smallint[]) as n (id, rest)
     where d.workspace_id = ${workspace} and d.id = any (${cut.map((c) => c.delivery)}::uuid[]) and d.id = n.id`.execute(
    tx,
  )
}

/** Deliveries whose platform thinks long; a report that came early stays. */
export async function noteSending(tx: Tx, workspace: WorkspaceId, deliveries: DeliveryId[]): Promise<void> {
  await sql`
    update delivery set state = 'sending', dispatched_at = coalesce(dispatched_at, now())
     where workspace_id = ${workspace} and id = any (${deliveries}::uuid[]) and state = 'queued'`.execute(tx)
}

/** Our op key becomes a name of the message, before the request: an echo can beat the answer. */
export async function nameByKey(
  tx: Tx,
  workspace: WorkspaceId,
  rows: { channel: ChannelId; key: string; message: MessageId; delivery: DeliveryId; identity: IdentityId }[],
): Promise<void> {
  if (rows.length === 0) return
  const names = rows.map(({ channel, key }) => ownName.ofKey(channel, key))
  await sql`
    insert into message_ref (workspace_id, channel_id, chat, external_id, message_id, delivery_id, direction, identity_id)
    select ${workspace}, c, h, k, m, d, 'out', i
      from unnest(${names.map((n) => n.channel)}::uuid[], ${names.map((n) => n.chat)}::text[], ${names.map((n) => n.id)}::text[], ${rows.map((r) => r.message)}::uuid[],
                  ${rows.map((r) => r.delivery)}::uuid[], ${rows.map((r) => r.identity)}::uuid[]) as n (c, h, k, m, d, i)
    on conflict do nothing`.execute(tx)
}

/** What waits because the wire was dead goes now: the platform is back. Other waits stay as they are. */
export async function endWireWaits(tx: Tx, workspace: WorkspaceId, channel: ChannelId): Promise<void> {
  await sql`
    update delivery_work w set ready_at = '-infinity', waits = 0 from delivery d
     where w.channel_id = ${channel} and w.workspace_id = ${workspace} and w.state = 0 and w.waits > 0 and w.ready_at > now()
       and d.workspace_id = w.workspace_id and d.id = w.delivery_id and d.reason in ('wire', 'platform_down', 'proxy_down')`.execute(
    tx,
  )
}

export type Orphan = WorkRow & { dispatchedAt: Date | null; ageMs: number }

export interface OrphanPlace {
  pos: number
  channel: ChannelId
  /** The epoch of whoever owns it now. */
  owner: number
}

/** Rows that an earlier owner left in the middle: where they are. Reads all that waits. */
export async function orphanPlaces(
  tx: Tx,
  workspace: WorkspaceId,
  owned: { channel: ChannelId; epoch: number }[],
): Promise<OrphanPlace[]> {
  const { rows } = await sql<OrphanPlace>`
    select w.pos, w.channel_id as channel, o.epoch as owner
      from unnest(${owned.map((o) => o.channel)}::uuid[], ${owned.map((o) => o.epoch)}::bigint[]) as o (channel, epoch)
      join delivery_work w on w.channel_id = o.channel and w.workspace_id = ${workspace} and w.state = 1 and w.epoch < o.epoch`.execute(
    tx,
  )
  return rows
}

/** Of them, those that their owner is not just recording, and that nobody has claimed anew since. */
export async function lockOrphans(tx: Tx, workspace: WorkspaceId, places: readonly OrphanPlace[]): Promise<Orphan[]> {
  const { rows } = await sql<Orphan>`
    select w.pos, w.delivery_id as delivery, w.message_id as message, w.channel_id as channel, w.lane::text as lane, w.piece, w.tries, w.waits,
           w.attempt, w.doubtful, w.dispatched_at as "dispatchedAt", coalesce(extract(epoch from now() - w.dispatched_at) * 1000, 0)::float8 as "ageMs"
      from unnest(${places.map((p) => p.pos)}::bigint[], ${places.map((p) => p.owner)}::bigint[]) as n (pos, owner)
      join delivery_work w on w.workspace_id = ${workspace} and w.pos = n.pos and w.state = 1 and w.epoch < n.owner
       for update of w skip locked`.execute(tx)
  return rows
}

/** Rows of removed channels that were left in the middle so long ago, or wait though they may have arrived. */
export async function ownerless(tx: Tx, workspace: WorkspaceId, afterMs: number, most: number): Promise<Orphan[]> {
  const { rows } = await sql<Orphan>`
    select w.pos, w.delivery_id as delivery, w.message_id as message, w.channel_id as channel, w.lane::text as lane, w.piece, w.tries, w.waits,
           w.attempt, w.doubtful, w.dispatched_at as "dispatchedAt", coalesce(extract(epoch from now() - w.dispatched_at) * 1000, 0)::float8 as "ageMs"
      from channel c join delivery_work w on w.workspace_id = c.workspace_id and w.channel_id = c.id
     where c.workspace_id = ${workspace} and c.removed_at is not null
       and (w.state = 1 and coalesce(w.dispatched_at, c.removed_at) < now() - ${afterMs} * interval '1 millisecond' or w.state in (0, 3) and w.doubtful)
     order by w.pos limit ${most} for update of w skip locked`.execute(tx)
  return rows
}

/**
 * Gives back what we ourselves have claimed without knowing it: a COMMIT that failed on the way may have happened. None of these rows
 * flies, so nothing of them has left.
 */
export async function giveBackUnknown(
  tx: Tx,
  workspace: WorkspaceId,
  owned: { channel: ChannelId; epoch: number }[],
  known: number[],
): Promise<void> {
  await sql`
    with free as (
    update delivery_work w set state = 0, epoch = null, dispatched_at = null
      from unnest(${owned.map((o) => o.channel)}::uuid[], ${owned.map((o) => o.epoch)}::bigint[]) as o (channel, epoch)
     where w.channel_id = o.channel and w.workspace_id = ${workspace} and w.state = 1 and w.epoch = o.epoch
       and w.pos <> all (${known}::bigint[])
    returning w.delivery_id)
    update delivery d set state = 'queued' from free where d.workspace_id = ${workspace} and d.id = free.delivery_id and d.state = 'sending'`.execute(
    tx,
  )
}

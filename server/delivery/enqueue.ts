/**
 * Puts a message on its way: the message, its delivery and its place in the lane commit together, in the transaction of whatever
 * caused it.
 */
import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type {
  ChannelId,
  ClientId,
  ConversationId,
  DeliveryId,
  IdentityId,
  MemberId,
  MessageId,
  WorkspaceId,
} from '#contract/ids.ts'
import type { Content } from '#contract/message/content.ts'
import { announce } from '#server/feed/feed.ts'
import type { Tx } from '#server/platform/database.ts'
import { newId, programClock } from '#server/platform/new-id.ts'
import type { Reason } from './road.ts'

/** Chat and bot share a lane, for they are one talk; broadcasts have their own and step aside. */
export type Class = 1 | 2 | 3

/** A message lives this long in the queue, counting only the time in which its channel could send. */
export const EXPIRES = '24 hours'

export interface Saying {
  conversation: ConversationId
  content: Content
  /** null: a note, which stays in the house. */
  road: { identity: IdentityId; channel: ChannelId; why: Reason[] } | null
  member: MemberId | null
  /** Which rule said it, where no member did. */
  cause: { rule: string } | null
  replyTo: MessageId | null
  thread: string | null
  clientId: ClientId | null
  /** Not before; undo of sending is a few seconds of it. */
  sendAt: Date | null
  class: Class
}

export interface Enqueued {
  message: MessageId
  delivery: DeliveryId | null
}

/** One message. */
export async function say(tx: Tx, workspace: WorkspaceId, saying: Saying): Promise<Enqueued> {
  const [said] = await sayAll(tx, workspace, [saying])
  return said!
}

/**
 * Messages in their order, each table in one statement. `seq` is taken from the locked conversation rows, so it stays dense; they are
 * locked sorted, so that two callers do not deadlock.
 */
export async function sayAll(tx: Tx, workspace: WorkspaceId, sayings: readonly Saying[]): Promise<Enqueued[]> {
  if (sayings.length === 0) return []
  const named = sayings.map((saying) => ({ saying, id: newId<MessageId>() }))
  const places = await takePlaces(tx, workspace, named)
  const rows = named.map((row) => {
    const place = places.get(row.saying.conversation)!
    place.seq++
    return { ...row, ...place }
  })
  const of = <T>(read: (row: (typeof rows)[number]) => T) => rows.map(read)
  const written = sql`
    insert into message (workspace_id, id, conversation_id, seq, shown_in, placed, at, direction, author_member, cause, identity_id, channel_id,
                         content, reply_to, thread, automatic, client_id)
    select ${workspace}, m.id, m.conversation, m.seq, m.conversation, m.placed, m.placed, m.direction, m.member, m.cause, m.identity, m.channel, m.content,
           m.reply_to, m.thread, m.cause is not null, m.client
      from unnest(${of((m) => m.id)}::uuid[], ${of((m) => m.saying.conversation)}::uuid[], ${of((m) => m.seq)}::bigint[],
                  ${of((m) => (m.saying.road ? 'out' : 'note'))}::text[], ${of((m) => m.saying.member)}::uuid[],
                  ${of((m) => (m.saying.cause ? JSON.stringify(m.saying.cause) : null))}::text[]::jsonb[],
                  ${of((m) => m.saying.road?.identity ?? null)}::uuid[], ${of((m) => m.saying.road?.channel ?? null)}::uuid[],
                  ${of((m) => JSON.stringify(m.saying.content))}::text[]::jsonb[], ${of((m) => m.saying.replyTo)}::uuid[],
                  ${of((m) => m.saying.thread)}::text[], ${of((m) => m.saying.clientId)}::uuid[], ${of((m) => m.placed)}::timestamptz[])
           as m (id, conversation, seq, direction, member, cause, identity, channel, content, reply_to, thread, client, placed)`.execute(
    tx,
  )
  const queued = rows.flatMap(({ saying, id }) =>
    saying.road
      ? [{ ...saying, ...saying.road, message: id, op: 'message' as const, body: null, delivery: newId<DeliveryId>() }]
      : [],
  )
  await Promise.all([
    written,
    queueAll(tx, workspace, queued),
    announce(
      tx,
      workspace,
      rows.map(({ saying, id }) => ({
        kind: 'message.added',
        subject: id,
        data: { conversation: saying.conversation },
      })),
    ),
  ])
  const deliveries = new Map(queued.map(({ message, delivery }) => [message, delivery]))
  return rows.map(({ id }) => ({ message: id, delivery: deliveries.get(id) ?? null }))
}

interface Place {
  /** The last number that is taken. */
  seq: number
  /** With microseconds, as text. */
  placed: string
}

/** Locks the conversations, takes as many numbers as each needs, and the moment at which all of its messages stand. */
async function takePlaces(
  tx: Tx,
  workspace: WorkspaceId,
  rows: readonly { saying: Saying; id: MessageId }[],
): Promise<Map<ConversationId, Place>> {
  const talks = [...Map.groupBy(rows, ({ saying }) => saying.conversation)]
  const ids = talks.map(([id]) => id)
  const locked =
    ids.length > 1 &&
    sql`select 1 from conversation where workspace_id = ${workspace} and id = any (${ids}::uuid[]) order by id for update`.execute(
      tx,
    )
  const taken = sql<{ id: ConversationId } & Place>`
    update conversation c
       set last_seq = c.last_seq + n.more, last_message = n.message, last_at = greatest(clock_timestamp(), c.last_at),
           waiting_since = case when n.answers then null else c.waiting_since end
      from unnest(${ids}::uuid[], ${talks.map(([, some]) => some.length)}::int[], ${talks.map(([, some]) => some.at(-1)!.id)}::uuid[],
                  ${talks.map(([, some]) => some.some(({ saying }) => saying.road !== null && saying.cause === null))}::boolean[]) as n (id, more, message, answers)
     where c.workspace_id = ${workspace} and c.id = any (${ids}::uuid[]) and c.id = n.id
    returning c.id, c.last_seq - n.more as seq, c.last_at::text as placed`.execute(tx)
  const [{ rows: places }] = await Promise.all([taken, locked])
  return new Map(places.map(({ id, seq, placed }) => [id, { seq, placed }]))
}

export interface Queueing {
  message: MessageId
  conversation: ConversationId
  identity: IdentityId
  channel: ChannelId
  op: 'message' | 'edit' | 'delete' | 'react'
  body: { content?: Content; emoji?: string[] } | null
  why: Reason[]
  class: Class
  sendAt: Date | null
  /** Of a message that was cut, the first piece that is to go; those before it have arrived. */
  piece?: number
  /** Behind what it changes, where that is still in flight; else the lane of its chat. */
  lane?: string | null
}

/** A delivery and its place in the lane of its chat. */
export async function queue(tx: Tx, workspace: WorkspaceId, q: Queueing): Promise<DeliveryId> {
  const delivery = newId<DeliveryId>()
  await queueAll(tx, workspace, [{ ...q, delivery }])
  return delivery
}

async function queueAll(tx: Tx, workspace: WorkspaceId, rows: (Queueing & { delivery: DeliveryId })[]): Promise<void> {
  if (rows.length === 0) return
  const of = <T>(read: (row: (typeof rows)[number]) => T) => rows.map(read)
  await sql`
    with told as (
      select * from unnest(${of((q) => q.delivery)}::uuid[], ${of((q) => q.message)}::uuid[], ${of((q) => q.conversation)}::uuid[],
                           ${of((q) => q.identity)}::uuid[], ${of((q) => q.channel)}::uuid[], ${of((q) => q.op)}::text[],
                           ${of((q) => (q.body ? JSON.stringify(q.body) : null))}::text[]::jsonb[], ${of((q) => JSON.stringify(q.why))}::text[]::jsonb[],
                           ${of((q) => q.lane ?? (isForLater(q.sendAt) ? ownLane(q.delivery) : sendLane(q.channel, q.identity, q.class)))}::text[]::bigint[],
                           ${of((q) => q.class)}::smallint[], ${of((q) => q.piece ?? 0)}::smallint[], ${of((q) => q.sendAt)}::timestamptz[])
             with ordinality as t (delivery, message, conversation, identity, channel, op, body, why, lane, class, piece, send_at, no)),
    truth as (
      insert into delivery (workspace_id, id, message_id, conversation_id, identity_id, channel_id, op, body, why)
      select ${workspace}, delivery, message, conversation, identity, channel, op, body, why from told)
    insert into delivery_work (workspace_id, delivery_id, message_id, channel_id, lane, class, piece, ready_at, expires_at, expires_open, scheduled)
    select ${workspace}, t.delivery, t.message, t.channel, t.lane, t.class, t.piece, coalesce(t.send_at, '-infinity'), coalesce(t.send_at, now()) + ${EXPIRES}::interval,
           coalesce(p.open_ms, 0) + extract(epoch from greatest(coalesce(t.send_at, now()), now()) - now() + ${EXPIRES}::interval) * 1000, t.send_at is not null
      from told t left join channel_pace p on p.workspace_id = ${workspace} and p.channel_id = t.channel order by t.no`.execute(
    tx,
  )
}

/** 64 bits, as text; a collision only joins two lanes. */
export function sendLane(channel: ChannelId, identity: IdentityId, of: Class): string {
  return hash64(`${channel} ${identity} ${of === 3 ? 'broadcast' : 'talk'}`)
}

/**
 * A few seconds to think better of it keep the message in its lane: what is said next waits behind it, or a reply would overtake the
 * words before it.
 */
const LONGEST_HOLD_MS = 60_000
const isForLater = (sendAt: Date | null): boolean =>
  sendAt !== null && sendAt.getTime() - programClock.now().getTime() > LONGEST_HOLD_MS

/** A message for later must not keep those of now waiting behind it. */
const ownLane = (delivery: DeliveryId): string => hash64(delivery)

const hash64 = (text: string): string => createHash('sha256').update(text).digest().readBigInt64BE().toString()

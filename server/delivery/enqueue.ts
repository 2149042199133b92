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
import { newId } from '#server/platform/new-id.ts'
import type { Reason } from './road.ts'

/** Chat and bot share a lane, for they are one talk; broadcasts have their own and step aside. */
export type Class = 1 | 2 | 3

/** A message lives this long in the queue while its channel is open. */
const EXPIRES = '24 hours'

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

/** One message. `seq` is taken from the locked conversation row, so it stays dense. */
export async function say(tx: Tx, workspace: WorkspaceId, saying: Saying): Promise<Enqueued> {
  const message = newId<MessageId>()
  const { road } = saying
  const answers = road !== null && saying.cause === null
  const { rows } = await sql<{ seq: number }>`
    update conversation
       set last_seq = last_seq + 1, last_message = ${message}, last_at = greatest(clock_timestamp(), last_at),
           waiting_since = ${answers ? null : sql`waiting_since`}
     where workspace_id = ${workspace} and id = ${saying.conversation}
    returning last_seq as seq`.execute(tx)
  const seq = rows[0]!.seq
  await sql`
    insert into message (workspace_id, id, conversation_id, seq, shown_in, placed, at, direction, author_member, cause, identity_id, channel_id,
                         content, reply_to, thread, automatic, client_id)
    select ${workspace}, ${message}, ${saying.conversation}, ${seq}, ${saying.conversation}, last_at, clock_timestamp(), ${road ? 'out' : 'note'},
           ${saying.member}, ${saying.cause ? JSON.stringify(saying.cause) : null}::jsonb, ${road?.identity ?? null}, ${road?.channel ?? null},
           ${JSON.stringify(saying.content)}::jsonb, ${saying.replyTo}, ${saying.thread}, ${saying.cause !== null}, ${saying.clientId}
      from conversation where workspace_id = ${workspace} and id = ${saying.conversation}`.execute(tx)
  const delivery = road ? await queue(tx, workspace, { ...saying, ...road, message, op: 'message', body: null }) : null
  await announce(tx, workspace, [
    { kind: 'message.added', subject: message, data: { conversation: saying.conversation } },
  ])
  return { message, delivery }
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
}

/** A delivery and its place in the lane of its chat. */
export async function queue(tx: Tx, workspace: WorkspaceId, q: Queueing): Promise<DeliveryId> {
  const delivery = newId<DeliveryId>()
  await sql`
    with truth as (
      insert into delivery (workspace_id, id, message_id, conversation_id, identity_id, channel_id, op, body, why)
      values (${workspace}, ${delivery}, ${q.message}, ${q.conversation}, ${q.identity}, ${q.channel}, ${q.op},
              ${q.body ? JSON.stringify(q.body) : null}::jsonb, ${JSON.stringify(q.why)}::jsonb))
    insert into delivery_work (workspace_id, delivery_id, channel_id, lane, class, ready_at, expires_at, scheduled)
    values (${workspace}, ${delivery}, ${q.channel}, ${q.sendAt ? ownLane(delivery) : sendLane(q.channel, q.identity, q.class)}::text::bigint, ${q.class},
            ${q.sendAt ?? sql`'-infinity'::timestamptz`}, coalesce(${q.sendAt}::timestamptz, now()) + ${EXPIRES}::interval, ${q.sendAt !== null})`.execute(
    tx,
  )
  return delivery
}

/** 64 bits, as text; a collision only joins two lanes. */
export function sendLane(channel: ChannelId, identity: IdentityId, of: Class): string {
  return hash64(`${channel} ${identity} ${of === 3 ? 'broadcast' : 'talk'}`)
}

/** A message for later must not keep those of now waiting behind it. */
const ownLane = (delivery: DeliveryId): string => hash64(delivery)

const hash64 = (text: string): string => createHash('sha256').update(text).digest().readBigInt64BE().toString()

/** Conversations and messages as the window sees them, in sets: one query for what is asked, one for each thing that hangs on it. */
import { sql, type RawBuilder } from 'kysely'
import type { ConversationRow, MessageView } from '#contract/calls/conversations.ts'
import type { ConversationId, MemberId, MessageId, WorkspaceId } from '#contract/ids.ts'
import { wordsOf, type Content } from '#contract/message/content.ts'
import type { Tx } from '#server/platform/database.ts'

/** Longest first words in a list row. */
const SNIPPET = 140

const iso = (column: RawBuilder<unknown>) => sql`to_char(${column} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`

// ---------------------------------------------------------------- messages

interface MessageRow extends Omit<MessageView, 'author' | 'reactions' | 'deliveries' | 'edited' | 'deletedAt' | 'at'> {
  at: Date
  deletedAt: Date | null
  authorIdentity: MessageView['author']['identity']
  authorMember: MessageView['author']['member']
  cause: { rule?: string } | null
  authorName: string
  unverified: boolean
  editedAt: Date | null
}

/** @returns the messages that exist, in the order asked for */
export async function messageViews(tx: Tx, workspace: WorkspaceId, ids: MessageId[]): Promise<MessageView[]> {
  if (ids.length === 0) return []
  const { rows } = await sql<MessageRow>`
    select m.id, m.shown_in as conversation, m.seq, m.direction, m.content, m.author_identity as "authorIdentity",
           m.author_member as "authorMember", m.cause, coalesce(mb.name, i.name, i.handle, i.external_id, '') as "authorName",
           coalesce(i.unverified, false) as unverified, m.identity_id as identity, m.channel_id as channel, ch.network,
           ${iso(sql`m.placed`)} as placed, m.at, m.late, m.reply_to as "replyTo", m.forwarded, m.edited_at as "editedAt",
           m.deleted_at as "deletedAt", m.client_id as "clientId"
      from message m
      left join identity i on i.workspace_id = m.workspace_id and i.id = m.author_identity
      left join member mb on mb.workspace_id = m.workspace_id and mb.id = m.author_member
      left join channel ch on ch.workspace_id = m.workspace_id and ch.id = m.channel_id
     where m.workspace_id = ${workspace} and m.id = any (${ids}::uuid[])`.execute(tx)
  const reactions = await reactionsOf(tx, workspace, ids)
  const deliveries = await deliveriesOf(
    tx,
    workspace,
    rows.filter((row) => row.direction === 'out').map((row) => row.id),
  )
  const versions = await versionsOf(
    tx,
    workspace,
    rows.filter((row) => row.editedAt !== null).map((row) => row.id),
  )
  const views = new Map(
    rows.map((row): [MessageId, MessageView] => {
      const { authorIdentity, authorMember, cause, authorName, unverified, editedAt, deletedAt, at, ...rest } = row
      return [
        row.id,
        {
          ...rest,
          content: deletedAt ? { parts: [{ kind: 'text', text: '', entities: [] }] } : row.content,
          author: {
            identity: authorIdentity,
            member: authorMember,
            cause: cause?.rule ?? null,
            name: authorName,
            unverified,
          },
          at: at.toISOString(),
          edited: editedAt ? { at: editedAt.toISOString(), versions: versions.get(row.id) ?? 0 } : null,
          deletedAt: deletedAt?.toISOString() ?? null,
          reactions: reactions.get(row.id) ?? [],
          deliveries: deliveries.get(row.id) ?? [],
        },
      ]
    }),
  )
  return ids.flatMap((id) => views.get(id) ?? [])
}

async function reactionsOf(tx: Tx, workspace: WorkspaceId, ids: MessageId[]) {
  const { rows } = await sql<{ message: MessageId } & MessageView['reactions'][number]>`
    select message_id as message, author, by_member as "byMember", emoji, here_only as "hereOnly"
      from reaction where workspace_id = ${workspace} and message_id = any (${ids}::uuid[]) and emoji <> '{}' order by at`.execute(
    tx,
  )
  return group(
    rows,
    (row) => row.message,
    ({ message: _, ...view }) => view,
  )
}

async function versionsOf(tx: Tx, workspace: WorkspaceId, ids: MessageId[]): Promise<Map<MessageId, number>> {
  if (ids.length === 0) return new Map()
  const { rows } = await sql<{ message: MessageId; versions: number }>`
    select message_id as message, count(*)::int as versions from message_version
     where workspace_id = ${workspace} and message_id = any (${ids}::uuid[]) group by 1`.execute(tx)
  return new Map(rows.map((row) => [row.message, row.versions]))
}

type DeliveryView = MessageView['deliveries'][number]
type DeliveryRow = Omit<
  DeliveryView,
  'queuedAt' | 'readyAt' | 'sentAt' | 'deliveredAt' | 'readAt' | 'applied' | 'why'
> & {
  applied: DeliveryView['applied'] | null
  why: DeliveryView['why'] | null
} & Record<'queuedAt', Date> &
  Record<'readyAt' | 'sentAt' | 'deliveredAt' | 'readAt', Date | null>

/** A delivery reads `sending` from its mark on; where files are uploaded before the mark, already while they are. */
export async function deliveriesOf(
  tx: Tx,
  workspace: WorkspaceId,
  messages: MessageId[],
  only?: string[],
): Promise<Map<MessageId, DeliveryView[]>> {
  if (messages.length === 0) return new Map()
  const { rows } = await sql<DeliveryRow>`
    select d.id, d.message_id as message, d.identity_id as identity, d.channel_id as channel, d.op,
           case when d.state = 'queued' and w.state in (1, 2) then 'sending' else d.state end as state,
           d.reason, d.hint, d.applied, d.why, d.settled, d.queued_at as "queuedAt",
           case when w.ready_at > now() then w.ready_at end as "readyAt",
           d.sent_at as "sentAt", d.delivered_at as "deliveredAt", d.read_at as "readAt"
      from delivery d
      left join lateral (select state, ready_at from delivery_work w where w.workspace_id = d.workspace_id and w.delivery_id = d.id limit 1) w on true
     where d.workspace_id = ${workspace} and d.message_id = any (${messages}::uuid[]) ${only ? sql`and d.id = any (${only}::uuid[])` : sql``}
     order by d.id`.execute(tx)
  const text = (at: Date | null) => at?.toISOString() ?? null
  return group(
    rows,
    (row) => row.message,
    (row): DeliveryView => ({
      ...row,
      applied: row.applied ?? [],
      why: row.why ?? [],
      queuedAt: row.queuedAt.toISOString(),
      readyAt: text(row.readyAt),
      sentAt: text(row.sentAt),
      deliveredAt: text(row.deliveredAt),
      readAt: text(row.readAt),
    }),
  )
}

function group<Row, Key, View>(rows: Row[], keyOf: (row: Row) => Key, viewOf: (row: Row) => View): Map<Key, View[]> {
  const groups = new Map<Key, View[]>()
  for (const row of rows) {
    const views = groups.get(keyOf(row))
    if (views) views.push(viewOf(row))
    else groups.set(keyOf(row), [viewOf(row)])
  }
  return groups
}

// ---------------------------------------------------------------- conversations

type RowOfDatabase = Omit<ConversationRow, 'last' | 'snoozedUntil' | 'waitingSince'> & {
  snoozedUntil: Date | null
  waitingSince: Date | null
  lastMessage: MessageId | null
}

/**
 * Rows of the list. `which` chooses and orders them, as SQL over the alias `c`.
 * @param member whose read marks; null in frames that all members share
 */
export async function conversationRows(
  tx: Tx,
  workspace: WorkspaceId,
  member: MemberId | null,
  which: RawBuilder<unknown>,
): Promise<ConversationRow[]> {
  const { rows } = await sql<RowOfDatabase>`
    select c.id, c.contact_id as contact, c.room_id as room,
           coalesce(co.name, p.name, p.handle, p.phone, p.email, p.external_id, '') as name, p.avatar_id as avatar,
           c.status, c.assignee_id as assignee, c.snoozed_until as "snoozedUntil", ${iso(sql`case when c.status = 'open' and c.woke_at = c.last_at then c.woke_at end`)} as "wokeAt", c.priority, c.subject, c.last_seq as "lastSeq",
           c.in_count as "inCount", ${member === null ? sql`null::bigint` : sql`coalesce(r.in_count, 0)`} as "readCount",
           ${iso(sql`c.last_at`)} as "lastAt", c.waiting_since as "waitingSince", c.failed, c.joined_into as "joinedInto",
           c.last_message as "lastMessage", coalesce(p.networks, '{}') as networks
      from (${which}) c
      left join contact co on co.workspace_id = ${workspace} and co.id = c.contact_id
      left join lateral (
           select (array_agg(i.name order by i.id) filter (where i.name is not null))[1] as name,
                  (array_agg(i.handle order by i.id) filter (where i.handle is not null))[1] as handle,
                  (array_agg(i.phone order by i.id) filter (where i.phone is not null))[1] as phone,
                  (array_agg(i.email order by i.id) filter (where i.email is not null))[1] as email,
                  (array_agg(i.avatar_id) filter (where i.avatar_id is not null))[1] as avatar_id,
                  (array_agg(i.external_id order by i.id))[1] as external_id, array_agg(distinct i.network) as networks
             from identity i
            where i.workspace_id = ${workspace} and (i.contact_id = c.contact_id or i.id = c.room_id)) p on true
      ${member === null ? sql`` : sql`left join conversation_read r on r.workspace_id = ${workspace} and r.conversation_id = c.id and r.member_id = ${member}`}
     order by c.last_at desc, c.id desc`.execute(tx)
  const lasts = await lastMessages(
    tx,
    workspace,
    rows.flatMap((row) => row.lastMessage ?? []),
  )
  return rows.map(({ lastMessage, snoozedUntil, waitingSince, ...rest }) => ({
    ...rest,
    snoozedUntil: snoozedUntil?.toISOString() ?? null,
    waitingSince: waitingSince?.toISOString() ?? null,
    last: (lastMessage && lasts.get(lastMessage)) ?? null,
  }))
}

/**
 * What a row says of its last message. Apart from the rows: messages and deliveries lie in a partition for each month, and a plan over two
 * such tables and the others costs more than the reading; ids that are given name their partitions.
 */
async function lastMessages(
  tx: Tx,
  workspace: WorkspaceId,
  ids: MessageId[],
): Promise<Map<MessageId, NonNullable<ConversationRow['last']>>> {
  if (ids.length === 0) return new Map()
  const { rows } = await sql<LastMessage>`
    select m.id, m.direction, m.content, m.deleted_at is not null as deleted, coalesce(mb.name, ai.name, ai.handle, '') as author, ch.network
      from message m
      left join member mb on mb.workspace_id = m.workspace_id and mb.id = m.author_member
      left join identity ai on ai.workspace_id = m.workspace_id and ai.id = m.author_identity
      left join channel ch on ch.workspace_id = m.workspace_id and ch.id = m.channel_id
     where m.workspace_id = ${workspace} and m.id = any (${ids}::uuid[])`.execute(tx)
  const states = await lastStates(
    tx,
    workspace,
    rows.filter((row) => row.direction === 'out').map((row) => row.id),
  )
  return new Map(
    rows.map(({ id, direction, content, deleted, author, network }) => [
      id,
      {
        message: id,
        direction,
        authorName: author,
        words: deleted ? '' : wordsOf(content).replaceAll(/\s+/g, ' ').slice(0, SNIPPET),
        kind: deleted ? 'deleted' : (content.parts[0]?.kind ?? 'text'),
        event: eventOf(content),
        network,
        state: states.get(id) ?? null,
      },
    ]),
  )
}

type Last = NonNullable<ConversationRow['last']>
type LastMessage = Pick<Last, 'direction' | 'network'> & {
  id: MessageId
  content: Content
  deleted: boolean
  author: string
}

async function lastStates(
  tx: Tx,
  workspace: WorkspaceId,
  messages: MessageId[],
): Promise<Map<MessageId, Last['state']>> {
  if (messages.length === 0) return new Map()
  const { rows } = await sql<{ message: MessageId; state: Last['state'] }>`
    select message_id as message, state from delivery
     where workspace_id = ${workspace} and message_id = any (${messages}::uuid[]) and op = 'message' order by id`.execute(
    tx,
  )
  // The newest of a message is the last to be set.
  return new Map(rows.map(({ message, state }) => [message, state]))
}

const eventOf = ({ parts: [first] }: Content) => (first?.kind === 'event' ? { what: first.what, who: first.who } : null)

export const conversationsById = (tx: Tx, workspace: WorkspaceId, member: MemberId | null, ids: ConversationId[]) =>
  conversationRows(
    tx,
    workspace,
    member,
    sql`select * from conversation where workspace_id = ${workspace} and id = any (${ids}::uuid[])`,
  )

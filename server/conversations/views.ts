/** Messages as the window sees them, in sets: one journey for what is asked, one for all that hangs on it. */
import { sql, type RawBuilder } from 'kysely'
import type { MessageView } from '#contract/calls/conversations.ts'
import type { MessageId, WorkspaceId } from '#contract/ids.ts'
import type { Tx } from '#server/platform/database.ts'
import { isoOf, micros } from '#server/platform/micros.ts'
import { inMonths } from '#server/platform/partitions.ts'
import { partsOf } from './parts.ts'

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
  const views = await messagesOf(
    tx,
    workspace,
    sql`select * from message m where workspace_id = ${workspace} and id = any (${ids}::uuid[]) and ${inMonths.of(sql`m.id`, ids)}`,
  )
  const byId = new Map(views.map((view) => [view.id, view]))
  return ids.flatMap((id) => byId.get(id) ?? [])
}

/** Newest first. `which` chooses them, as SQL over the columns of `message`. */
export async function messagesOf(tx: Tx, workspace: WorkspaceId, which: RawBuilder<unknown>): Promise<MessageView[]> {
  const { rows } = await sql<MessageRow>`
    select m.id, m.shown_in as conversation, m.seq, m.direction, m.content, m.author_identity as "authorIdentity",
           m.author_member as "authorMember", m.cause, coalesce((select name from member where workspace_id = ${workspace} and id = m.author_member), i.name, i.handle, i.external_id, '') as "authorName",
           coalesce(i.unverified, false) as unverified, m.identity_id as identity, m.channel_id as channel,
           (select network from channel where workspace_id = ${workspace} and id = m.channel_id) as network,
           ${micros(sql`m.placed`)} as placed, m.at, m.late, m.reply_to as "replyTo", m.forwarded, m.edited_at as "editedAt",
           m.deleted_at as "deletedAt", m.client_id as "clientId"
      from (${which}) m
      -- one by one, not joined: a kept plan that was made over small tables would read them whole when they have grown
      left join lateral (select name, handle, external_id, unverified from identity
                          where workspace_id = ${workspace} and id = m.author_identity offset 0) i on true
     order by m.placed desc, m.seq desc`.execute(tx)
  const idsWhere = (is: (row: MessageRow) => boolean) => rows.filter(is).map((row) => row.id)
  const [reactions, deliveries, versions] = await Promise.all([
    reactionsOf(
      tx,
      workspace,
      idsWhere(() => true),
    ),
    deliveriesOf(
      tx,
      workspace,
      idsWhere(({ direction }) => direction === 'out'),
    ),
    versionsOf(
      tx,
      workspace,
      idsWhere(({ editedAt }) => editedAt !== null),
    ),
  ])
  return rows.map((row): MessageView => {
    const { authorIdentity, authorMember, cause, authorName, unverified, editedAt, deletedAt, at, ...rest } = row
    return {
      ...rest,
      placed: isoOf(rest.placed),
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
    }
  })
}

async function reactionsOf(tx: Tx, workspace: WorkspaceId, ids: MessageId[]) {
  if (ids.length === 0) return new Map<MessageId, MessageView['reactions']>()
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
  'queuedAt' | 'readyAt' | 'sentAt' | 'deliveredAt' | 'readAt' | 'applied' | 'why' | 'parts'
> & {
  rest: number
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
           d.reason, d.hint, d.applied, d.why, d.settled, d.rest, d.queued_at as "queuedAt",
           case when w.ready_at > now() then w.ready_at end as "readyAt",
           d.sent_at as "sentAt", d.delivered_at as "deliveredAt", d.read_at as "readAt"
      -- one message after the other: joined, or asked for in order, a kept plan reads all of the range
      from unnest(${messages}::uuid[]) as n (message)
     cross join lateral (
           select * from delivery d where d.workspace_id = ${workspace} and d.message_id = n.message and ${inMonths.since(sql`d.id`, messages.toSorted()[0]!)} offset 0) d
      left join lateral (select state, ready_at from delivery_work w where w.workspace_id = d.workspace_id and w.delivery_id = d.id limit 1) w on true
     ${only ? sql`where d.id = any (${only}::uuid[])` : sql``}`.execute(tx)
  rows.sort((a, b) => (a.id < b.id ? -1 : 1))
  const halfway = rows.filter(({ rest, state }) => rest > 0 && (state === 'failed' || state === 'unconfirmed'))
  const parts = await partsOf(
    tx,
    workspace,
    halfway.map(({ id }) => id),
  )
  const text = (at: Date | null) => at?.toISOString() ?? null
  return group(
    rows,
    (row) => row.message,
    ({ rest: _, ...row }): DeliveryView => ({
      ...row,
      parts: parts.get(row.id) ?? null,
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

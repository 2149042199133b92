/** What members do to a message that was said: edited, taken back, reacted to. Each function runs in the caller's transaction. */
import { sql } from 'kysely'
import type {
  ChannelId,
  ConversationId,
  DeliveryId,
  IdentityId,
  MemberId,
  MessageId,
  WorkspaceId,
} from '#contract/ids.ts'
import type { Content, Entity, Part } from '#contract/message/content.ts'
import { keptMarks, writtenOf } from '#contract/message/marked-words.ts'
import type { Connectors } from '#connector-kit/load.ts'
import { announce } from '#server/feed/feed.ts'
import type { Tx } from '#server/platform/database.ts'
import { programClock } from '#server/platform/new-id.ts'
import { Refused } from '#server/platform/problem.ts'
import { queue } from './enqueue.ts'
import { cancel } from './deliveries.ts'

interface Said {
  id: MessageId
  conversation: ConversationId
  content: Content
  direction: string
  identity: IdentityId | null
  channel: ChannelId | null
  deleted: boolean
  edits: number
}

/**
 * Locks a message and what of it is in the queue, in the order in which senders do. A sender that is claiming it has either claimed before
 * (and reads the old words, so the change is a delivery of its own), or claims afterwards and reads the new ones.
 */
async function lockMessage(tx: Tx, workspace: WorkspaceId, id: MessageId): Promise<Said> {
  await lockQueued(tx, workspace, id)
  const { rows } = await sql<Said>`
    select id, shown_in as conversation, content, direction, identity_id as identity, channel_id as channel, deleted_at is not null as deleted,
           (select count(*)::int from message_version v where v.workspace_id = m.workspace_id and v.message_id = m.id) as edits
      from message m where workspace_id = ${workspace} and id = ${id} for update`.execute(tx)
  if (!rows[0] || rows[0].deleted) throw new Refused('not_found')
  // What was sent again until the message was ours.
  await lockQueued(tx, workspace, id)
  return rows[0]
}

const lockQueued = (tx: Tx, workspace: WorkspaceId, message: MessageId) =>
  sql`
    select 1 from delivery_work w
     where w.workspace_id = ${workspace} and w.delivery_id in (select id from delivery where workspace_id = ${workspace} and message_id = ${message})
     order by w.pos for update of w`.execute(tx)

interface Copy {
  delivery: DeliveryId
  identity: IdentityId
  channel: ChannelId
  state: string
  /** Still in the queue, and no request of it has begun. */
  waiting: boolean
  /** Where it is being sent right now: what is done to it waits behind it. */
  lane: string | null
  connector: string
  sentAt: Date | null
}

/** Where a message went, or is going. */
async function copiesOf(tx: Tx, workspace: WorkspaceId, message: MessageId): Promise<Copy[]> {
  const { rows } = await sql<Copy>`
    select d.id as delivery, d.identity_id as identity, d.channel_id as channel, d.state, ch.connector, d.sent_at as "sentAt",
           coalesce(w.state in (0, 3) and w.piece = 0, false) as waiting, w.lane::text as lane
      from delivery d join channel ch on ch.workspace_id = d.workspace_id and ch.id = d.channel_id
      left join delivery_work w on w.workspace_id = d.workspace_id and w.delivery_id = d.id
     where d.workspace_id = ${workspace} and d.message_id = ${message} and d.op = 'message' order by d.id`.execute(tx)
  return rows
}

/** Edits what we said: in the queue the words are replaced; what went out is edited there, or corrected by a reply (`fit`). */
export async function editMessage(tx: Tx, workspace: WorkspaceId, id: MessageId, words: NewWords): Promise<void> {
  const message = await lockMessage(tx, workspace, id)
  if (message.direction !== 'out' && message.direction !== 'note')
    throw new Refused('cannot', { detail: 'only our own words can be edited' })
  const content = withWords(message.content, words)
  await sql`insert into message_version (workspace_id, message_id, no, content, at) values (${workspace}, ${id}, ${message.edits}, ${JSON.stringify(message.content)}::jsonb, now())`.execute(
    tx,
  )
  await sql`update message set content = ${JSON.stringify(content)}::jsonb, edited_at = now() where workspace_id = ${workspace} and id = ${id}`.execute(
    tx,
  )
  for (const copy of await copiesOf(tx, workspace, id)) {
    if (copy.waiting || copy.state === 'failed') continue
    if (await joinWaitingEdit(tx, workspace, id, copy, content)) continue
    await queue(tx, workspace, {
      ...copy,
      message: id,
      conversation: message.conversation,
      op: 'edit',
      body: { content },
      why: [],
      class: 1,
      sendAt: null,
    })
  }
  await announce(tx, workspace, [{ kind: 'message.changed', subject: id }])
}

/** An edit that waits in the queue takes the newer words, so that only the last ones travel. @returns whether one waited */
async function joinWaitingEdit(
  tx: Tx,
  workspace: WorkspaceId,
  message: MessageId,
  { identity, channel }: Copy,
  content: Content,
): Promise<boolean> {
  const { rows } = await sql`
    update delivery d set body = ${JSON.stringify({ content })}::jsonb from delivery_work w
     where d.workspace_id = ${workspace} and d.message_id = ${message} and d.identity_id = ${identity} and d.channel_id = ${channel} and d.op = 'edit'
       and w.workspace_id = d.workspace_id and w.delivery_id = d.id and w.state in (0, 3) and w.piece = 0
    returning 1`.execute(tx)
  return rows.length > 0
}

/** Without `entities` the marks of the words that stayed are kept. */
interface NewWords {
  text: string
  entities?: Entity[] | undefined
}

/** The words of a content, replaced where they stand: as a text, else under a picture; its media stay. */
function withWords(content: Content, { text, entities }: NewWords): Content {
  const words = { text, entities: entities ?? keptMarks(writtenOf(content), text) }
  const isText = (part: Part) => part.kind === 'text'
  const isCaptioned = (part: Part) => 'caption' in part && part.caption !== undefined
  const index = [isText, isCaptioned].map((has) => content.parts.findIndex(has)).find((at) => at >= 0)
  if (index === undefined) return { ...content, parts: [...content.parts, { kind: 'text', ...words }] }
  const parts = content.parts.map((part, at): Part => {
    if (at !== index) return part
    return isText(part) ? { kind: 'text', ...words } : ({ ...part, caption: words } as Part)
  })
  return { ...content, parts }
}

/** @throws Refused `cannot` where a network does not take anything back; nothing was changed then */
export async function deleteMessage(
  tx: Tx,
  workspace: WorkspaceId,
  id: MessageId,
  connectors: Connectors,
): Promise<void> {
  const message = await lockMessage(tx, workspace, id)
  if (message.direction === 'in') throw new Refused('cannot', { detail: 'what others wrote is theirs' })
  const copies = await copiesOf(tx, workspace, id)
  const out = copies.filter((copy) => !copy.waiting && copy.state !== 'failed')
  for (const copy of out) {
    const abilities = connectors.get(copy.connector)?.connector.abilities
    const tooOld =
      abilities?.delete?.within !== undefined &&
      copy.sentAt !== null &&
      programClock.now().getTime() - copy.sentAt.getTime() > abilities.delete.within * 1000
    if ((!abilities?.delete?.out || tooOld) && !abilities?.edit?.out)
      throw new Refused('cannot', {
        detail: 'the network does not take messages back',
        values: { reason: tooOld ? 'too_old' : 'delete_refused' },
      })
  }
  for (const copy of out)
    await queue(tx, workspace, {
      ...copy,
      message: id,
      conversation: message.conversation,
      op: 'delete',
      body: null,
      why: [],
      class: 1,
      sendAt: null,
    })
  await cancel(
    tx,
    workspace,
    copies.filter((copy) => copy.waiting).map((copy) => copy.delivery),
  )
  if (out.length === 0)
    await sql`update message set deleted_at = now() where workspace_id = ${workspace} and id = ${id}`.execute(tx)
  await announce(tx, workspace, [{ kind: 'message.changed', subject: id }])
}

/** Our reaction to what was said; where the network has none, it is kept and only seen here. */
export async function reactToMessage(
  tx: Tx,
  workspace: WorkspaceId,
  member: MemberId,
  id: MessageId,
  emoji: string[],
  connectors: Connectors,
): Promise<void> {
  const message = await lockMessage(tx, workspace, id)
  const { rows } = message.channel
    ? await sql<{
        connector: string
      }>`select connector from channel where workspace_id = ${workspace} and id = ${message.channel}`.execute(tx)
    : { rows: [] }
  const out = connectors.get(rows[0]?.connector ?? '')?.connector.abilities.reaction?.out !== undefined
  await sql`
    insert into reaction (workspace_id, message_id, author, by_member, emoji, here_only) values (${workspace}, ${id}, ${member}, true, ${emoji}::text[], ${!out})
    on conflict (workspace_id, message_id, author) do update set emoji = excluded.emoji, here_only = excluded.here_only, at = now()`.execute(
    tx,
  )
  if (out && message.identity && message.channel)
    await queue(tx, workspace, {
      message: id,
      conversation: message.conversation,
      identity: message.identity,
      channel: message.channel,
      op: 'react',
      body: { emoji },
      why: [],
      class: 1,
      sendAt: null,
    })
  await announce(tx, workspace, [{ kind: 'message.changed', subject: id }])
}

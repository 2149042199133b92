/** What members say: checked, put on its road, changed and taken back afterwards. Each function runs in the caller's transaction. */
import { sql } from 'kysely'
import { fit } from '#connector-kit/fit/fit.ts'
import type { Op } from '#connector-kit/connector.ts'
import type {
  ChannelId,
  ClientId,
  ConversationId,
  DeliveryId,
  FileId,
  IdentityId,
  MemberId,
  MessageId,
  WorkspaceId,
} from '#contract/ids.ts'
import type { Choices, Content, Part } from '#contract/message/content.ts'
import type { Connectors } from '#connector-kit/load.ts'
import { announce } from '#server/feed/feed.ts'
import type { Tx } from '#server/platform/database.ts'
import { newId, programClock } from '#server/platform/new-id.ts'
import { Refused } from '#server/platform/problem.ts'
import { queue, say } from './enqueue.ts'
import { endFollowers, resumeFollowers } from './followers.ts'
import { chooseFor } from './roads.ts'
import { countFailures } from './trouble.ts'

export interface Spoken {
  text?: string | undefined
  parts?: Part[] | undefined
  subject?: string | undefined
  cc?: string[] | undefined
  bcc?: string[] | undefined
  choices?: Choices | undefined
  via?: IdentityId | undefined
  replyTo?: MessageId | undefined
  clientId?: ClientId | undefined
  sendAt?: string | undefined
  note?: boolean | undefined
}

/** @throws Refused `not_found` · `no_road` with the reasons of each road */
export async function sendMessage(
  tx: Tx,
  workspace: WorkspaceId,
  member: MemberId,
  id: ConversationId,
  spoken: Spoken,
  connectors: Connectors,
): Promise<MessageId> {
  const conversation = await lockConversation(tx, workspace, id)
  const before = spoken.clientId && (await byClientId(tx, workspace, spoken.clientId))
  if (before) return before
  const content = contentOf(spoken)
  await holdFiles(tx, workspace, content)
  const base = {
    conversation: conversation.id,
    content,
    member,
    cause: null,
    clientId: spoken.clientId ?? null,
    class: 1 as const,
  }
  if (spoken.note) {
    const { message } = await say(tx, workspace, {
      ...base,
      road: null,
      replyTo: spoken.replyTo ?? null,
      thread: null,
      sendAt: null,
    })
    await nameByClient(tx, workspace, spoken.clientId, message)
    return message
  }
  const { choice } = await chooseFor(tx, workspace, conversation.id, spoken, connectors)
  if (!choice.road) {
    const reasons = choice.others.map(({ road, cannot }) => ({
      identity: road.identity,
      channel: road.channel,
      cannot,
    }))
    throw new Refused('no_road', { values: { roads: reasons } })
  }
  const { identity, channel } = choice.road
  const { message } = await say(tx, workspace, {
    ...base,
    content: await withSubject(tx, workspace, conversation.id, content, channel, connectors),
    road: { identity, channel, why: choice.why },
    replyTo: spoken.replyTo ?? null,
    thread: null,
    sendAt: spoken.sendAt ? new Date(spoken.sendAt) : null,
  })
  await nameByClient(tx, workspace, spoken.clientId, message)
  return message
}

export function contentOf(spoken: Pick<Spoken, 'text' | 'parts' | 'subject' | 'cc' | 'bcc' | 'choices'>): Content {
  const text = spoken.text?.trim() ? [{ kind: 'text' as const, text: spoken.text, entities: [] }] : []
  const parts = [...(spoken.parts ?? []), ...text]
  if (parts.length === 0)
    throw new Refused('invalid', { fields: [{ path: 'text', reason: 'text or parts are wanted' }] })
  const { subject, cc, bcc, choices } = spoken
  return {
    parts,
    ...(subject ? { subject } : {}),
    ...(cc ? { cc } : {}),
    ...(bcc ? { bcc } : {}),
    ...(choices ? { choices } : {}),
  }
}

/** A letter without a subject of its own goes on under the last one of its thread. */
async function withSubject(
  tx: Tx,
  workspace: WorkspaceId,
  conversation: ConversationId,
  content: Content,
  channel: ChannelId,
  connectors: Connectors,
): Promise<Content> {
  if (content.subject) return content
  const { rows: channels } = await sql<{
    connector: string
  }>`select connector from channel where workspace_id = ${workspace} and id = ${channel}`.execute(tx)
  if (!connectors.get(channels[0]?.connector ?? '')?.connector.abilities.subject?.out) return content
  const { rows } = await sql<{ subject: string }>`
    select content ->> 'subject' as subject from message
     where workspace_id = ${workspace} and shown_in = ${conversation} and channel_id = ${channel} and content ? 'subject' order by placed desc, seq desc limit 1`.execute(
    tx,
  )
  const last = rows[0]?.subject
  return last ? { ...content, subject: /^re:/i.test(last) ? last : `Re: ${last}` } : content
}

async function lockConversation(tx: Tx, workspace: WorkspaceId, id: ConversationId): Promise<{ id: ConversationId }> {
  const { rows } = await sql<{ id: ConversationId; joined: ConversationId | null }>`
    select id, joined_into as joined from conversation where workspace_id = ${workspace} and id = ${id} for update`.execute(
    tx,
  )
  if (!rows[0]) throw new Refused('not_found')
  // Its contact was merged while the composer was open: the message goes where the thread is now.
  return rows[0].joined ? lockConversation(tx, workspace, rows[0].joined) : rows[0]
}

/** A client id is one more name of the message: a repeat returns the first. */
async function byClientId(tx: Tx, workspace: WorkspaceId, clientId: ClientId): Promise<MessageId | null> {
  const { rows } = await sql<{ message: MessageId }>`
    select message_id as message from message_ref where workspace_id = ${workspace} and channel_id = ${NIL} and chat = '' and external_id = ${`#${clientId}`}`.execute(
    tx,
  )
  return rows[0]?.message ?? null
}

const NIL = '00000000-0000-0000-0000-000000000000'

async function nameByClient(
  tx: Tx,
  workspace: WorkspaceId,
  clientId: ClientId | undefined,
  message: MessageId,
): Promise<void> {
  if (!clientId) return
  await sql`insert into message_ref (workspace_id, channel_id, chat, external_id, message_id, direction)
            values (${workspace}, ${NIL}, '', ${`#${clientId}`}, ${message}, 'out')`.execute(tx)
}

/** @throws Refused `not_found` for a file that is not this workspace's */
async function holdFiles(tx: Tx, workspace: WorkspaceId, content: Content): Promise<void> {
  const files = content.parts.flatMap((part) => ('source' in part ? [part.source] : []))
  if (files.some((source) => !('file' in source)))
    throw new Refused('invalid', { fields: [{ path: 'parts', reason: 'files are named by their id' }] })
  const ids = [...new Set(files.flatMap((source) => ('file' in source ? [source.file as FileId] : [])))]
  if (ids.length === 0) return
  const { rows } =
    await sql`update file set held = true where workspace_id = ${workspace} and id = any (${ids}::uuid[]) returning id`.execute(
      tx,
    )
  if (rows.length < ids.length) throw new Refused('not_found')
}

// ---------------------------------------------------------------- afterwards

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
export async function editMessage(tx: Tx, workspace: WorkspaceId, id: MessageId, text: string): Promise<void> {
  const message = await lockMessage(tx, workspace, id)
  if (message.direction !== 'out' && message.direction !== 'note')
    throw new Refused('cannot', { detail: 'only our own words can be edited' })
  const content = withText(message.content, text)
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

/** The words of a content, replaced where they stand: as a text, else under a picture; its media stay. */
function withText(content: Content, text: string): Content {
  const words = { text, entities: [] }
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
      Date.now() - copy.sentAt.getTime() > abilities.delete.within * 1000
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

// ---------------------------------------------------------------- deliveries

interface Ended {
  message: MessageId
  conversation: ConversationId
  state: string
  settled: boolean
}

/** Its message first, as those do who change it: what goes out again must not go with words that are being replaced. */
async function lockDelivery(tx: Tx, workspace: WorkspaceId, id: DeliveryId): Promise<Ended> {
  await sql`
    select 1 from message m where m.workspace_id = ${workspace}
       and m.id = (select message_id from delivery where workspace_id = ${workspace} and id = ${id}) for update of m`.execute(
    tx,
  )
  const { rows } = await sql<Ended>`
    select d.message_id as message, m.shown_in as conversation, d.state, d.settled from delivery d
      join message m on m.workspace_id = d.workspace_id and m.id = d.message_id
     where d.workspace_id = ${workspace} and d.id = ${id} for update of d`.execute(tx)
  if (!rows[0]) throw new Refused('not_found')
  return rows[0]
}

/** A new delivery of a failed or unconfirmed one, which is settled by it. @throws Refused `not_resendable` for any other */
export async function resend(
  tx: Tx,
  workspace: WorkspaceId,
  id: DeliveryId,
  via: IdentityId | undefined,
  connectors: Connectors,
): Promise<MessageId> {
  const ended = await lockDelivery(tx, workspace, id)
  if ((ended.state !== 'failed' && ended.state !== 'unconfirmed') || ended.settled) throw new Refused('not_resendable')
  const { rows } = await sql<{
    identity: IdentityId
    channel: ChannelId
    op: 'message' | 'edit' | 'delete' | 'react'
    body: { content?: Content; emoji?: string[] } | null
  }>`
    select identity_id as identity, channel_id as channel, op, body from delivery where workspace_id = ${workspace} and id = ${id}`.execute(
    tx,
  )
  const before = rows[0]!
  const { choice } = await chooseFor(tx, workspace, ended.conversation, { via: via ?? before.identity }, connectors)
  const road =
    choice.others.find(
      ({ road: each, cannot }) =>
        cannot === null && !via && each.identity === before.identity && each.channel === before.channel,
    )?.road ?? choice.road
  if (!road) throw new Refused('no_road')
  await settleQuietly(tx, workspace, id, ended)
  await queue(tx, workspace, {
    message: ended.message,
    conversation: ended.conversation,
    identity: road.identity,
    channel: road.channel,
    op: before.op,
    body: before.body,
    why: [{ code: 'asked_for' }],
    class: 1,
    sendAt: null,
  })
  await announce(tx, workspace, [{ kind: 'message.changed', subject: ended.message }])
  return ended.message
}

/** A member says whether it arrived; of a failed one, that it is seen to. */
export async function settle(tx: Tx, workspace: WorkspaceId, id: DeliveryId, arrived: boolean): Promise<MessageId> {
  const ended = await lockDelivery(tx, workspace, id)
  if (ended.state !== 'failed' && ended.state !== 'unconfirmed') throw new Refused('conflict')
  if (ended.state === 'unconfirmed') {
    const state = arrived ? 'sent' : 'failed'
    await sql`update delivery set state = ${state}, reason = ${arrived ? null : 'unconfirmed'}, sent_at = case when ${arrived} then coalesce(sent_at, dispatched_at) else sent_at end
               where workspace_id = ${workspace} and id = ${id}`.execute(tx)
  }
  await settleQuietly(tx, workspace, id, ended)
  if (arrived && ended.state === 'unconfirmed') await resumeFollowers(tx, workspace, [id])
  await announce(tx, workspace, [{ kind: 'message.changed', subject: ended.message }])
  return ended.message
}

async function settleQuietly(tx: Tx, workspace: WorkspaceId, id: DeliveryId, ended: Ended): Promise<void> {
  if (ended.settled) return
  await sql`update delivery set settled = true where workspace_id = ${workspace} and id = ${id}`.execute(tx)
  await announce(
    tx,
    workspace,
    await countFailures(tx, workspace, [{ conversation: ended.conversation, was: ended.state, state: 'sent' }]),
  )
}

/** Takes a queued delivery back. @throws Refused `conflict` when it is on its way already */
export async function cancelDelivery(tx: Tx, workspace: WorkspaceId, id: DeliveryId): Promise<MessageId> {
  const ended = await lockDelivery(tx, workspace, id)
  if ((await cancel(tx, workspace, [id])) === 0) throw new Refused('conflict', { detail: 'it is on its way already' })
  await announce(tx, workspace, [{ kind: 'message.changed', subject: ended.message }])
  return ended.message
}

/** @returns how many were still in the queue */
async function cancel(tx: Tx, workspace: WorkspaceId, ids: DeliveryId[]): Promise<number> {
  if (ids.length === 0) return 0
  const { rows } = await sql<{ delivery: DeliveryId }>`
    delete from delivery_work where workspace_id = ${workspace} and delivery_id = any (${ids}::uuid[]) and state in (0, 3) and piece = 0 returning delivery_id as delivery`.execute(
    tx,
  )
  const gone = rows.map((row) => row.delivery)
  await sql`update delivery set state = 'failed', reason = 'cancelled', settled = true, ended_at = now() where workspace_id = ${workspace} and id = any (${gone}::uuid[])`.execute(
    tx,
  )
  await endFollowers(tx, workspace, gone)
  return gone.length
}

/** Fails all that waits for a channel which was removed. */
export async function failQueued(tx: Tx, workspace: WorkspaceId, channel: ChannelId): Promise<void> {
  await failWork(tx, workspace, 'channel_removed', sql`channel_id = ${channel}`)
}

/** Fails what waited too long. Called by the scheduler while the channel may send. */
export async function failExpired(tx: Tx, workspace: WorkspaceId): Promise<number> {
  return failWork(
    tx,
    workspace,
    'expired',
    sql`expires_at < now() and expires_open <= coalesce((select open_ms from channel_pace p where p.workspace_id = ${workspace} and p.channel_id = delivery_work.channel_id), 0) and not (select hold from workspace w where w.workspace_id = ${workspace}) and exists (select from channel c where c.workspace_id = ${workspace} and c.id = channel_id and c.state in ('ready', 'degraded', 'catching_up'))`,
  )
}

async function failWork(
  tx: Tx,
  workspace: WorkspaceId,
  reason: string,
  which: ReturnType<typeof sql>,
): Promise<number> {
  const { rows } = await sql<{
    delivery: DeliveryId
    conversation: ConversationId
    message: MessageId
    was: string
    state: string
  }>`
    with gone as (delete from delivery_work where workspace_id = ${workspace} and state = 0 and ${which} returning delivery_id),
         before as (select id, state as was from delivery where workspace_id = ${workspace} and id in (select delivery_id from gone) order by id for update)
    update delivery d set state = 'failed', reason = ${reason}, ended_at = now() from before
     where d.workspace_id = ${workspace} and d.id = before.id
    returning d.id as delivery, d.conversation_id as conversation, d.message_id as message, before.was, d.state`.execute(
    tx,
  )
  await endFollowers(
    tx,
    workspace,
    rows.map((row) => row.delivery),
  )
  const trouble = await countFailures(tx, workspace, rows)
  await announce(tx, workspace, [
    ...rows.map((row) => ({ kind: 'message.changed' as const, subject: row.message })),
    ...trouble,
  ])
  return rows.length
}

// ---------------------------------------------------------------- preview

/** What would become of this message on its road. */
export async function preview(
  tx: Tx,
  workspace: WorkspaceId,
  conversation: ConversationId,
  spoken: Spoken,
  connectors: Connectors,
  /** Others can reach us: links to files and pages are possible. */
  isReachable: boolean,
) {
  const { choice } = await chooseFor(tx, workspace, conversation, spoken, connectors)
  const channel = choice.road?.channel
  const { rows } = channel
    ? await sql<{
        connector: string
      }>`select connector from channel where workspace_id = ${workspace} and id = ${channel}`.execute(tx)
    : { rows: [] }
  const connector = connectors.get(rows[0]?.connector ?? '')?.connector
  if (!connector || !choice.road) return { pieces: [], applied: [], cannot: 'no_road' }
  const op: Op = { key: newId(), chat: '-', do: 'message', content: contentOf(spoken) }
  const fitted = fit(op, connector.abilities, {
    now: programClock.now(),
    windowEnds: choice.road.hasWindow ? choice.road.windowUntil : null,
    linkOf: () => (isReachable ? 'https://…' : null),
    ...(isReachable ? { page: 'https://…' } : {}),
  })
  if ('cannot' in fitted) return { pieces: [], applied: [], cannot: fitted.cannot }
  return {
    pieces: fitted.ops.flatMap((each) => (each.do === 'message' ? [each.content] : [])),
    applied: fitted.applied,
    cannot: null,
  }
}

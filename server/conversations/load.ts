/** Loads all that a batch speaks of, in sets: identities, conversations (locked), names, messages. */
import { sql } from 'kysely'
import type { Incoming, Who } from '#connector-kit/connector.ts'
import type { ChannelId, ContactId, ConversationId, IdentityId, MessageId, WorkspaceId } from '#contract/ids.ts'
import { recognise, type Identity, type Sighting } from '#server/contacts/identities.ts'
import type { Tx } from '#server/platform/database.ts'
import { newId } from '#server/platform/new-id.ts'
import { inMonths } from '#server/platform/partitions.ts'
import { ownName, unknownName } from './names.ts'
import {
  refKey,
  type ChannelRealm,
  type Known,
  type KnownConversation,
  type KnownMessage,
  type KnownRef,
  type RefName,
  type Told,
} from './told.ts'

export interface LoadedConversation extends KnownConversation {
  status: string
  /** With microseconds, as text. */
  readonly lastAt: string
  /** The moment of this batch here, not before `lastAt`: where a fresh message is placed, and when the conversation moved last. */
  readonly now: string
}

export interface Loaded extends Known {
  readonly conversations: LoadedConversation[]
  /** Contacts made by this batch. */
  readonly freshContacts: ContactId[]
}

export async function loadKnown(tx: Tx, workspace: WorkspaceId, batch: readonly Told[]): Promise<Loaded> {
  const people = await loadIdentities(tx, workspace, batch)
  const owners = new Set<ContactId | IdentityId>()
  for (const told of batch) for (const owner of ownersIn(told, people)) owners.add(owner)
  const ids = await conversationsOf(tx, workspace, people.all(), owners)
  // Names are read when the conversations are locked: whoever else brings the same message has committed then.
  const [conversations, refs] = await Promise.all([
    lockThose(tx, workspace, ids),
    loadRefs(tx, workspace, batch.flatMap(namesIn)),
  ])
  if (conversations.length < ids.length) throw new Overtaken()
  const messages = await loadMessages(
    tx,
    workspace,
    [...refs.values()].flatMap((ref) => ref.message ?? []),
  )
  const byOwner = new Map(conversations.map((each) => [(each.contact ?? each.room) as ContactId | IdentityId, each]))
  return {
    identity: people.identity,
    talker: people.talker,
    conversationOf: (owner) => byOwner.get(owner),
    ref: (name) => refs.get(refKey(name)),
    message: (id) => messages.get(id),
    conversations,
    freshContacts: people.all().flatMap((identity) => (identity.fresh && identity.contact ? [identity.contact] : [])),
  }
}

// ---------------------------------------------------------------- identities

interface People {
  identity: Known['identity']
  talker: Known['talker']
  all(): Identity[]
}

async function loadIdentities(tx: Tx, workspace: WorkspaceId, batch: readonly Told[]): Promise<People> {
  const sightings = new Map<string, { channel: ChannelRealm; seen: Sighting[] }>()
  const chats = new Map<string, { channel: ChannelRealm; chat: string }>()
  const overdue = new Map<string, { channel: ChannelRealm; chat: string }>()
  for (const { channel, incoming, overdue: isOverdue } of batch) {
    const realm = `${channel.network}\n${channel.scope}`
    const group = sightings.get(realm) ?? { channel, seen: [] }
    sightings.set(realm, group)
    for (const each of incoming) {
      for (const who of whosIn(each)) group.seen.push({ who, kind: 'person' })
      if (each.is === 'message' && each.group)
        group.seen.push({ who: { id: each.ref.chat, name: each.group.name }, kind: 'room' })
      if (isOverdue && each.is === 'edit')
        overdue.set(`${channel.id}\n${each.target.chat}`, { channel, chat: each.target.chat })
      const chat = chatOfOtherSide(each)
      if (chat !== undefined) chats.set(`${channel.id}\n${chat}`, { channel, chat })
    }
  }
  const byRoad = await identitiesOfChats(tx, workspace, [...new Map([...overdue, ...chats]).values()])
  // A chat that nobody has been heard in yet is taken for its person: on many networks both have one id.
  for (const [key, { channel, chat }] of chats) {
    const group = sightings.get(`${channel.network}\n${channel.scope}`)
    if (!byRoad.has(key) && !group?.seen.some((s) => s.who.id === chat))
      group?.seen.push({ who: { id: chat }, kind: 'person' })
  }
  const realms = new Map<string, Map<string, Identity>>()
  for (const [realm, { channel, seen }] of [...sightings].toSorted(([a], [b]) => (a < b ? -1 : 1)))
    realms.set(realm, await recognise(tx, workspace, channel, seen))
  const identity: Known['identity'] = (channel, externalId) =>
    realms.get(`${channel.network}\n${channel.scope}`)?.get(externalId)
  return {
    identity,
    talker: (channel, chat) => byRoad.get(`${channel.id}\n${chat}`) ?? identity(channel, chat),
    all: () => [...[...realms.values()].flatMap((realm) => [...realm.values()]), ...byRoad.values()],
  }
}

function whosIn(incoming: Incoming): Who[] {
  switch (incoming.is) {
    case 'profile':
      return [incoming.of]
    case 'same':
      return [incoming.one, incoming.other]
    case 'unknown':
      return incoming.by ? [incoming.by] : []
    case 'status':
    case 'moved':
    case 'channel':
    case 'resync':
      return []
    case 'message':
    case 'edit':
    case 'delete':
    case 'reaction':
    case 'press':
    case 'start':
    case 'permission':
    case 'typing':
      return [incoming.by]
  }
}

/** Chats whose other side must be known by the chat alone: what we ourselves wrote there, and watermarks. */
function chatOfOtherSide(incoming: Incoming): string | undefined {
  if (incoming.is === 'message' && incoming.by.self && !incoming.group) return incoming.ref.chat
  if (incoming.is === 'unknown' && incoming.by?.self) return incoming.ref?.chat
  return incoming.is === 'status' ? incoming.upTo?.chat : undefined
}

async function identitiesOfChats(
  tx: Tx,
  workspace: WorkspaceId,
  chats: { channel: ChannelRealm; chat: string }[],
): Promise<Map<string, Identity>> {
  if (chats.length === 0) return new Map()
  const { rows } = await sql<Identity & { channel: ChannelId; chat: string }>`
    select r.channel_id as channel, r.chat, i.id, i.contact_id as contact, i.external_id as "externalId", i.kind, i.ours, i.reach, false as fresh
      from unnest(${chats.map((c) => c.channel.id)}::uuid[], ${chats.map((c) => c.chat)}::text[]) as c (channel, chat)
      join road r on r.workspace_id = ${workspace} and r.channel_id = c.channel and r.chat = c.chat
     cross join lateral (select * from identity x where x.workspace_id = ${workspace} and x.id = r.identity_id limit 1) i`.execute(
    tx,
  )
  return new Map(rows.map((row) => [`${row.channel}\n${row.chat}`, row]))
}

// ---------------------------------------------------------------- conversations

/** Whose conversations this event may write into. */
function ownersIn(told: Told, people: People): (ContactId | IdentityId)[] {
  return told.incoming.flatMap((incoming) => {
    const chat =
      told.overdue && incoming.is === 'edit'
        ? incoming.target.chat
        : incoming.is === 'message' && incoming.group
          ? incoming.ref.chat
          : chatOfOtherSide(incoming)
    const writes = ['message', 'press', 'start', 'permission', 'unknown'].includes(incoming.is)
    const identities = [
      ...(chat === undefined ? [] : [people.talker(told.channel, chat)]),
      ...(writes ? whosIn(incoming).map((who) => people.identity(told.channel, who.id)) : []),
    ]
    return identities.flatMap((identity) => (!identity || identity.ours ? [] : [identity.contact ?? identity.id]))
  })
}

/** Of all these owners; new ones are made. */
async function conversationsOf(
  tx: Tx,
  workspace: WorkspaceId,
  identities: Identity[],
  owners: Set<ContactId | IdentityId>,
): Promise<ConversationId[]> {
  if (owners.size === 0) return []
  const rooms = new Set(
    identities.filter((identity) => identity.kind === 'room').map((identity) => identity.id as string),
  )
  const wanted = [...owners].toSorted()
  let ids = await idsOfOwners(tx, workspace, wanted)
  const missing = wanted.filter((owner) => !ids.has(owner))
  if (missing.length > 0) {
    await sql`
      insert into conversation (workspace_id, id, contact_id, room_id)
      select ${workspace}, id, case when room then null else owner end, case when room then owner end
        from unnest(${missing.map(() => newId<ConversationId>())}::uuid[], ${missing}::uuid[], ${missing.map((owner) => rooms.has(owner))}::boolean[])
             as n (id, owner, room)
      on conflict do nothing`.execute(tx)
    ids = await idsOfOwners(tx, workspace, wanted)
  }
  if (ids.size < wanted.length) throw new Overtaken()
  return [...ids.values()]
}

/** A contact was merged, or split, between two statements of this transaction: nothing was written, and the next try will see it. */
export class Overtaken extends Error {
  constructor() {
    super('a conversation was joined to another meanwhile')
    this.name = 'Overtaken'
  }
}

async function idsOfOwners(tx: Tx, workspace: WorkspaceId, owners: string[]): Promise<Map<string, ConversationId>> {
  const { rows } = await sql<{ owner: string; id: ConversationId }>`
    select contact_id as owner, id from conversation where workspace_id = ${workspace} and contact_id = any (${owners}::uuid[]) and joined_into is null
    union all select room_id, id from conversation where workspace_id = ${workspace} and room_id = any (${owners}::uuid[])`.execute(
    tx,
  )
  return new Map(rows.map((row) => [row.owner, row.id]))
}

/**
 * All in one sorted statement, and after the new ones: two batches that lock in two portions wait for each other. By their ids alone: rows that somebody else changes are read again after the wait, and a subquery in the condition would not find its
 * rows then.
 */
async function lockThose(tx: Tx, workspace: WorkspaceId, ids: ConversationId[]): Promise<LoadedConversation[]> {
  if (ids.length === 0) return []
  const { rows } = await sql<LoadedConversation>`
    select id, contact_id as contact, room_id as room, last_seq as "lastSeq", in_count as "inCount", status, last_at::text as "lastAt",
           greatest(clock_timestamp(), last_at)::text as now
      from conversation
     where workspace_id = ${workspace} and id = any (${ids}::uuid[]) and joined_into is null
     order by id for update`.execute(tx)
  return rows
}

// ---------------------------------------------------------------- names and messages

function namesIn(told: Told): RefName[] {
  const channel = told.channel.id
  return told.incoming.flatMap((incoming): RefName[] => {
    switch (incoming.is) {
      case 'message':
        return [
          { channel, ...incoming.ref },
          ...(incoming.album === undefined ? [] : [ownName.ofAlbum({ channel, ...incoming.ref }, incoming.album)]),
          ...(incoming.replyTo ? [{ channel, ...incoming.replyTo }] : []),
          ...(incoming.echoOf ? [ownName.ofKey(channel, incoming.echoOf)] : []),
        ]
      case 'edit':
      case 'delete':
      case 'reaction':
        return [{ channel, ...incoming.target }]
      case 'status':
        if (incoming.key) return [ownName.ofKey(channel, incoming.key)]
        return incoming.target ? [{ channel, ...incoming.target }] : []
      case 'press':
        return [
          ownName.ofPress(channel, incoming.chat, incoming.id),
          ...(incoming.on ? [{ channel, ...incoming.on }] : []),
        ]
      case 'unknown':
        return incoming.by ? [unknownName(told, incoming, incoming.by)] : []
      case 'start':
      case 'permission':
      case 'typing':
      case 'profile':
      case 'same':
      case 'moved':
      case 'channel':
      case 'resync':
        return []
    }
  })
}

export async function loadRefs(tx: Tx, workspace: WorkspaceId, names: RefName[]): Promise<Map<string, KnownRef>> {
  if (names.length === 0) return new Map()
  const { rows } = await sql<KnownRef>`
    select r.channel_id as channel, r.chat, r.external_id as id, r.message_id as message, r.delivery_id as delivery, r.direction
      from (select distinct * from unnest(${names.map((n) => n.channel)}::uuid[], ${names.map((n) => n.chat)}::text[], ${names.map((n) => n.id)}::text[]))
           as n (channel, chat, id)
     cross join lateral (select * from message_ref x where x.workspace_id = ${workspace} and x.channel_id = n.channel and x.chat = n.chat
                                  and x.external_id = n.id limit 1) r`.execute(tx)
  return new Map(rows.map((row) => [refKey(row), row]))
}

export async function loadMessages(
  tx: Tx,
  workspace: WorkspaceId,
  ids: MessageId[],
): Promise<Map<MessageId, KnownMessage>> {
  if (ids.length === 0) return new Map()
  const { rows } = await sql<KnownMessage>`
    select id, conversation_id as conversation, shown_in as "shownIn", author_identity as "authorIdentity", channel_id as channel, direction, content,
           edited_at as "editedAt", deleted_at as "deletedAt",
           (select count(*)::int from message_version v where v.workspace_id = m.workspace_id and v.message_id = m.id) as versions
      from message m where workspace_id = ${workspace} and id = any (${ids}::uuid[]) and ${inMonths.of(sql`m.id`, ids)}`.execute(
    tx,
  )
  return new Map(rows.map((row) => [row.id, row]))
}

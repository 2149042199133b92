/**
 * Conversations as rows of the list, in two journeys: the rows themselves; then, together, who is talked with, what was said last and how
 * far that came. Joined into one statement, the months of messages and deliveries would all be opened for each page. What hangs on a row is
 * looked up row by row, not joined: a kept plan that was made over small tables would read them whole when they have grown.
 */
import { sql, type RawBuilder } from 'kysely'
import type { ConversationRow } from '#contract/calls/conversations.ts'
import type { ContactId, ConversationId, FileId, IdentityId, MemberId, MessageId, WorkspaceId } from '#contract/ids.ts'
import { wordsOf, type Content } from '#contract/message/content.ts'
import type { Tx } from '#server/platform/database.ts'
import { isoOf, micros } from '#server/platform/micros.ts'
import { inMonths } from '#server/platform/partitions.ts'

/** Longest first words in a list row. */
const SNIPPET = 140

interface Row extends Omit<ConversationRow, 'last' | 'name' | 'avatar' | 'networks' | 'snoozedUntil' | 'waitingSince'> {
  givenName: string | null
  snoozedUntil: Date | null
  waitingSince: Date | null
  lastMessage: MessageId | null
  /** Nothing was said since they wrote. */
  heardLast: boolean
}

/**
 * Rows of the list. `which` chooses and orders them, as SQL over the alias `c`.
 * @param member whose read marks and drafts; null in frames that all members share
 */
export async function conversationRows(
  tx: Tx,
  workspace: WorkspaceId,
  member: MemberId | null,
  which: RawBuilder<unknown>,
): Promise<ConversationRow[]> {
  const { rows } = await sql<Row>`
    select c.id, c.contact_id as contact, c.room_id as room, (select co.name from contact co where co.workspace_id = ${workspace} and co.id = c.contact_id) as "givenName", c.status, c.assignee_id as assignee,
           c.snoozed_until as "snoozedUntil", ${micros(sql`case when c.status = 'open' and c.woke_at = c.last_at then c.woke_at end`)} as "wokeAt",
           c.priority, c.subject, c.last_seq as "lastSeq", c.in_count as "inCount",
           ${member === null ? sql`null::bigint` : sql`coalesce((select r.in_count from conversation_read r where r.workspace_id = ${workspace} and r.conversation_id = c.id and r.member_id = ${member}), 0)`} as "readCount",
           ${member === null ? sql`null::boolean` : sql`exists (select from draft d where d.workspace_id = ${workspace} and d.conversation_id = c.id and d.member_id = ${member})`} as "hasDraft",
           ${micros(sql`c.last_at`)} as "lastAt",
           c.waiting_since as "waitingSince", c.failed, c.joined_into as "joinedInto", c.last_message as "lastMessage",
           c.last_in_at is not distinct from c.last_at as "heardLast"
      from (${which}) c
     order by c.last_at desc, c.id desc`.execute(tx)
  if (rows.length === 0) return []
  const [people, lasts] = await Promise.all([peopleOf(tx, workspace, rows), lastMessages(tx, workspace, rows)])
  return rows.map(({ givenName, lastMessage, heardLast: _, snoozedUntil, waitingSince, ...rest }) => {
    const persons = people.get((rest.contact ?? rest.room)!) ?? []
    const last = lastMessage && lasts.get(lastMessage)
    return {
      ...rest,
      ...lookOf(givenName, persons),
      wokeAt: rest.wokeAt && isoOf(rest.wokeAt),
      lastAt: isoOf(rest.lastAt),
      snoozedUntil: snoozedUntil?.toISOString() ?? null,
      waitingSince: waitingSince?.toISOString() ?? null,
      last: last ? viewOf(last, persons) : null,
    }
  })
}

export const conversationsById = (tx: Tx, workspace: WorkspaceId, member: MemberId | null, ids: ConversationId[]) =>
  conversationRows(
    tx,
    workspace,
    member,
    sql`select * from conversation where workspace_id = ${workspace} and id = any (${ids}::uuid[])`,
  )

// ---------------------------------------------------------------- who is talked with

interface Person {
  owner: ContactId | IdentityId
  id: IdentityId
  name: string | null
  handle: string | null
  phone: string | null
  email: string | null
  externalId: string
  avatar: FileId | null
  network: string
}

/** The identities of each contact and the room of each room, as they were first met. */
async function peopleOf(tx: Tx, workspace: WorkspaceId, rows: Row[]): Promise<Map<string, Person[]>> {
  const person = sql`i.id, i.name, i.handle, i.phone, i.email, i.external_id as "externalId", i.avatar_id as avatar, i.network`
  const contacts = rows.flatMap((row) => row.contact ?? [])
  const rooms = rows.flatMap((row) => row.room ?? [])
  const { rows: people } = await sql<Person>`
    select i.contact_id as owner, ${person} from identity i where i.workspace_id = ${workspace} and i.contact_id = any (${contacts}::uuid[])
    union all select i.id, ${person} from identity i where i.workspace_id = ${workspace} and i.id = any (${rooms}::uuid[])`.execute(
    tx,
  )
  people.sort((a, b) => (a.id < b.id ? -1 : 1))
  return Map.groupBy(people, ({ owner }) => owner)
}

function lookOf(given: string | null, people: Person[]): Pick<ConversationRow, 'name' | 'avatar' | 'networks'> {
  const first = <Field extends keyof Person>(field: Field) => people.find((person) => person[field] !== null)?.[field]
  return {
    name: given ?? first('name') ?? first('handle') ?? first('phone') ?? first('email') ?? first('externalId') ?? '',
    avatar: first('avatar') ?? null,
    networks: [...new Set(people.map(({ network }) => network))].toSorted(),
  }
}

// ---------------------------------------------------------------- what was said last

type Last = NonNullable<ConversationRow['last']>
type LastMessage = Pick<Last, 'message' | 'direction' | 'network'> & {
  content: Content
  deleted: boolean
  author: string | null
  authorIdentity: IdentityId | null
  state?: Last['state']
}

async function lastMessages(tx: Tx, workspace: WorkspaceId, rows: Row[]): Promise<Map<MessageId, LastMessage>> {
  const ids = rows.flatMap((row) => row.lastMessage ?? [])
  if (ids.length === 0) return new Map()
  // Who writes in a room is not whom the row is called after.
  const inRooms = rows.flatMap((row) => (row.room ? (row.lastMessage ?? []) : []))
  // Before their directions are known, asked of those that are likely ours; a clock that stood still makes that a guess.
  const likelyOurs = rows.flatMap((row) => (row.heardLast ? [] : (row.lastMessage ?? [])))
  const [{ rows: messages }, states] = await Promise.all([
    sql<LastMessage>`
      select m.id as message, m.direction, m.content, m.deleted_at is not null as deleted, m.author_identity as "authorIdentity",
             case when m.author_member is not null then (select name from member where workspace_id = ${workspace} and id = m.author_member)
                  when m.id = any (${inRooms}::uuid[])
                  then (select coalesce(name, handle) from identity where workspace_id = ${workspace} and id = m.author_identity) end as author,
             ch.network
        from message m left join channel ch on ch.workspace_id = ${workspace} and ch.id = m.channel_id
       where m.workspace_id = ${workspace} and m.id = any (${ids}::uuid[]) and ${inMonths.of(sql`m.id`, ids)}`.execute(
      tx,
    ),
    lastStates(tx, workspace, likelyOurs),
  ])
  const asked = new Set(likelyOurs)
  const missed = messages.filter((each) => each.direction === 'out' && !asked.has(each.message))
  const others = await lastStates(
    tx,
    workspace,
    missed.map(({ message }) => message),
  )
  return new Map(
    messages.map((each) => [
      each.message,
      { ...each, state: states.get(each.message) ?? others.get(each.message) ?? null },
    ]),
  )
}

function viewOf({ content, deleted, author, authorIdentity, ...last }: LastMessage, people: Person[]): Last {
  const writer = people.find(({ id }) => id === authorIdentity)
  return {
    message: last.message,
    direction: last.direction,
    authorName: author ?? writer?.name ?? writer?.handle ?? '',
    words: deleted ? '' : wordsOf(content).replaceAll(/\s+/g, ' ').slice(0, SNIPPET),
    kind: deleted ? 'deleted' : (content.parts[0]?.kind ?? 'text'),
    event: eventOf(content),
    network: last.network,
    state: last.state ?? null,
  }
}

async function lastStates(
  tx: Tx,
  workspace: WorkspaceId,
  messages: MessageId[],
): Promise<Map<MessageId, Last['state']>> {
  if (messages.length === 0) return new Map()
  const { rows } = await sql<{ id: string; message: MessageId; state: Last['state'] }>`
    select d.id, d.message_id as message, d.state
      from unnest(${messages}::uuid[]) as n (message)
     cross join lateral (
           select id, message_id, case when d.settled and d.state in ('failed', 'unconfirmed') then null else d.state end as state from delivery d
            where d.workspace_id = ${workspace} and d.message_id = n.message and d.op = 'message'
              and ${inMonths.since(sql`d.id`, messages.toSorted()[0]!)} offset 0) d`.execute(tx)
  // The newest of a message is the last to be set.
  rows.sort((a, b) => (a.id < b.id ? -1 : 1))
  return new Map(rows.map(({ message, state }) => [message, state]))
}

const eventOf = ({ parts: [first] }: Content) => (first?.kind === 'event' ? { what: first.what, who: first.who } : null)

/** What members do to a conversation: assign, close, snooze, read. Each change is an act that can be undone. */
import { sql, type RawBuilder } from 'kysely'
import type { ActId, ChannelId, ConversationId, IdentityId, MemberId, WorkspaceId } from '#contract/ids.ts'
import { recordAct } from '#server/contacts/acts.ts'
import { takesBack } from '#server/contacts/takes-back.ts'
import { announce } from '#server/feed/feed.ts'
import type { Tx } from '#server/platform/database.ts'
import { newId } from '#server/platform/new-id.ts'
import { Refused } from '#server/platform/problem.ts'

export interface Change {
  status?: 'open' | 'pending' | 'closed' | undefined
  snoozeUntil?: string | undefined
  assignee?: MemberId | null | undefined
  priority?: number | undefined
  via?: { identity: IdentityId; channel: ChannelId } | null | undefined
}

interface Columns {
  status: string
  snoozed_until: string | null
  assignee_id: MemberId | null
  priority: number
  road_identity: IdentityId | null
  road_channel: ChannelId | null
  waiting_since: string | null
}

/**
 * What undoing needs (`takesBack`): the columns as they were, and those of them that the change touched, as it left them. All are kept as
 * they were, for an older node beside this one knows no more.
 */
interface Undo extends Columns {
  last_seq: string
  left: Partial<Columns>
}

/** @throws Refused `not_found` for the conversation, the assignee or the road */
export async function changeConversation(
  tx: Tx,
  workspace: WorkspaceId,
  member: MemberId,
  id: ConversationId,
  change: Change,
): Promise<ActId> {
  // Times as text, to the microsecond: what is compared later must be what was there.
  const { rows } = await sql<Omit<Undo, 'left'>>`
    select status, snoozed_until::text, assignee_id, priority, road_identity, road_channel, waiting_since::text, last_seq::text from conversation
     where workspace_id = ${workspace} and id = ${id} for update`.execute(tx)
  const before = rows[0]
  if (!before) throw new Refused('not_found')
  if (change.assignee)
    await mustExist(tx, sql`member where workspace_id = ${workspace} and id = ${change.assignee} and state = 'active'`)
  if (change.via)
    await mustExist(
      tx,
      sql`road r join identity i on i.workspace_id = r.workspace_id and i.id = r.identity_id join conversation c on c.workspace_id = i.workspace_id
                             and (c.contact_id = i.contact_id or c.room_id = i.id)
                            where r.workspace_id = ${workspace} and c.id = ${id} and r.identity_id = ${change.via.identity} and r.channel_id = ${change.via.channel}`,
    )
  const left = leftBy(change)
  await sql`update conversation c set ${setTo(sql`${JSON.stringify(left)}::jsonb`)} where workspace_id = ${workspace} and id = ${id}`.execute(
    tx,
  )
  await announce(tx, workspace, [{ kind: 'conversation.changed', subject: id }])
  const act = newId<ActId>()
  const undo: Undo = { ...before, left }
  await recordAct(tx, workspace, { act, member, kind: 'conversation', object: id, undo })
  return act
}

/** The columns that a change touches, as it leaves them. */
const leftBy = ({ status, snoozeUntil, assignee, priority, via }: Change): Partial<Columns> => ({
  ...(status && { status, snoozed_until: null }),
  ...(snoozeUntil !== undefined && { status: 'snoozed', snoozed_until: snoozeUntil }),
  // Who closes has answered enough.
  ...(status === 'closed' && { waiting_since: null }),
  ...(assignee !== undefined && { assignee_id: assignee }),
  ...(priority !== undefined && { priority }),
  ...(via !== undefined && { road_identity: via?.identity ?? null, road_channel: via?.channel ?? null }),
})

const COLUMNS = [
  'status',
  'snoozed_until',
  'assignee_id',
  'priority',
  'road_identity',
  'road_channel',
  'waiting_since',
] as const satisfies (keyof Columns)[]

/** Of the conversation `c`, the columns that are named; the others stay. */
const setTo = (columns: RawBuilder<unknown>) => sql`
  (${sql.join(COLUMNS.map((column) => sql.ref(column)))}) = (
    select ${sql.join(COLUMNS.map((column) => sql.ref(`n.${column}`)))} from jsonb_populate_record(c, ${columns}) n)`

/** @returns those that were there to be changed, and their acts. @throws Refused `not_found` where none is, and for the assignee */
export async function changeConversations(
  tx: Tx,
  workspace: WorkspaceId,
  member: MemberId,
  given: readonly ConversationId[],
  change: Change,
): Promise<{ ids: ConversationId[]; acts: ActId[] }> {
  // Locked in their order: two members who change the same ones do not wait for each other.
  const { rows } = await sql<{ id: ConversationId }>`
    select id from conversation where workspace_id = ${workspace} and id = any (${given}::uuid[]) and joined_into is null order by id for update`.execute(
    tx,
  )
  if (rows.length === 0) throw new Refused('not_found')
  const ids = rows.map(({ id }) => id)
  const acts: ActId[] = []
  for (const id of ids) acts.push(await changeConversation(tx, workspace, member, id, change))
  return { ids, acts }
}

/** Takes back what is left of a change. */
export async function restoreConversation(
  tx: Tx,
  workspace: WorkspaceId,
  act: ActId,
  id: ConversationId,
): Promise<void> {
  await sql`
    update conversation c set ${setTo(takesBack)} from act a
     where c.workspace_id = ${workspace} and c.id = ${id} and a.workspace_id = ${workspace} and a.id = ${act}`.execute(
    tx,
  )
  await announce(tx, workspace, [{ kind: 'conversation.changed', subject: id }])
}

async function mustExist(tx: Tx, from: ReturnType<typeof sql>): Promise<void> {
  const { rows } = await sql`select 1 from ${from} limit 1`.execute(tx)
  if (rows.length === 0) throw new Refused('not_found')
}

/**
 * Snoozed ones whose time has come are open again, at the top and with the reason. Called by the scheduler.
 * @returns how many woke, of at most so many
 */
export async function wakeSnoozed(tx: Tx, workspace: WorkspaceId, most: number): Promise<number> {
  const { rows } = await sql<{ id: ConversationId }>`
    update conversation set status = 'open', snoozed_until = null, last_at = greatest(now(), last_at), woke_at = greatest(now(), last_at)
     where workspace_id = ${workspace} and id = any (array(
       select id from conversation where workspace_id = ${workspace} and status = 'snoozed' and snoozed_until <= now()
        order by snoozed_until limit ${most} for update skip locked))
    returning id`.execute(tx)
  await announce(
    tx,
    workspace,
    rows.map(({ id }) => ({ kind: 'conversation.changed' as const, subject: id })),
  )
  return rows.length
}

/** Unread until the member opens it again, also where the last word is our own or nobody has written to us yet. */
export async function markUnread(tx: Tx, workspace: WorkspaceId, member: MemberId, id: ConversationId): Promise<void> {
  const { rows } = await sql`
    insert into conversation_read (workspace_id, conversation_id, member_id, seq, in_count)
    select ${workspace}, c.id, ${member}, greatest(0, c.last_seq - 1), c.in_count - 1
      from conversation c where c.workspace_id = ${workspace} and c.id = ${id}
    on conflict (workspace_id, conversation_id, member_id) do update
       set seq = least(conversation_read.seq, excluded.seq), in_count = least(conversation_read.in_count, excluded.in_count), at = now()
    returning 1`.execute(tx)
  if (rows.length === 0) throw new Refused('not_found')
}

/** The member has seen everything up to `seq`; less than before marks unread from there. */
export async function markRead(
  tx: Tx,
  workspace: WorkspaceId,
  member: MemberId,
  id: ConversationId,
  seq: number,
): Promise<void> {
  const { rows } = await sql`
    insert into conversation_read (workspace_id, conversation_id, member_id, seq, in_count)
    select ${workspace}, c.id, ${member}, least(${seq}::bigint, c.last_seq),
           case when ${seq} >= c.last_seq then c.in_count
                else greatest(0, c.in_count - (select count(*) from message m where m.workspace_id = c.workspace_id and m.conversation_id = c.id and m.direction = 'in' and m.seq > ${seq})) end
      from conversation c where c.workspace_id = ${workspace} and c.id = ${id}
    on conflict (workspace_id, conversation_id, member_id) do update set seq = excluded.seq, in_count = excluded.in_count, at = now()
    returning 1`.execute(tx)
  if (rows.length === 0) throw new Refused('not_found')
}

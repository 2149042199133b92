/** What members do to a conversation: assign, close, snooze, read. Each change is an act that can be undone. */
import { sql } from 'kysely'
import type { ActId, ChannelId, ConversationId, IdentityId, MemberId, WorkspaceId } from '#contract/ids.ts'
import { recordAct } from '#server/contacts/acts.ts'
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

/** What undoing puts back; the columns as they were. */
export interface Before {
  status: string
  snoozed_until: Date | string | null
  assignee_id: MemberId | null
  priority: number
  road_identity: IdentityId | null
  road_channel: ChannelId | null
  /** Closing ends the waiting. It comes back only where nobody has spoken since; acts of older versions do not know it. */
  waiting_since?: Date | string | null
  last_seq?: string
}

/** @throws Refused `not_found` for the conversation, the assignee or the road */
export async function changeConversation(
  tx: Tx,
  workspace: WorkspaceId,
  member: MemberId,
  id: ConversationId,
  change: Change,
): Promise<ActId> {
  const { rows } = await sql<Before>`
    select status, snoozed_until, assignee_id, priority, road_identity, road_channel, waiting_since, last_seq::text as last_seq from conversation
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
  const snoozed = change.snoozeUntil !== undefined
  await restoreConversation(tx, workspace, id, {
    ...before,
    status: snoozed ? 'snoozed' : (change.status ?? before.status),
    snoozed_until: snoozed ? change.snoozeUntil! : change.status ? null : before.snoozed_until,
    assignee_id: change.assignee === undefined ? before.assignee_id : change.assignee,
    priority: change.priority ?? before.priority,
    road_identity: change.via === undefined ? before.road_identity : (change.via?.identity ?? null),
    road_channel: change.via === undefined ? before.road_channel : (change.via?.channel ?? null),
  })
  // Who closes has answered enough.
  if (change.status === 'closed')
    await sql`update conversation set waiting_since = null where workspace_id = ${workspace} and id = ${id}`.execute(tx)
  const act = newId<ActId>()
  await recordAct(tx, workspace, { act, member, kind: 'conversation', object: id, undo: before })
  return act
}

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

export async function restoreConversation(
  tx: Tx,
  workspace: WorkspaceId,
  id: ConversationId,
  to: Before,
): Promise<void> {
  await sql`
    update conversation set status = ${to.status}, snoozed_until = ${to.snoozed_until}, assignee_id = ${to.assignee_id}, priority = ${to.priority},
           road_identity = ${to.road_identity}, road_channel = ${to.road_channel},
           waiting_since = case when last_seq = ${to.last_seq ?? null}::bigint then ${to.waiting_since ?? null}::timestamptz else waiting_since end
     where workspace_id = ${workspace} and id = ${id}`.execute(tx)
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

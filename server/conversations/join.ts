/**
 * Conversations follow their contacts: a merge shows both threads as one, a split gives each its own again. Only `shown_in` moves;
 * a message's origin (conversation, seq) never changes.
 */
import { sql } from 'kysely'
import type { ContactId, ConversationId, IdentityId, WorkspaceId } from '#contract/ids.ts'
import { announce } from '#server/feed/feed.ts'
import type { Tx } from '#server/platform/database.ts'
import { newId } from '#server/platform/new-id.ts'

/** After `from` was merged into `into`, in the same transaction. */
export async function joinConversations(
  tx: Tx,
  workspace: WorkspaceId,
  into: ContactId,
  from: ContactId,
): Promise<void> {
  const both = await lockOf(tx, workspace, [into, from])
  const gone = both.find((each) => each.contact === from)
  if (!gone) return
  const kept = both.find((each) => each.contact === into)
  if (!kept) {
    // Nobody has talked under the surviving contact yet: the conversation simply changes hands.
    await sql`update conversation set contact_id = ${into} where workspace_id = ${workspace} and id = ${gone.id}`.execute(
      tx,
    )
    await announce(tx, workspace, [{ kind: 'conversation.changed', subject: gone.id }])
    return
  }
  await sql`update conversation set joined_into = ${kept.id} where workspace_id = ${workspace} and (id = ${gone.id} or joined_into = ${gone.id})`.execute(
    tx,
  )
  await keepOldest(tx, workspace, kept.id, gone.id)
  await sql`update message set shown_in = ${kept.id} where workspace_id = ${workspace} and shown_in = ${gone.id}`.execute(
    tx,
  )
  await refresh(tx, workspace, [kept.id])
  await sql`
    update conversation k set failed = k.failed + g.failed, in_count = k.in_count + g.in_count,
           waiting_since = least(k.waiting_since, g.waiting_since), status = case when g.status = 'open' then 'open' else k.status end
      from conversation g where k.workspace_id = ${workspace} and k.id = ${kept.id} and g.workspace_id = ${workspace} and g.id = ${gone.id}`.execute(
    tx,
  )
  // What a member had read of both he has read of the one; what he had not, not.
  await sql`
    insert into conversation_read (workspace_id, conversation_id, member_id, seq, in_count)
    select ${workspace}, ${kept.id}, member_id, 0, in_count from conversation_read where workspace_id = ${workspace} and conversation_id = ${gone.id}
    on conflict (workspace_id, conversation_id, member_id) do update set in_count = conversation_read.in_count + excluded.in_count`.execute(
    tx,
  )
  await carryDrafts(tx, workspace, kept.id, gone.id)
  await announce(tx, workspace, [
    { kind: 'conversation.joined', subject: gone.id, data: { into: kept.id } },
    { kind: 'conversation.changed', subject: kept.id },
  ])
}

/**
 * The thread that is gone is opened by nobody: what a member was writing in it he goes on with in the other, behind what he was writing
 * there, and for colleagues only as soon as one of them is. A split leaves it there.
 */
async function carryDrafts(tx: Tx, workspace: WorkspaceId, kept: ConversationId, gone: ConversationId): Promise<void> {
  // In one: what is saved meanwhile comes along, or stays where it was written.
  await sql`
    with taken as (delete from draft where workspace_id = ${workspace} and conversation_id = ${gone} returning *)
    insert into draft (workspace_id, conversation_id, member_id, body, changed_at)
    select workspace_id, ${kept}, member_id, body, changed_at from taken
    on conflict (workspace_id, conversation_id, member_id) do update
       set body = jsonb_build_object('text', concat_ws(E'\\n', draft.body ->> 'text', excluded.body ->> 'text'),
                                     'note', (draft.body ->> 'note')::boolean or (excluded.body ->> 'note')::boolean),
           changed_at = excluded.changed_at`.execute(tx)
}

/** After identities were parted from a contact, in the same transaction: each message stays with the identity that sent it. */
export async function partConversations(
  tx: Tx,
  workspace: WorkspaceId,
  from: ContactId,
  parted: ContactId,
  moved: IdentityId[],
): Promise<void> {
  const [kept] = await lockOf(tx, workspace, [from])
  if (!kept) return
  const own = await conversationFor(tx, workspace, parted, kept.id)
  await keepOldest(tx, workspace, own, kept.id)
  await sql`
    update message set shown_in = ${own} where workspace_id = ${workspace} and shown_in = ${kept.id} and identity_id = any (${moved}::uuid[])`.execute(
    tx,
  )
  // A road that was chosen here may have left with its identity.
  await sql`
    update conversation set road_identity = null, road_channel = null
     where workspace_id = ${workspace} and id = ${kept.id} and road_identity = any (${moved}::uuid[])`.execute(tx)
  await refresh(tx, workspace, [kept.id, own])
  await recount(tx, workspace, [kept.id, own])
  await announce(tx, workspace, [
    { kind: 'conversation.parted', subject: own, data: { from: kept.id } },
    { kind: 'conversation.changed', subject: kept.id },
    { kind: 'conversation.changed', subject: own },
  ])
}

/**
 * None of what a thread is given precedes that of the giver. The database would keep that itself (0013-oldest.sql), message by message;
 * told before, it finds nothing to do.
 */
async function keepOldest(tx: Tx, workspace: WorkspaceId, taker: ConversationId, giver: ConversationId): Promise<void> {
  await sql`
    update conversation t set oldest = least(coalesce(t.oldest, t.id), coalesce(g.oldest, g.id))
      from conversation g where t.workspace_id = ${workspace} and t.id = ${taker} and g.workspace_id = ${workspace} and g.id = ${giver}`.execute(
    tx,
  )
}

/**
 * The parted contact's own: one that it was given meanwhile, or one that it had before it was joined, or a new one. There is one of one's own
 * at a time; what else it had before leads there.
 */
async function conversationFor(
  tx: Tx,
  workspace: WorkspaceId,
  parted: ContactId,
  kept: ConversationId,
): Promise<ConversationId> {
  const { rows } = await sql<{ id: ConversationId }>`
    update conversation set joined_into = null
     where workspace_id = ${workspace} and id = (
           select id from conversation where workspace_id = ${workspace} and contact_id = ${parted} and (joined_into = ${kept} or joined_into is null)
            order by joined_into nulls first, id limit 1)
    returning id`.execute(tx)
  const [own] = rows
  if (own) {
    await sql`update conversation set joined_into = ${own.id} where workspace_id = ${workspace} and contact_id = ${parted} and joined_into = ${kept}`.execute(
      tx,
    )
    return own.id
  }
  const id = newId<ConversationId>()
  await sql`insert into conversation (workspace_id, id, contact_id) values (${workspace}, ${id}, ${parted})`.execute(tx)
  return id
}

async function lockOf(
  tx: Tx,
  workspace: WorkspaceId,
  contacts: ContactId[],
): Promise<{ id: ConversationId; contact: ContactId }[]> {
  const { rows } = await sql<{ id: ConversationId; contact: ContactId }>`
    select id, contact_id as contact from conversation
     where workspace_id = ${workspace} and contact_id = any (${contacts}::uuid[]) and joined_into is null order by id for update`.execute(
    tx,
  )
  return rows
}

/** The last message and its time, from what is shown now. */
async function refresh(tx: Tx, workspace: WorkspaceId, ids: ConversationId[]): Promise<void> {
  for (const id of ids.toSorted()) {
    await sql`
      update conversation c set last_message = m.id, last_at = coalesce(m.placed, c.created_at)
        from (select 1) one left join lateral (
             select id, placed from message where workspace_id = ${workspace} and shown_in = ${id} order by placed desc, seq desc limit 1) m on true
       where c.workspace_id = ${workspace} and c.id = ${id}`.execute(tx)
  }
}

/** Counters that a split divides. Read marks stay: what was seen was seen. */
async function recount(tx: Tx, workspace: WorkspaceId, ids: ConversationId[]): Promise<void> {
  for (const id of ids.toSorted()) {
    const { rows } = await sql<{ before: number; now: number }>`
      with old as (select in_count from conversation where workspace_id = ${workspace} and id = ${id})
      update conversation c
         set in_count = n.ins, failed = n.failed,
             waiting_since = case when n.last_out is null or n.first_in > n.last_out then c.waiting_since end
        from old, (select count(*) filter (where m.direction = 'in')::int as ins,
                          count(*) filter (where exists (select from delivery d where d.workspace_id = m.workspace_id and d.message_id = m.id
                                                          and d.state in ('failed', 'unconfirmed') and not d.settled))::int as failed,
                          max(m.placed) filter (where m.direction = 'out') as last_out, max(m.placed) filter (where m.direction = 'in') as first_in
                     from message m where m.workspace_id = ${workspace} and m.shown_in = ${id}) n
       where c.workspace_id = ${workspace} and c.id = ${id}
      returning old.in_count as before, c.in_count as now`.execute(tx)
    const { before = 0, now = 0 } = rows[0] ?? {}
    await sql`
      update conversation_read set in_count = greatest(0, in_count - ${Math.max(0, before - now)})
       where workspace_id = ${workspace} and conversation_id = ${id}`.execute(tx)
    // A thread that comes back was read by those who read it inside the other.
    if (before < now)
      await sql`update conversation_read set in_count = ${now} where workspace_id = ${workspace} and conversation_id = ${id} and in_count > ${now}`.execute(
        tx,
      )
  }
}

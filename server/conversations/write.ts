/**
 * Writes a batch's plan, one statement a table, rows sorted, in one fixed order, so that batches do not deadlock:
 * conversation → message_ref → message → roads → inputs → feed → parked events, all sent at once; then what few batches have:
 * versions, reactions → reach → moves → files to fetch.
 */
import { createHash } from 'node:crypto'
import { sql, type RawBuilder } from 'kysely'
import type { ChannelId, ConversationId, IdentityId, InboundId, MessageId, WorkspaceId } from '#contract/ids.ts'
import type { Content } from '#contract/message/content.ts'
import { followMove, recordReach, recordRoads } from '#server/contacts/identities.ts'
import { announce, type Announcement } from '#server/feed/feed.ts'
import type { Tx } from '#server/platform/database.ts'
import { newId, programClock } from '#server/platform/new-id.ts'
import { inMonths } from '#server/platform/partitions.ts'
import { loadRefs, type Loaded } from './load.ts'
import { refKey, type BatchPlan, type NewMessage, type RefName } from './told.ts'

/** Younger than this, a message stands where it arrived; older, at the platform's own time. */
const FRESH_MS = 3_000

/** @returns whether parked events woke up */
export async function writePlan(
  tx: Tx,
  workspace: WorkspaceId,
  plan: BatchPlan,
  loaded: Loaded,
  hasRules: boolean,
): Promise<boolean> {
  const forRules = hasRules ? plan.messages.filter(({ direction, automatic }) => direction === 'in' && !automatic) : []
  // What these write does not depend on one another: one answer for all, in this order.
  const writes: Promise<unknown>[] = [
    writeConversations(tx, workspace, plan.messages, loaded),
    writeRefs(tx, workspace, plan.refs),
    writeMessages(tx, workspace, plan.messages, loaded),
    writeRoads(tx, workspace, plan),
    writeInputs(tx, workspace, forRules),
    announce(tx, workspace, newsOf(plan, loaded)),
  ]
  const woke = wakeParked(
    tx,
    workspace,
    plan.refs.map((ref) => ref.name),
  )
  await Promise.all([...writes, woke])
  await writeChanges(tx, workspace, plan)
  await writeReach(tx, workspace, plan)
  for (const move of plan.moved) await followMove(tx, workspace, move)
  await writeFetches(tx, workspace, plan)
  return woke
}

async function writeConversations(
  tx: Tx,
  workspace: WorkspaceId,
  messages: NewMessage[],
  loaded: Loaded,
): Promise<void> {
  const touched = loaded.conversations.filter((each) => messages.some((message) => message.conversation === each.id))
  if (touched.length === 0) return
  const last = new Map<ConversationId, NewMessage>()
  const heard = new Set<ConversationId>()
  for (const message of messages) {
    last.set(message.conversation, message)
    if (message.direction === 'in') heard.add(message.conversation)
  }
  const rows = touched.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  await sql`
    update conversation c
       set last_seq = n.seq, in_count = n.ins, last_message = n.message, last_at = n.now,
           last_in_at = case when n.heard then n.now else c.last_in_at end,
           waiting_since = case when n.heard then coalesce(c.waiting_since, n.now) else c.waiting_since end,
           -- whoever writes again is heard again
           status = case when n.heard and c.status in ('closed', 'snoozed') then 'open' else c.status end,
           snoozed_until = case when n.heard then null else c.snoozed_until end
      from unnest(${rows.map((r) => r.id)}::uuid[], ${rows.map((r) => r.lastSeq)}::bigint[], ${rows.map((r) => r.inCount)}::bigint[],
                  ${rows.map((r) => last.get(r.id)!.id)}::uuid[], ${rows.map((r) => heard.has(r.id))}::boolean[], ${rows.map((r) => r.now)}::timestamptz[])
           as n (id, seq, ins, message, heard, now)
     where c.workspace_id = ${workspace} and c.id = any (${rows.map((r) => r.id)}::uuid[]) and c.id = n.id`.execute(tx)
}

async function writeRefs(tx: Tx, workspace: WorkspaceId, refs: BatchPlan['refs']): Promise<void> {
  if (refs.length === 0) return
  const rows = refs.toSorted((a, b) => (refKey(a.name) < refKey(b.name) ? -1 : 1))
  await sql`
    insert into message_ref (workspace_id, channel_id, chat, external_id, message_id, delivery_id, direction, identity_id)
    select ${workspace}, * from unnest(${rows.map((r) => r.name.channel)}::uuid[], ${rows.map((r) => r.name.chat)}::text[],
           ${rows.map((r) => r.name.id)}::text[], ${rows.map((r) => r.message)}::uuid[], ${rows.map((r) => r.delivery)}::uuid[],
           ${rows.map((r) => r.direction)}::text[], ${rows.map((r) => r.identity)}::uuid[])
    on conflict (workspace_id, channel_id, chat, external_id) do update
       set message_id = excluded.message_id, delivery_id = excluded.delivery_id, direction = excluded.direction, identity_id = excluded.identity_id
     where message_ref.message_id is null`.execute(tx)
}

/** Whether this one follows `m` on their platform, as far as it tells. */
const isLater = (other: RawBuilder<unknown>) => sql`
  case when m.platform_order is null or ${other}.platform_order is null then ${other}.platform_at > m.platform_at
       else (length(${other}.platform_order), ${other}.platform_order) > (length(m.platform_order), m.platform_order) end`

/**
 * A message that precedes, on its platform, one that is already here is put in its place, a microsecond before it, and marked late.
 * A fresh one stands where it arrived: platforms tell whole seconds, and a reply of ours may lie in between.
 */
async function writeMessages(tx: Tx, workspace: WorkspaceId, messages: NewMessage[], loaded: Loaded): Promise<void> {
  if (messages.length === 0) return
  const talks = new Map(loaded.conversations.map((each) => [each.id, each]))
  const of = <T>(read: (message: NewMessage) => T) => messages.map(read)
  // An id is never much older than its place: no other months are even opened.
  const oldest = new Date(
    messages.reduce((least, m) => Math.min(least, m.platformAt?.getTime() ?? least), programClock.now().getTime()),
  )
  const isFresh = (m: NewMessage) => m.platformAt === null || m.receivedAt.getTime() - m.platformAt.getTime() < FRESH_MS
  await sql`
    with told as (
      select * from unnest(${of((m) => m.id)}::uuid[], ${of((m) => m.conversation)}::uuid[], ${of((m) => m.seq)}::bigint[], ${of((m) => m.direction)}::text[],
                  ${of((m) => m.author)}::uuid[], ${of((m) => m.identity)}::uuid[], ${of((m) => m.channel)}::uuid[],
                  ${of((m) => JSON.stringify(m.content))}::text[]::jsonb[], ${of((m) => m.replyTo)}::uuid[], ${of((m) => m.thread)}::text[],
                  ${of((m) => (m.forwarded ? JSON.stringify(m.forwarded) : null))}::text[]::jsonb[], ${of((m) => m.platformAt)}::timestamptz[],
                  ${of((m) => m.platformOrder)}::text[], ${of(isFresh)}::boolean[], ${of((m) => talks.get(m.conversation)!.lastAt)}::timestamptz[],
                  ${of((m) => talks.get(m.conversation)!.now)}::timestamptz[],
                  ${of((m) => m.automatic)}::boolean[], ${of((m) => m.editedAt)}::timestamptz[], ${of((m) => m.deletedAt)}::timestamptz[],
                  ${of((m) => m.inbound)}::uuid[])
           as m (id, conversation, seq, direction, author, identity, channel, content, reply_to, thread, forwarded, platform_at, platform_order,
                 fresh, last_at, now, automatic, edited_at, deleted_at, inbound)),
    near as (
      select m.*, next.placed is not null as late,
             coalesce(next.placed - interval '1 microsecond', prev.placed, case when m.fresh then m.now else m.platform_at end) as wanted
        from told m
        -- who follows the newest follows them all, if both have the platform's numbers: in a busy chat nobody reads through its last second
        left join lateral (
             select x.placed, x.platform_at, x.platform_order from message x
              where m.direction = 'in' and m.last_at >= m.platform_at
                and x.workspace_id = ${workspace} and x.shown_in = m.conversation and x.placed > m.platform_at - interval '1 second'
                and ${inMonths.after(sql`x.id`, oldest)} and x.channel_id = m.channel and x.direction = 'in'
              order by x.placed desc limit 1) newest on true
        left join lateral (
             select x.placed from message x
              where (${isLater(sql`newest`)} or m.platform_order is not null and newest.placed is not null and newest.platform_order is null)
                and x.workspace_id = ${workspace} and x.shown_in = m.conversation and x.placed > m.platform_at - interval '1 second'
                and ${inMonths.after(sql`x.id`, oldest)} and x.channel_id = m.channel and x.direction = 'in'
                and ${isLater(sql`x`)}
              order by x.placed limit 1) next on true
        -- an older one stands at its own time, but not before one that it follows, which was fresh and stands where it arrived
        left join lateral (
             select x.placed from message x
              where m.direction = 'in' and not m.fresh and next.placed is null and m.last_at >= m.platform_at
                and x.workspace_id = ${workspace} and x.shown_in = m.conversation and x.placed > m.platform_at
                and ${inMonths.after(sql`x.id`, oldest)} and x.channel_id = m.channel and x.direction = 'in'
              order by x.placed desc limit 1) prev on true)
    insert into message (workspace_id, id, conversation_id, seq, shown_in, placed, at, direction, author_identity, identity_id, channel_id,
                         content, reply_to, thread, forwarded, platform_at, platform_order, late, automatic, edited_at, deleted_at, inbound_id)
    select ${workspace}, m.id, m.conversation, m.seq, m.conversation,
           -- nor before those of this very batch that it follows; a fresh one is behind them all
           greatest(m.wanted, (select max(b.wanted) from near b
                                where not m.fresh and not m.late and m.direction = 'in' and b.direction = 'in'
                                  and b.conversation = m.conversation and b.channel = m.channel and b.seq < m.seq
                                  and case when m.platform_order is null or b.platform_order is null then b.platform_at <= m.platform_at
                                           else (length(b.platform_order), b.platform_order) < (length(m.platform_order), m.platform_order) end)),
           m.now, m.direction, m.author, m.identity, m.channel, m.content, m.reply_to, m.thread, m.forwarded,
           m.platform_at, m.platform_order, m.late, m.automatic, m.edited_at, m.deleted_at, m.inbound
      from near m order by m.seq`.execute(tx)
}

async function writeRoads(tx: Tx, workspace: WorkspaceId, { roads }: BatchPlan): Promise<void> {
  for (const [channel, some] of Map.groupBy(roads, (road) => road.channel))
    await recordRoads(tx, workspace, channel, some)
}

/** The last word about each counts. */
async function writeReach(tx: Tx, workspace: WorkspaceId, plan: BatchPlan): Promise<void> {
  const reached = [...new Map(plan.reach.map((each) => [each.identity, each.reach]))]
  for (const [reach, some] of Map.groupBy(reached, ([, each]) => each))
    await recordReach(
      tx,
      workspace,
      some.map(([identity]) => identity),
      reach,
    )
}

async function writeChanges(tx: Tx, workspace: WorkspaceId, plan: BatchPlan): Promise<void> {
  const changed = [...plan.changed.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1))
  if (changed.length > 0) {
    await sql`
      update message m set content = n.content, edited_at = n.edited, deleted_at = n.deleted
        from unnest(${changed.map((c) => c.id)}::uuid[], ${changed.map((c) => JSON.stringify(c.content))}::text[]::jsonb[],
                    ${changed.map((c) => c.editedAt)}::timestamptz[], ${changed.map((c) => c.deletedAt)}::timestamptz[]) as n (id, content, edited, deleted)
       where m.workspace_id = ${workspace} and m.id = any (${changed.map((c) => c.id)}::uuid[]) and m.id = n.id`.execute(
      tx,
    )
  }
  if (plan.versions.length > 0) {
    await sql`
      insert into message_version (workspace_id, message_id, no, content, at)
      select ${workspace}, * from unnest(${plan.versions.map((v) => v.message)}::uuid[], ${plan.versions.map((v) => v.no)}::int[],
             ${plan.versions.map((v) => JSON.stringify(v.content))}::text[]::jsonb[], ${plan.versions.map((v) => v.at)}::timestamptz[])
      on conflict do nothing`.execute(tx)
  }
  for (const each of plan.reactions) {
    // Whole sets replace; single emoji are added or taken.
    await sql`
      insert into reaction (workspace_id, message_id, author, by_member, emoji)
      values (${workspace}, ${each.message}, ${each.author}, false, ${each.set ?? (each.add ? [each.add] : [])}::text[])
      on conflict (workspace_id, message_id, author) do update
         set emoji = case when ${each.set !== undefined} then excluded.emoji
                          else array_remove(reaction.emoji, ${each.remove ?? each.add ?? ''}) || excluded.emoji end, at = now()`.execute(
      tx,
    )
  }
}

interface Fetch {
  channel: ChannelId
  message: MessageId | null
  identity: IdentityId | null
  inbound: InboundId | null
  part: number
  remote: string
}

/** Whatever a message still holds only by the platform's reference. */
export function fetchesOf(plan: BatchPlan): Fetch[] {
  const of = (message: MessageId, channel: ChannelId | null, content: Content, inbound: InboundId | null) =>
    channel ? remotesOf(content).map((remote) => ({ ...remote, message, identity: null, channel, inbound })) : []
  return [
    ...plan.messages.flatMap((m) => of(m.id, m.channel, m.content, m.inbound)),
    ...[...plan.changed.values()].flatMap((m) => of(m.id, m.channel, m.content, null)),
    ...plan.avatars.map((avatar) => ({ ...avatar, part: 0, message: null })),
  ]
}

/** Each gets a job of its own. */
async function writeFetches(tx: Tx, workspace: WorkspaceId, plan: BatchPlan): Promise<void> {
  const wanted = fetchesOf(plan)
  if (wanted.length === 0) return
  await sql`
    insert into file_fetch (workspace_id, id, channel_id, message_id, identity_id, inbound_id, part, remote)
    select ${workspace}, * from unnest(${wanted.map(() => newId())}::uuid[], ${wanted.map((w) => w.channel)}::uuid[], ${wanted.map((w) => w.message)}::uuid[],
           ${wanted.map((w) => w.identity)}::uuid[], ${wanted.map((w) => w.inbound)}::uuid[], ${wanted.map((w) => w.part)}::smallint[],
           ${wanted.map((w) => w.remote)}::text[]) as n (id, channel, message, identity, inbound, part, remote)
     -- a further item of an album asks for itself only
     where not exists (select from file_fetch f where f.workspace_id = ${workspace} and f.message_id = n.message and f.part = n.part and f.remote = n.remote)`.execute(
    tx,
  )
}

export const remotesOf = (content: Content): { part: number; remote: string }[] =>
  content.parts.flatMap((part, index) =>
    'source' in part && 'remote' in part.source && part.source.failed === undefined
      ? [{ part: index, remote: part.source.remote }]
      : [],
  )

async function writeInputs(tx: Tx, workspace: WorkspaceId, messages: NewMessage[]): Promise<void> {
  if (messages.length === 0) return
  await sql`
    insert into conversation_input (workspace_id, conversation_id, message_id, kind)
    select ${workspace}, c, m, 'message' from unnest(${messages.map((m) => m.conversation)}::uuid[], ${messages.map((m) => m.id)}::uuid[]) as n (c, m)`.execute(
    tx,
  )
}

function newsOf(plan: BatchPlan, loaded: Loaded): Announcement[] {
  return [
    ...loaded.freshContacts.map((contact): Announcement => ({ kind: 'contact.changed', subject: contact })),
    ...plan.messages.map((m): Announcement => ({
      kind: 'message.added',
      subject: m.id,
      data: { conversation: m.conversation },
    })),
    ...[...plan.changed.keys(), ...plan.reactions.map((r) => r.message)].map((id): Announcement => ({
      kind: 'message.changed',
      subject: id,
    })),
  ]
}

// ---------------------------------------------------------------- parking

/** What parked events wait for, as it stands in the plumbing: a hash, no content. */
export const parkingHash = (name: RefName): Buffer => createHash('sha256').update(refKey(name)).digest().subarray(0, 16)

/**
 * Parks events on names that nobody has said yet. The unique key of `message_ref` decides a race with the one who says it: he then
 * finds our row and wakes us, or we find his and stay in the queue.
 */
export async function park(tx: Tx, workspace: WorkspaceId, told: BatchPlan['parked']): Promise<void> {
  if (told.length === 0) return
  const full = await lanesFull(tx, workspace, told)
  await abandon(
    tx,
    workspace,
    told.filter(({ pos }) => full.has(pos)),
  )
  const parked = told.filter(({ pos }) => !full.has(pos))
  if (parked.length === 0) return
  const rows = parked.toSorted((a, b) => (refKey(a.on) < refKey(b.on) ? -1 : 1))
  await sql`
    insert into message_ref (workspace_id, channel_id, chat, external_id)
    select distinct ${workspace}::uuid, c, h, i from unnest(${rows.map((r) => r.on.channel)}::uuid[], ${rows.map((r) => r.on.chat)}::text[], ${rows.map((r) => r.on.id)}::text[]) as n (c, h, i)
    order by c, h, i
    on conflict do nothing`.execute(tx)
  const now = await loadRefs(
    tx,
    workspace,
    rows.map((row) => row.on),
  )
  const waiting = rows.filter((row) => !now.get(refKey(row.on))?.message)
  await sql`
    update inbound_work w set state = 1, parked_on = n.hash, changed_at = now()
      from unnest(${waiting.map((w) => w.pos)}::bigint[], ${waiting.map((w) => parkingHash(w.on))}::bytea[]) as n (pos, hash)
     where w.workspace_id = ${workspace} and w.pos = any (${waiting.map((w) => w.pos)}::bigint[]) and w.pos = n.pos`.execute(
    tx,
  )
}

/** A stranger may speak of messages that never come; what one chat parks beyond this is given up at once. */
const MOST_PARKED_OF_A_LANE = 100

/** @returns the places of those for which their lane has no room left */
async function lanesFull(tx: Tx, workspace: WorkspaceId, told: BatchPlan['parked']): Promise<Set<number>> {
  const { rows } = await sql<{ pos: number }>`
    select n.pos from (
      select w.pos, w.lane, row_number() over (partition by w.lane order by w.pos) as nth
        from inbound_work w where w.workspace_id = ${workspace} and w.pos = any (${told.map(({ pos }) => pos)}::bigint[])) n,
      lateral (select count(*) as parked from (
        select 1 from inbound_work w where w.workspace_id = ${workspace} and w.state = 1 and w.lane = n.lane limit ${MOST_PARKED_OF_A_LANE}) p) s
     where s.parked + n.nth > ${MOST_PARKED_OF_A_LANE}`.execute(tx)
  return new Set(rows.map(({ pos }) => pos))
}

/** To quarantine: a person may look at it and replay it. A name that nobody waits for any more goes too. */
export async function abandon(tx: Tx, workspace: WorkspaceId, told: BatchPlan['abandoned']): Promise<void> {
  if (told.length === 0) return
  await sql`
    update inbound_work set state = 2, parked_on = null, error_code = 'no_target', changed_at = now()
     where workspace_id = ${workspace} and pos = any (${told.map(({ pos }) => pos)}::bigint[])`.execute(tx)
  const names = told.toSorted((a, b) => (refKey(a.on) < refKey(b.on) ? -1 : 1))
  await sql`
    delete from message_ref r
     using unnest(${names.map(({ on }) => on.channel)}::uuid[], ${names.map(({ on }) => on.chat)}::text[], ${names.map(({ on }) => on.id)}::text[],
                  ${names.map(({ on }) => parkingHash(on))}::bytea[]) as n (channel, chat, id, hash)
     where r.workspace_id = ${workspace} and r.channel_id = n.channel and r.chat = n.chat and r.external_id = n.id and r.message_id is null
       and not exists (select from inbound_work w where w.workspace_id = ${workspace} and w.state = 1 and w.parked_on = n.hash)`.execute(
    tx,
  )
}

/** Returns parked events to the tail of their lanes, with a fresh place drawn under the lane's lock. @returns whether there were any */
export async function wakeParked(tx: Tx, workspace: WorkspaceId, names: RefName[]): Promise<boolean> {
  if (names.length === 0) return false
  const hashes = names.map(parkingHash)
  const { rows } = await sql`
    select pg_advisory_xact_lock(lane) from (
      select distinct lane from inbound_work where workspace_id = ${workspace} and state = 1 and parked_on = any (${hashes}::bytea[]) order by lane) l`.execute(
    tx,
  )
  if (rows.length === 0) return false
  await sql`
    update inbound_work set state = 0, parked_on = null, pos = default, changed_at = now()
     where workspace_id = ${workspace} and state = 1 and parked_on = any (${hashes}::bytea[])`.execute(tx)
  return true
}

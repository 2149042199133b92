/**
 * After a restore nothing leaves: what the copy calls queued may have been sent long ago by the database that was lost. A workspace is
 * in hold until one of its members has seen what would leave, and decided.
 *
 *   hold ──send──▶ everything goes        ──drop──▶ everything is cancelled
 *        ──one by one──▶ each waits for its own word (delivery_work.state 3), what is written from now on goes
 */
import { sql, type RawBuilder } from 'kysely'
import type { ChannelId, ConversationId, DeliveryId, MessageId, WorkspaceId } from '#contract/ids.ts'
import { announce } from '#server/feed/feed.ts'
import { enterWorkspace, type Database, type Tx } from '#server/platform/database.ts'
import { EXPIRES } from './enqueue.ts'
import { endFollowers } from './followers.ts'
import { waitAgain } from './wait-again.ts'

/** Of delivery_work. */
const WAITING = 0
const HELD = 3

/** Rows of one statement: one that takes seconds is ended. */
const CHANGED_AT_ONCE = 20_000
const DROPPED_AT_ONCE = 1_000

export interface Hold {
  hold: boolean
  /** Deliveries that would leave. */
  queued: number
  oldest: string | null
  newest: string | null
}

/** Puts every workspace in hold. Before the program starts: nothing that runs has to be told. */
export async function holdEverything(database: Database): Promise<void> {
  const { rows } = await sql<{ id: WorkspaceId }>`select workspace_id as id from workspace_directory`.execute(
    database.plumbing,
  )
  for (const { id } of rows)
    await database.transaction(async (tx) => {
      await enterWorkspace(tx, id)
      await setHold(tx, id, true)
    })
}

/** What stands in hold, over the whole program: for the one who restores. */
export async function heldInAll(database: Database): Promise<{ queued: number; newest: Date | null }> {
  const { rows } = await sql<{ id: WorkspaceId }>`select workspace_id as id from workspace_directory`.execute(
    database.plumbing,
  )
  let queued = 0
  let newest: Date | null = null
  for (const { id } of rows) {
    const hold = await database.inWorkspace(id, (tx) => holdOf(tx, id))
    queued += hold.queued
    const at = hold.newest === null ? null : new Date(hold.newest)
    if (at && (newest === null || at > newest)) newest = at
  }
  return { queued, newest }
}

export async function holdOf(tx: Tx, workspace: WorkspaceId): Promise<Hold> {
  const { rows } = await sql<{ hold: boolean; queued: number; oldest: Date | null; newest: Date | null }>`
    select w.hold, q.queued, q.oldest, q.newest
      from workspace w, lateral (
        select count(*)::int as queued, min(d.queued_at) as oldest, max(d.queued_at) as newest
          from delivery_work q join delivery d on d.workspace_id = q.workspace_id and d.id = q.delivery_id
         where q.workspace_id = w.workspace_id and (w.hold or q.state = ${HELD})) q
     where w.workspace_id = ${workspace}`.execute(tx)
  const { hold, queued, oldest, newest } = rows[0]!
  return { hold, queued, oldest: oldest?.toISOString() ?? null, newest: newest?.toISOString() ?? null }
}

export type Decision = 'send' | 'drop' | 'one_by_one'

/**
 * @param deliveries  only these: the others then wait for a word of their own
 * @returns how many were sent on their way, dropped, or set apart
 */
export async function decide(
  tx: Tx,
  workspace: WorkspaceId,
  decision: Decision,
  deliveries?: readonly DeliveryId[],
): Promise<number> {
  // Somebody may have decided already, in another window: what was written since then is nobody's to drop.
  const asked = (await isInHold(tx, workspace)) ? [WAITING, HELD] : [HELD]
  const done = await DECISIONS[decision](tx, workspace, asked, deliveries)
  await setHold(tx, workspace, false)
  return done
}

/** Locked: one decision at a time. */
async function isInHold(tx: Tx, workspace: WorkspaceId): Promise<boolean> {
  const { rows } = await sql<{ hold: boolean }>`
    select hold from workspace where workspace_id = ${workspace} for no key update`.execute(tx)
  return rows[0]?.hold === true
}

type Decide = (
  tx: Tx,
  workspace: WorkspaceId,
  /** States of what the decision is about. */
  asked: readonly number[],
  deliveries?: readonly DeliveryId[],
) => Promise<number>

const DECISIONS: Record<Decision, Decide> = {
  send: async (tx, workspace, asked, deliveries) => {
    if (!deliveries) return release(tx, workspace, asked)
    await setApart(tx, workspace, asked)
    return release(tx, workspace, [HELD], deliveries)
  },
  drop: async (tx, workspace, asked, deliveries) => {
    if (deliveries) await setApart(tx, workspace, asked)
    return drop(tx, workspace, deliveries ? [HELD] : asked, deliveries)
  },
  one_by_one: async (tx, workspace, asked) => {
    await setApart(tx, workspace, asked)
    return (await holdOf(tx, workspace)).queued
  },
}

/** What waits becomes held, each for itself. */
async function setApart(tx: Tx, workspace: WorkspaceId, asked: readonly number[]): Promise<void> {
  if (asked.includes(WAITING)) await change(tx, workspace, [WAITING], sql`state = ${HELD}`)
}

const release: Decide = (tx, workspace, asked, deliveries) =>
  // The time in hold does not count: somebody has just said that it shall go.
  change(
    tx,
    workspace,
    asked,
    sql`state = ${WAITING}, expires_at = greatest(expires_at, now() + ${EXPIRES}::interval),
        expires_open = greatest(expires_open, extract(epoch from ${EXPIRES}::interval) * 1000 +
          coalesce((select open_ms from channel_pace p where p.workspace_id = ${workspace} and p.channel_id = delivery_work.channel_id), 0))`,
    deliveries,
  )

const change = (
  tx: Tx,
  workspace: WorkspaceId,
  asked: readonly number[],
  to: RawBuilder<unknown>,
  deliveries?: readonly DeliveryId[],
): Promise<number> =>
  inPortions(CHANGED_AT_ONCE, async (after) => {
    const { rows } = await sql<{ pos: number }>`
      update delivery_work set ${to}
       where workspace_id = ${workspace} and pos = any (${some(workspace, asked, after, CHANGED_AT_ONCE, deliveries)}) returning pos`.execute(
      tx,
    )
    return rows
  })

async function drop(
  tx: Tx,
  workspace: WorkspaceId,
  asked: readonly number[],
  deliveries?: readonly DeliveryId[],
): Promise<number> {
  return inPortions(DROPPED_AT_ONCE, async (after) => {
    const { rows: gone } = await sql<{ pos: number; delivery: DeliveryId }>`
      delete from delivery_work
       where workspace_id = ${workspace} and pos = any (${some(workspace, asked, after, DROPPED_AT_ONCE, deliveries)})
      returning pos, delivery_id as delivery`.execute(tx)
    const { rows } = await sql<{ id: DeliveryId; message: MessageId; op: string }>`
      update delivery set state = 'failed', reason = 'cancelled', settled = true, ended_at = now()
       where workspace_id = ${workspace} and id = any (${gone.map(({ delivery }) => delivery)}::uuid[])
      returning id, message_id as message, op`.execute(tx)
    await endFollowers(
      tx,
      workspace,
      rows.map(({ id }) => id),
    )
    await waitAgain(
      tx,
      workspace,
      rows.flatMap(({ message, op }) => (op === 'message' ? [message] : [])),
    )
    await announce(
      tx,
      workspace,
      rows.map(({ message }) => ({ kind: 'message.changed' as const, subject: message })),
    )
    return gone
  })
}

/**
 * Places of work in these states behind a place, in their order. Locked: one that somebody else takes at this moment is waited for and then
 * another stands in for it, so that a portion is short where nothing more comes, and nowhere else.
 */
const some = (
  workspace: WorkspaceId,
  states: readonly number[],
  after: number,
  most: number,
  deliveries?: readonly DeliveryId[],
) => sql`array(
  select pos from delivery_work
   where workspace_id = ${workspace} and pos > ${after} and state = any (${states}::smallint[])
         ${deliveries ? sql`and delivery_id = any (${deliveries}::uuid[])` : sql``}
   order by pos limit ${most} for update)`

/** @param step  one statement's portion behind a place: fewer than `most` are the last. @returns how many rows it was in all */
async function inPortions(most: number, step: (after: number) => Promise<readonly { pos: number }[]>): Promise<number> {
  for (let count = 0, after = 0; ;) {
    const rows = await step(after)
    count += rows.length
    if (rows.length < most) return count
    after = rows.reduce((last, { pos }) => Math.max(last, pos), after)
  }
}

/** Senders compare the version of a channel, and read anew whether it is in hold. */
async function setHold(tx: Tx, workspace: WorkspaceId, hold: boolean): Promise<void> {
  await sql`update workspace set hold = ${hold} where workspace_id = ${workspace}`.execute(tx)
  await sql`update channel_directory set version = version + 1 where workspace_id = ${workspace}`.execute(tx)
}

export interface HeldRow {
  delivery: DeliveryId
  message: MessageId
  conversation: ConversationId
  contact: string | null
  channel: ChannelId
  queuedAt: string
  sendAt: string | null
  text: string
}

/** What would leave, oldest first. @param after  the place of the last one seen */
export async function listHeld(
  tx: Tx,
  workspace: WorkspaceId,
  after: number,
  limit: number,
): Promise<(HeldRow & { pos: number })[]> {
  const { rows } = await sql<
    Omit<HeldRow, 'queuedAt' | 'sendAt'> & { pos: number; queuedAt: Date; sendAt: Date | null }
  >`
    select q.pos, d.id as delivery, d.message_id as message, d.conversation_id as conversation, d.channel_id as channel,
           coalesce(c.name, i.name) as contact, d.queued_at as "queuedAt", case when q.scheduled then q.ready_at end as "sendAt",
           left(coalesce(jsonb_path_query_first(m.content, '$.parts[*].text') #>> '{}', ''), 300) as text
      from delivery_work q
      join workspace w on w.workspace_id = q.workspace_id and (w.hold or q.state = ${HELD})
      join delivery d on d.workspace_id = q.workspace_id and d.id = q.delivery_id
      join message m on m.workspace_id = q.workspace_id and m.id = d.message_id
      join identity i on i.workspace_id = q.workspace_id and i.id = d.identity_id
      left join contact c on c.workspace_id = i.workspace_id and c.id = i.contact_id
     where q.workspace_id = ${workspace} and q.pos > ${after}
     order by q.pos limit ${limit}`.execute(tx)
  return rows.map((row) => ({
    ...row,
    queuedAt: row.queuedAt.toISOString(),
    sendAt: row.sendAt?.toISOString() ?? null,
  }))
}

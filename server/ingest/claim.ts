/** Which events a batch of the worker takes: the heads of lanes, and what follows them. The head's lock owns its lane. */
import { sql } from 'kysely'
import type { ChannelId, InboundId, WorkspaceId } from '#contract/ids.ts'
import type { Tx } from '#server/platform/database.ts'
import { FIRST_LANE } from '#server/platform/lanes.ts'

const MOST_LANES = 64
const MOST_EVENTS = 256
const MOST_OF_A_LANE = 8

export interface WorkRow {
  pos: number
  channel: ChannelId
  /** 64 bits, as text. */
  lane: string
  inbound: InboundId
  tries: number
  /** It waited a day for a message nobody knows. */
  overdue: boolean
}

export interface Claimed {
  /** In their order. */
  rows: WorkRow[]
  /** Where the next scan begins. */
  nextLane: string
  /** Left to another claim at once: lanes before the one where this scan began, or all beside one that had failed. */
  leavesMore: boolean
}

const columns = (row: 'l' | 'f' | 'w') =>
  sql`${sql.ref(row)}.pos, ${sql.ref(row)}.channel_id as channel, ${sql.ref(row)}.lane::text as lane, ${sql.ref(row)}.inbound_id as inbound,
      ${sql.ref(row)}.tries, coalesce(${sql.ref(row)}.error_code = 'no_target', false) as overdue`

/**
 * Heads by skip scan: one index probe per waiting lane; as an array, or a plan may repeat the scan for every row. Never `skip locked`
 * inside the lateral: it would take a busy lane's second. What failed before runs alone, and what follows it in its lane comes later.
 */
export async function claimLanes(tx: Tx, workspace: WorkspaceId, after: string): Promise<Claimed> {
  const { rows: found } = await sql<WorkRow & { head: boolean }>`
    with recursive lanes as (
      (select lane from inbound_work where workspace_id = ${workspace} and state = 0 and lane > ${after}::text::bigint order by lane limit 1)
      union all
      select n.lane from lanes l, lateral (select lane from inbound_work
       where workspace_id = ${workspace} and state = 0 and lane > l.lane order by lane limit 1) n),
    heads as (
      select h.pos from lanes s, lateral (
        select pos, ready_at from inbound_work where workspace_id = ${workspace} and state = 0 and lane = s.lane order by pos limit 1) h
       where h.ready_at <= now()
       limit ${MOST_LANES}),
    l as (
      select * from inbound_work w
       where w.workspace_id = ${workspace} and w.pos = any (array(select pos from heads)) and w.state = 0
         for update of w skip locked)
    select ${columns('l')}, true as head from l
    union all
    select ${columns('f')}, false from l, lateral (
      select * from inbound_work w where w.workspace_id = ${workspace} and w.state = 0 and w.lane = l.lane and w.pos > l.pos
       order by w.pos limit ${MOST_OF_A_LANE - 1}) f`.execute(tx)
  const heads = found.filter(({ head }) => head)
  const cameToEnd = heads.length < MOST_LANES
  const last = heads.reduce((max, { lane }) => (BigInt(lane) > max ? BigInt(lane) : max), BigInt(FIRST_LANE))
  const troubled = heads.find(({ tries }) => tries > 0)
  return {
    // Alone: the others of this batch must not fall with it. They are free again at its end.
    rows: troubled ? [troubled] : inOrder(heads, found),
    nextLane: cameToEnd ? FIRST_LANE : last.toString(),
    leavesMore: troubled !== undefined || (cameToEnd && after !== FIRST_LANE),
  }
}

function inOrder(heads: WorkRow[], found: (WorkRow & { head: boolean })[]): WorkRow[] {
  const followers = found.filter(({ head }) => !head).toSorted((a, b) => a.pos - b.pos)
  const closedLanes = new Set<string>()
  const sound = followers.slice(0, MOST_EVENTS - heads.length).filter(({ lane, tries }) => {
    if (tries > 0) closedLanes.add(lane)
    return !closedLanes.has(lane)
  })
  return [...heads, ...sound].toSorted((a, b) => a.pos - b.pos)
}

/** Of these positions, those of lanes whose head is among them: meanwhile somebody else may own the lane, or its head waits. */
export async function claimPositions(tx: Tx, workspace: WorkspaceId, positions: number[]): Promise<WorkRow[]> {
  const { rows: heads } = await sql<WorkRow>`
    with heads as (
      select h.pos from (select distinct lane from inbound_work where workspace_id = ${workspace} and pos = any (${positions}::bigint[]) and state = 0) l,
             lateral (select pos, ready_at from inbound_work w where w.workspace_id = ${workspace} and w.state = 0 and w.lane = l.lane order by pos limit 1) h
       where h.ready_at <= now() and h.pos = any (${positions}::bigint[]))
    select ${columns('w')} from inbound_work w
     where w.workspace_id = ${workspace} and w.pos = any (array(select pos from heads)) and w.state = 0
       for update of w skip locked`.execute(tx)
  if (heads.length === 0) return []
  const { rows } = await sql<WorkRow>`
    select ${columns('w')} from inbound_work w
     where w.workspace_id = ${workspace} and w.pos = any (${positions}::bigint[]) and w.state = 0
       and w.lane = any (${heads.map((head) => head.lane)}::text[]::bigint[]) order by w.pos`.execute(tx)
  return rows
}

/** Whether the claim may have left something: it was cut at a limit. */
export function isFull(rows: readonly WorkRow[]): boolean {
  const lanes = new Map<string, number>()
  for (const { lane } of rows) lanes.set(lane, (lanes.get(lane) ?? 0) + 1)
  return rows.length >= MOST_EVENTS || lanes.size >= MOST_LANES || [...lanes.values()].some((n) => n >= MOST_OF_A_LANE)
}

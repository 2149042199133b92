/**
 * The journal: what platforms told us is on disk before they hear "thank you".
 *
 * One flusher per process, at most two flights. In a quiet system a flight leaves at once and the answer takes one commit; a busy one grows its
 * flights: they keep a short distance, and the next leaves when one is free and enough waits for it. Twins inside a flight are folded and all
 * get the answer; a lane that flies waits for the next flight.
 *
 * Why order holds: a lane's events get their place `pos` under the lane's lock, which lives until COMMIT. In one lane, pos order is
 * commit order; no smaller pos can appear later, on any node.
 */
import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { Event } from '#connector-kit/connector.ts'
import type { ChannelId, InboundId, WorkspaceId } from '#contract/ids.ts'
import { buggify } from '#server/platform/buggify.ts'
import { enterWorkspace, type Database, type Tx } from '#server/platform/database.ts'
import type { Hints } from '#server/platform/hints.ts'
import { newId, programClock } from '#server/platform/new-id.ts'
import { inMonths } from '#server/platform/partitions.ts'
import type { Secrets, Sealer } from '#server/platform/secrets/secrets.ts'

export interface Journal {
  /**
   * Resolves after the commit.
   * @returns for each event whether it was new
   * @throws JournalFull · whatever the database said
   */
  take(channel: { id: ChannelId; workspace: WorkspaceId }, events: Event[], cursor?: Cursor): Promise<boolean[]>
  /** An event as it came: from memory when it was journaled here just now, else unsealed from its row. */
  read(tx: Tx, workspace: WorkspaceId, ids: InboundId[]): Promise<Map<InboundId, JournaledEvent>>
  /** More comes in than a small flight carries: whoever only reads should leave the machine to it. */
  isPressed(): boolean
  close(): Promise<void>
}

/** Commits together with the events of a poll or a line. */
export interface Cursor {
  value: unknown
  /** Of the lease; a write by an older one fails, and the events with it. */
  epoch: number
}

export interface JournaledEvent {
  event: Event
  receivedAt: Date
}

/** More waits than this process can keep: the platform is asked to come again. */
export class JournalFull extends Error {
  constructor() {
    super('the journal is full')
    this.name = 'JournalFull'
  }
}

/** The channel has a newer owner. */
export class LeaseLost extends Error {
  constructor() {
    super('the channel has a newer owner')
    this.name = 'LeaseLost'
  }
}

const MOST_FLIGHTS = 2
/** What comes meanwhile shares a commit; behind a flight that was full there is company enough. */
const BETWEEN_FLIGHTS_MS = 4
/** A second flight leaves for so many, or when the first is late: two half-empty ones cost twice. */
const FILL_A_SECOND = 64
const LATE_MS = 20
const MOST_EVENTS = 256
const MOST_BYTES = 4 * 1024 * 1024
/** Requests. */
export const MOST_WAITING = 4_096
const MOST_WAITING_BYTES = 64 * 1024 * 1024
const REMEMBERED_BYTES = 32 * 1024 * 1024

interface Entry {
  readonly id: InboundId
  readonly channel: ChannelId
  readonly workspace: WorkspaceId
  readonly hash: Buffer
  /** 64 bits, as text. */
  readonly lane: string
  readonly event: Event
  readonly plain: Buffer
}

interface Request {
  readonly entries: Entry[]
  readonly bytes: number
  readonly workspace: WorkspaceId
  readonly channel: ChannelId
  readonly cursor: Cursor | undefined
  resolve(fresh: boolean[]): void
  reject(error: unknown): void
}

export function startJournal(deps: {
  database: Database
  secrets: Secrets
  hints: Hints
  /** Told how long each flight took to its commit. */
  flew?: (seconds: number) => void
}): Journal {
  const { database, secrets, hints } = deps
  let waiting: Request[] = []
  let waitingBytes = 0
  let flights = 0
  let departedAt = Number.NEGATIVE_INFINITY
  let gate: NodeJS.Timeout | undefined
  /** Requests of the last flight. */
  let carried = 0
  const flyingLanes = new Set<string>()
  const memory = remember()

  function take(
    channel: { id: ChannelId; workspace: WorkspaceId },
    events: Event[],
    cursor?: Cursor,
  ): Promise<boolean[]> {
    const entries = events.map((event) => entryOf(channel, event))
    const bytes = entries.reduce((sum, entry) => sum + entry.plain.length, 0)
    if (waiting.length >= MOST_WAITING || waitingBytes + bytes > MOST_WAITING_BYTES)
      return Promise.reject(new JournalFull())
    return new Promise((resolve, reject) => {
      waiting.push({ entries, bytes, workspace: channel.workspace, channel: channel.id, cursor, resolve, reject })
      waitingBytes += bytes
      depart()
    })
  }

  /** Sends off flights while one is free and somebody may board. */
  function depart(): void {
    while (flights < MOST_FLIGHTS && waiting.length > 0) {
      const now = performance.now()
      const restMs = departedAt + BETWEEN_FLIGHTS_MS - now
      if (restMs > 0 && carried < FILL_A_SECOND && waiting.length < FILL_A_SECOND) return departIn(restMs)
      if (flights > 0 && waiting.length < FILL_A_SECOND && now - departedAt < LATE_MS) return
      const boarding = board()
      if (boarding.length === 0) return
      flights++
      departedAt = now
      carried = boarding.length
      void fly(boarding).finally(() => {
        flights--
        depart()
      })
    }
  }

  function departIn(ms: number): void {
    gate ??= setTimeout(() => {
      gate = undefined
      depart()
    }, ms)
  }

  /** In their order; whoever has a lane in the air waits, and everybody behind him in that lane. */
  function board(): Request[] {
    const boarding: Request[] = []
    const left: Request[] = []
    const closedLanes = new Set(flyingLanes)
    let events = 0
    let bytes = 0
    for (const request of waiting) {
      const full =
        boarding.length > 0 && (events + request.entries.length > MOST_EVENTS || bytes + request.bytes > MOST_BYTES)
      if (full || request.entries.some((entry) => closedLanes.has(entry.lane))) {
        left.push(request)
        for (const entry of request.entries) closedLanes.add(entry.lane)
        continue
      }
      boarding.push(request)
      events += request.entries.length
      bytes += request.bytes
    }
    waiting = left
    waitingBytes -= bytes
    for (const request of boarding) for (const entry of request.entries) flyingLanes.add(entry.lane)
    return boarding
  }

  /** A failed flight is tried once more, then in halves: only the requests of a failing half are refused. */
  async function fly(requests: Request[], tries = 0): Promise<void> {
    try {
      const began = performance.now()
      const fresh = await commit(requests, tries > 0)
      deps.flew?.((performance.now() - began) / 1000)
      await buggify('journaled, not answered')
      for (const request of requests) {
        request.resolve(request.entries.map((entry) => fresh.has(entry.id)))
        for (const entry of request.entries) {
          flyingLanes.delete(entry.lane)
          if (fresh.has(entry.id)) memory.add(entry)
        }
      }
      for (const workspace of new Set(requests.map((request) => request.workspace))) hints.tell('inbound', workspace)
    } catch (error) {
      if (tries === 0 && !(error instanceof LeaseLost && requests.length === 1)) return fly(requests, 1)
      if (requests.length > 1) {
        const middle = requests.length >> 1
        await fly(requests.slice(0, middle), 1)
        await fly(requests.slice(middle), 1)
        return
      }
      for (const request of requests) {
        for (const entry of request.entries) flyingLanes.delete(entry.lane)
        request.reject(error)
      }
    }
  }

  /** @param again  the flight before failed; its COMMIT may have happened all the same */
  async function commit(requests: Request[], again: boolean): Promise<Set<InboundId>> {
    const byWorkspace = Map.groupBy(requests, (request) => request.workspace)
    const sealers = new Map<WorkspaceId, Sealer>()
    for (const workspace of byWorkspace.keys()) sealers.set(workspace, await secrets.of(workspace))
    const lanes = [...new Set(requests.flatMap((request) => request.entries.map((entry) => entry.lane)))]
    const fresh = new Set<InboundId>()
    const [first, ...others] = byWorkspace.keys()
    if (others.length === 0 && !again && requests.every((request) => !request.cursor)) {
      const entries = foldTwins(requests)
      if (entries.length === 0) return fresh
      const [, rows] = await database.inOneJourney(first!, [
        lockLanes(lanes),
        insert(first!, entries, sealers.get(first!)!),
      ])
      return new Set((rows as Inserted[]).map((row) => row.inbound_id))
    }
    // Most flights carry one workspace, which then goes with `begin` instead of in a statement of its own.
    await database.onMessagePath(others.length === 0 ? first! : null, async (tx) => {
      // Travels with the first insert, which the server begins when it has the lock.
      const locked = lanes.length > 0 ? lockLanes(lanes).execute(tx) : undefined
      for (const [workspace, some] of byWorkspace) {
        if (others.length > 0) await Promise.all([locked, enterWorkspace(tx, workspace)])
        const entries = foldTwins(some)
        const inserted =
          entries.length > 0 ? insert(workspace, entries, sealers.get(workspace)!).execute(tx) : undefined
        for (const row of (await Promise.all([inserted, locked]))[0]?.rows ?? []) fresh.add(row.inbound_id)
        if (again) for (const id of await landedBefore(tx, workspace, some)) fresh.add(id)
        for (const request of some) if (request.cursor) await moveCursor(tx, workspace, request.channel, request.cursor)
      }
    })
    return fresh
  }

  return {
    take,
    read: async (tx, workspace, ids) => {
      const found = new Map<InboundId, JournaledEvent>()
      const missing = ids.filter((id) => {
        const known = memory.get(id)
        if (known) found.set(id, known)
        return !known
      })
      if (missing.length === 0) return found
      const sealer = await secrets.of(workspace)
      const { rows } = await sql<{ id: InboundId; received_at: Date; body: Buffer }>`
        select id, received_at, body from inbound where workspace_id = ${workspace} and id = any (${missing}::uuid[]) and ${inMonths.of(sql`id`, missing)}`.execute(
        tx,
      )
      for (const row of rows) {
        const plain = sealer.open(row.body, { table: 'inbound', column: 'body', row: row.id })
        found.set(row.id, { event: JSON.parse(Buffer.from(plain).toString()) as Event, receivedAt: row.received_at })
      }
      return found
    },
    isPressed: () => flights > 0 && carried >= FILL_A_SECOND,
    close: async () => {
      while (flights > 0 || waiting.length > 0) await new Promise((resolve) => setTimeout(resolve, 5))
    },
  }

  /** The newest events, so that the worker of this process need not unseal what was just sealed. */
  function remember() {
    const entries = new Map<InboundId, JournaledEvent & { bytes: number }>()
    let bytes = 0
    return {
      add: (entry: Entry) => {
        entries.set(entry.id, { event: entry.event, receivedAt: programClock.now(), bytes: entry.plain.length })
        bytes += entry.plain.length
        for (const [id, oldest] of entries) {
          if (bytes <= REMEMBERED_BYTES) break
          entries.delete(id)
          bytes -= oldest.bytes
        }
      },
      get: (id: InboundId) => entries.get(id),
    }
  }
}

function entryOf(channel: { id: ChannelId; workspace: WorkspaceId }, event: Event): Entry {
  return {
    id: newId<InboundId>(),
    channel: channel.id,
    workspace: channel.workspace,
    hash: createHash('sha256').update(event.key).digest(),
    lane: laneOf(channel.id, event.lane),
    event,
    plain: Buffer.from(JSON.stringify(event)),
  }
}

/** A collision only joins two lanes. */
export const laneOf = (channel: ChannelId, lane: string): string =>
  createHash('sha256').update(`${channel}\n${lane}`).digest().readBigInt64BE().toString()

function foldTwins(requests: Request[]): Entry[] {
  const first = new Map<string, Entry>()
  for (const request of requests) {
    for (const entry of request.entries) {
      const key = `${entry.channel} ${entry.hash.toString('base64')}`
      if (!first.has(key)) first.set(key, entry)
    }
  }
  return [...first.values()]
}

const lockLanes = (lanes: string[]) =>
  sql`select pg_advisory_xact_lock(lane) from (select lane from unnest(${lanes}::text[]::bigint[]) as l (lane) order by lane) s`

interface Inserted {
  inbound_id: InboundId
}

/** `is true` keeps the two look-ups of what is fresh hashed, however many events fly. */
function insert(workspace: WorkspaceId, entries: Entry[], sealer: Sealer) {
  const of = <T>(read: (entry: Entry) => T) => entries.map(read)
  return sql<Inserted>`
    with told as (
      select * from unnest(${of((e) => e.id)}::uuid[], ${of((e) => e.channel)}::uuid[], ${of((e) => e.hash)}::bytea[], ${of((e) => e.lane)}::text[]::bigint[],
                           ${of((e) => sealer.seal(e.plain, { table: 'inbound', column: 'body', row: e.id }))}::bytea[])
             with ordinality as t (id, channel, hash, lane, body, no)),
    fresh as (
      insert into inbound_seen (workspace_id, channel_id, event_hash) select ${workspace}, channel, hash from told
      on conflict do nothing returning channel_id, event_hash),
    raw as (
      insert into inbound (workspace_id, id, channel_id, body)
      select ${workspace}, id, channel, body from told where ((channel, hash) in (select * from fresh)) is true)
    insert into inbound_work (workspace_id, channel_id, lane, inbound_id)
    select ${workspace}, channel, lane, id from told where ((channel, hash) in (select * from fresh)) is true order by no
    returning inbound_id`
}

/** Ids are ours and made per request: one that is on disk already was written by our own flight, whose answer got lost. */
async function landedBefore(tx: Tx, workspace: WorkspaceId, requests: Request[]): Promise<InboundId[]> {
  const ids = requests.flatMap((request) => request.entries.map((entry) => entry.id))
  const { rows } = await sql<{
    id: InboundId
  }>`select id from inbound where workspace_id = ${workspace} and id = any (${ids}::uuid[])`.execute(tx)
  return rows.map((row) => row.id)
}

async function moveCursor(tx: Tx, workspace: WorkspaceId, channel: ChannelId, cursor: Cursor): Promise<void> {
  const value = JSON.stringify(cursor.value)
  const { rows } = await sql`
    insert into channel_cursor (workspace_id, channel_id, value, epoch) values (${workspace}, ${channel}, ${value}, ${cursor.epoch})
    on conflict (workspace_id, channel_id) do update set value = excluded.value, epoch = excluded.epoch where channel_cursor.epoch <= excluded.epoch
    returning channel_id`.execute(tx)
  if (rows.length === 0) throw new LeaseLost()
}

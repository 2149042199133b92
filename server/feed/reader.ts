/**
 * One reader per workspace and web process: it takes what is new, joins it to the fresh views in one go, and hands frames to every
 * socket, encoded once per audience. Reload, reconnect and another node are one path: resume from the cursor.
 *
 * hint or 1 s → rows behind the cursor → views (one query per kind) → frame → sockets
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { FeedEvent, FeedFrame, FeedHint, FeedKind } from '#contract/feed/event.ts'
import type { WorkspaceId } from '#contract/ids.ts'
import type { Database, Tx } from '#server/platform/database.ts'
import type { Hints } from '#server/platform/hints.ts'
import type { Log } from '#server/platform/log.ts'
import { programClock } from '#server/platform/new-id.ts'
import { turns } from '#server/platform/turns.ts'
import { compareCursors, isTooOld, readCursor, writeCursor, type FeedCursor } from './cursor.ts'
import { feedTopic } from './feed.ts'
import { endOfFeed, rowsBehind, type FeedRow } from './feed.sql.ts'

/** Makes the events of rows of one kind, as things are now; what is gone is left out. Owned by the features, listed in main. */
export type Present = (tx: Tx, workspace: WorkspaceId, rows: FeedRow[]) => Promise<Map<FeedRow, FeedEvent[]>>
export type Presenters = Record<FeedKind, Present>

export interface FeedSocket {
  readonly workspace: WorkspaceId
  /** Whose eyes: rows for one member reach only him. */
  readonly member: string
  /** Text, as bytes: what goes to all is turned into them once. */
  send(frame: Buffer): void
}

export interface FeedReader {
  /** Joins a socket behind its cursor. Without one, or with one of no use, it is told where to begin. */
  join(socket: FeedSocket, cursor: string | undefined): Promise<() => void>
  /** Passes a losable hint on to all sockets of the workspace, here and in other processes. */
  hint(workspace: WorkspaceId, hint: FeedHint): void
  close(): Promise<void>
}

const MOST_ROWS = 500
const POLL_MS = 1_000
/** What is written meanwhile shares the next reading: each costs as much for one message as for ten. */
const BETWEEN_READS_MS = 12
/** How far one process may be ahead of another. */
const AHEAD_MS = 3_000

interface Room {
  cursor: FeedCursor
  readonly sockets: Set<FeedSocket>
  /** Reads until nothing is left. */
  advance(): Promise<void>
  leave(): void
}

export function feedReader(deps: { database: Database; hints: Hints; presenters: Presenters; log: Log }): FeedReader {
  const { database, hints, presenters, log } = deps
  const places = new Map<WorkspaceId, Place>()
  let closed = false

  /** A room, and how many are in it or on their way: it ends with the last of them. */
  interface Place {
    readonly room: Promise<Room>
    guests: number
  }

  async function join(socket: FeedSocket, given: string | undefined): Promise<() => void> {
    const place = placeOf(socket.workspace)
    // Before anything is waited for: the last one who leaves meanwhile must not take the room with him.
    place.guests++
    try {
      const room = await place.room
      const cursor = given === undefined ? null : readCursor(given)
      const usable = cursor !== null && cursor.lineage === room.cursor.lineage && !isTooOld(cursor, programClock.now())
      if (usable) await catchUp(socket, room, cursor)
      else reset(socket, room)
      return () => {
        room.sockets.delete(socket)
        leave(socket.workspace, place)
      }
    } catch (error) {
      leave(socket.workspace, place)
      throw error
    }
  }

  function leave(workspace: WorkspaceId, place: Place): void {
    if (--place.guests > 0) return
    if (places.get(workspace) === place) places.delete(workspace)
    place.room.then(
      (room) => room.leave(),
      () => {},
    )
  }

  function reset(socket: FeedSocket, room: Room): void {
    socket.send(bytesOf({ reset: writeCursor(room.cursor) }))
    room.sockets.add(socket)
  }

  /** Brings the socket to the room's own place, then joins it in the same tick: nothing is missed, nothing told twice. */
  async function catchUp(socket: FeedSocket, room: Room, from: FeedCursor): Promise<void> {
    let cursor = from
    const end = performance.now() + AHEAD_MS
    while (!closed) {
      const place = room.cursor
      const order = compareCursors(cursor, place)
      if (order === 0) {
        room.sockets.add(socket)
        return
      }
      if (order > 0) {
        // The socket comes from a process that was ahead of this one; or from nowhere, then this would never end.
        if (performance.now() > end) return reset(socket, room)
        await room.advance()
        await delay(5)
        continue
      }
      // After a restart they all come at once: not over the few connections that the windows ask through.
      const batch = await readBatch(database.inWorkspace, socket.workspace, cursor)
      if (batch) deliver(batch, [socket])
      // No row behind the cursor: nothing stands between it and the room's place.
      cursor = batch?.cursor ?? place
    }
  }

  function placeOf(workspace: WorkspaceId): Place {
    const known = places.get(workspace)
    if (known) return known
    const place: Place = { room: openRoom(workspace), guests: 0 }
    places.set(workspace, place)
    // Whoever comes next opens it anew.
    place.room.catch(() => {
      if (places.get(workspace) === place) places.delete(workspace)
    })
    return place
  }

  async function openRoom(workspace: WorkspaceId): Promise<Room> {
    const cursor = await database.inWorkspace(workspace, endOfFeed)
    const reading = turns({
      turn: async () => {
        const batch = await readBatch(database.look, workspace, room.cursor)
        if (batch === null) return false
        room.cursor = batch.cursor
        deliver(batch, room.sockets)
        return batch.full
      },
      atLeastMs: BETWEEN_READS_MS,
      failed: (error) => log.debug({ error }, 'the feed could not be read'),
    })
    const room: Room = { cursor, sockets: new Set(), advance: reading.ask, leave: () => {} }
    const offs = [
      hints.on(feedTopic(workspace), () => void reading.ask()),
      hints.on(`${feedTopic(workspace)} hint`, (hint) => {
        const frame = bytesOf({ hints: [hint as FeedHint] })
        for (const socket of room.sockets) socket.send(frame)
      }),
    ]
    const timer = setInterval(() => void reading.ask(), POLL_MS)
    room.leave = () => {
      void reading.close()
      clearInterval(timer)
      for (const off of offs) off()
    }
    return room
  }

  interface Batch {
    cursor: FeedCursor
    full: boolean
    events: { audience: string; event: FeedEvent }[]
  }

  async function readBatch(
    inside: Database['look'],
    workspace: WorkspaceId,
    cursor: FeedCursor,
  ): Promise<Batch | null> {
    return inside(workspace, async (tx) => {
      const rows = await rowsBehind(tx, workspace, cursor, MOST_ROWS)
      const last = rows.at(-1)
      if (last === undefined) return null
      const made = new Map<FeedRow, FeedEvent[]>()
      for (const [kind, some] of byKind(rows)) {
        for (const [row, events] of await presenters[kind](tx, workspace, some)) made.set(row, events)
      }
      return {
        cursor: { lineage: cursor.lineage, xid: last.xid, pos: last.pos, at: Math.floor(last.at.getTime() / 1000) },
        full: rows.length === MOST_ROWS,
        events: rows.flatMap((row) => (made.get(row) ?? []).map((event) => ({ audience: row.audience, event }))),
      }
    })
  }

  return {
    join,
    hint: (workspace, hint) => hints.tell(`${feedTopic(workspace)} hint`, hint),
    close: async () => {
      closed = true
      for (const { room } of places.values()) (await room.catch(() => null))?.leave()
      places.clear()
    },
  }

  function deliver(batch: Batch, sockets: Iterable<FeedSocket>): void {
    const cursor = writeCursor(batch.cursor)
    const personal = new Set(batch.events.map((each) => each.audience).filter((audience) => audience !== 'all'))
    const encode = (member: string | null) =>
      bytesOf({
        cursor,
        events: batch.events
          .filter((each) => each.audience === 'all' || each.audience === member)
          .map((each) => each.event),
      })
    const shared = encode(null)
    for (const socket of sockets) socket.send(personal.has(socket.member) ? encode(socket.member) : shared)
  }
}

const bytesOf = (frame: FeedFrame): Buffer => Buffer.from(JSON.stringify(frame))

function byKind(rows: FeedRow[]): Map<FeedKind, FeedRow[]> {
  const kinds = new Map<FeedKind, FeedRow[]>()
  for (const row of rows) {
    const some = kinds.get(row.kind)
    if (some) some.push(row)
    else kinds.set(row.kind, [row])
  }
  return kinds
}

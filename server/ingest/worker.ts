/**
 * Reads the journal: two batches at a time, each one transaction.
 *
 * claim lane heads (skip scan) and their followers → read the events → what does each tell? (`incoming`)
 * → bring them into their conversations → statuses, tokens, presses to those who know them → delete the work → COMMIT → hint
 *
 * A crash is a rollback. An event of a shape that its connector does not know is set aside at once, beside the others. One that cannot be
 * read is known: its lane waits with back-off, the others go on, and after five tries it goes to quarantine and its lane goes on too. A batch
 * that fails otherwise is split until the culprit is alone, which then fares likewise. The database's own faults (away, a deadlock) are
 * nobody's: the batch is simply put back. Events that kill the process: slots.ts.
 *
 * Windows wait for the end of a batch, so its reading has a time: what is not read by then is left to the next one, in order. An event that
 * is read longer than that has its lane wait while it is (readings.ts).
 */
import { sql } from 'kysely'
import type { Context, Incoming } from '#connector-kit/connector.ts'
import { ApiChanged } from '#connector-kit/send-error.ts'
import type { ChannelId, InboundId, WorkspaceId } from '#contract/ids.ts'
import type { LiveChannel, LiveChannels } from '#server/channels/live.ts'
import { addToStreams, streamTopic } from '#server/channels/streams.ts'
import { Overtaken } from '#server/conversations/load.ts'
import { recordIncoming } from '#server/conversations/record.ts'
import type { BatchPlan, Told } from '#server/conversations/told.ts'
import { applyStatuses } from '#server/delivery/status.ts'
import { feedTopic } from '#server/feed/feed.ts'
import { buggify } from '#server/platform/buggify.ts'
import type { Database, Tx } from '#server/platform/database.ts'
import type { Hints } from '#server/platform/hints.ts'
import { FIRST_LANE } from '#server/platform/lanes.ts'
import type { Log } from '#server/platform/log.ts'
import { isUnavailable } from '#server/platform/unavailable.ts'
import { storable } from '#server/platform/storable.ts'
import { claimLanes, claimPositions, isFull, type WorkRow } from './claim.ts'
import type { Journal, JournaledEvent } from './journal.ts'
import { withPossibleTimes } from './possible-times.ts'
import { LATE, openReadings } from './readings.ts'
import { openSlots } from './slots.ts'
import { waitsOf } from './waits.ts'

const BATCHES = 2
const POLL_MS = 1_000
/** While the journal is pressed a batch is followed by a rest of so many times its length. */
const RESTS = 3
const MOST_REST_MS = 250
export const MOST_TRIES = 5
/** How long a batch reads at most. */
const READING_MS = 1_000
/** A reading in place that took so long has kept us from hearing the database. */
const LONG_MS = 100
/** When to look again for an event whose reading takes longer. */
const LOOK_AGAIN_MS = 250

export interface WorkerDeps {
  database: Database
  hints: Hints
  journal: Journal
  channels: LiveChannels
  contextOf(channel: LiveChannel): Context<Record<string, unknown>>
  /** What an event tells; runs heavy connectors in a thread of their own. */
  incomingOf(channel: LiveChannel, event: { key: string; lane: string; body: unknown }): Promise<Incoming[]>
  workspaces(): Promise<WorkspaceId[]>
  /**
   * What higher meaning a batch has: proof tokens, presses, platforms' word that two are one. In its transaction.
   * @returns the channels that were given something to send
   */
  consequences(
    tx: Tx,
    workspace: WorkspaceId,
    plan: BatchPlan,
    channels: Map<ChannelId, LiveChannel>,
  ): Promise<ReadonlySet<ChannelId>>
  /** After the commit: what is no row (a channel's state). */
  afterwards(plan: BatchPlan, channels: Map<ChannelId, LiveChannel>): Promise<void>
  log: Log
}

export interface Worker {
  close(): Promise<void>
}

/** What runs. `heard`: a hint came after its claim, perhaps of an event behind it, whose lane is closed to all others. */
interface Batch {
  readonly workspace: WorkspaceId
  readonly slot: number
  heard: boolean
}

/** An event that could not be read; `strange`: its connector does not understand it. */
interface Unread {
  readonly pos: number
  readonly error: unknown
  readonly strange: boolean
}

/** What a batch came to read of its rows. The others are left where they are. */
interface Read {
  /** Those that were understood, and what they tell; without a channel or an event, nothing. */
  readonly rows: WorkRow[]
  readonly told: Told[]
  readonly unread: Unread[]
  /** Still being read. */
  readonly late: WorkRow[]
  /** Time was up before all were looked at. */
  readonly cut: boolean
}

export function startWorker(deps: WorkerDeps): Worker {
  const { database, hints, log } = deps
  let closed = false
  let waiting = new Set<WorkspaceId>()
  const batches = new Set<Batch>()
  /** Workspaces whose last batch was full: two of theirs may run at once. Others gather what comes while their one runs. */
  const deep = new Set<WorkspaceId>()
  const afterLane = new Map<WorkspaceId, string>()
  const slots = openSlots(database)
  const readings = openReadings<Incoming[]>()
  let resting: NodeJS.Timeout | undefined
  const freeSlots = Array.from({ length: BATCHES }, (_, index) => index)
  const off = hints.on('inbound', (workspace) => wake(workspace as WorkspaceId))
  const timer = setInterval(() => void wakeAll(), POLL_MS)
  void wakeAll()

  function wake(workspace: WorkspaceId): void {
    waiting.add(workspace)
    for (const each of batches) if (each.workspace === workspace) each.heard = true
    pump()
  }

  async function wakeAll(): Promise<void> {
    try {
      await slots.bury(MOST_TRIES)
      for (const workspace of await deps.workspaces()) wake(workspace)
    } catch (error) {
      log.debug({ error }, 'the worker waits for the database')
    }
  }

  /** Workspaces take turns: one batch each, then the end of the row. */
  function pump(): void {
    if (resting) return
    while (!closed && batches.size < BATCHES && waiting.size > 0) {
      const busy = new Set([...batches].map((each) => each.workspace))
      const workspace = [...waiting].find((each) => !busy.has(each)) ?? [...waiting].find((each) => deep.has(each))
      if (workspace === undefined) return
      waiting.delete(workspace)
      const run: Batch = { workspace, slot: freeSlots.pop()!, heard: false }
      batches.add(run)
      const began = performance.now()
      void batch(run)
        .then((more) => {
          if (more) deep.add(workspace)
          else deep.delete(workspace)
          if (more || run.heard) waiting.add(workspace)
        })
        .catch((error: unknown) => {
          log.warn({ error }, 'a batch was put back')
          if (!isUnavailable(error)) waiting.add(workspace)
        })
        .finally(() => {
          freeSlots.push(run.slot)
          batches.delete(run)
          if (deps.journal.isPressed()) rest(performance.now() - began)
          pump()
        })
    }
  }

  /** Platforms wait for the journal's answer, people for what is read: while more comes in than can be read, taking it goes first. */
  function rest(batchMs: number): void {
    clearTimeout(resting)
    resting = setTimeout(
      () => {
        resting = undefined
        pump()
      },
      Math.min(batchMs * RESTS, MOST_REST_MS),
    ).unref()
  }

  /** @returns whether more may wait */
  async function batch(run: Batch): Promise<boolean> {
    const done = await attempt(run, null)
    if (done.is === 'failed') await isolate(run, done.positions)
    return done.is === 'failed' || done.more
  }

  type Attempt = { is: 'done'; more: boolean } | { is: 'failed'; positions: number[]; error: unknown }

  /** One transaction over what is claimed, or over these positions as far as their lanes' heads are among them. */
  async function attempt(run: Batch, only: number[] | null): Promise<Attempt> {
    const { workspace, slot } = run
    let positions: number[] = []
    const channels = new Map<ChannelId, LiveChannel>()
    const streams = new Set<string>()
    let plan: Awaited<ReturnType<typeof recordIncoming>> | undefined
    let unread: readonly Unread[] = []
    let sending: ReadonlySet<ChannelId> = new Set()
    let more = false
    try {
      await database.onMessagePath(workspace, async (tx) => {
        // What was told of until now is committed, and this claim sees it.
        run.heard = false
        const rows = only ? await claimPositions(tx, workspace, only) : await claim(tx, workspace)
        positions = rows.map((row) => row.pos)
        more = only === null && isFull(rows)
        if (rows.length === 0) return
        const noted = slots.note(slot, workspace, positions)
        const [events] = await Promise.all([eventsOf(tx, workspace, rows, channels), noted])
        const done = await read(rows, events, channels)
        await setAside(tx, workspace, done.unread)
        unread = done.unread
        for (const { pos } of done.late) await hold(tx, workspace, pos, LOOK_AGAIN_MS)
        more ||= done.cut
        const held = await holdEarly(tx, workspace, done.rows, done.told)
        const told = done.told.filter((each) => !held.has(each.pos))
        plan = await recordIncoming(tx, workspace, told)
        // What was to be parked is free again where its message came at the same moment.
        more ||= plan.woke || plan.parked.length > 0
        await applyStatuses(tx, workspace, plan.statuses, plan.watermarks)
        for (const each of told) await mirror(tx, each, channels, streams)
        sending = await deps.consequences(tx, workspace, plan, channels)
        const gone = done.rows
          .map((row) => row.pos)
          .filter((pos) => !held.has(pos) && !plan!.parked.some((parked) => parked.pos === pos))
        await sql`delete from inbound_work where workspace_id = ${workspace} and pos = any (${gone}::bigint[]) and state = 0`.execute(
          tx,
        )
        await buggify('read, not committed')
      })
    } catch (error) {
      if (positions.length === 0 || isNobodysFault(error)) throw error
      return { is: 'failed', positions, error }
    }
    for (const { pos, error } of unread) log.warn({ error, position: pos }, 'an event could not be read')
    if (unread.length > 0) hints.tell('quarantine', workspace)
    if (plan) {
      await buggify('read, not told')
      hints.tell(feedTopic(workspace))
      if (plan.messages.length > 0) hints.tell('input', workspace)
      for (const topic of streams) hints.tell(topic)
      for (const channel of sending) hints.tell(`delivery ${channel}`)
      await deps.afterwards(plan, channels)
    }
    return { is: 'done', more }
  }

  /** Halves a failing batch until the culprit stands alone; the others commit. What follows the culprit in its lane waits with it. */
  async function isolate(run: Batch, positions: number[]): Promise<void> {
    if (positions.length === 1) return blame(run, positions[0]!)
    const middle = positions.length >> 1
    for (const half of [positions.slice(0, middle), positions.slice(middle)]) {
      const done = await attempt(run, half)
      if (done.is === 'failed') await isolate(run, done.positions)
    }
  }

  async function blame(run: Batch, position: number): Promise<void> {
    const { workspace } = run
    const again = await attempt(run, [position])
    if (again.is === 'done') return
    log.warn({ error: again.error, position }, 'an event could not be read')
    await countTry(database.plumbing, workspace, position)
    hints.tell('quarantine', workspace)
  }

  async function countTry(on: Pick<Tx, 'getExecutor'>, workspace: WorkspaceId, position: number): Promise<void> {
    await sql`
      update inbound_work
         set tries = tries + 1, error_code = 'unreadable', changed_at = now(),
             state = case when tries + 1 >= ${MOST_TRIES} then 2 else 0 end,
             ready_at = now() + least(power(2, tries), 300) * interval '1 second'
       where workspace_id = ${workspace} and pos = ${position}`.execute(on)
  }

  /** What another shape of the platform's tells will not be understood by trying again: its lane goes on. */
  async function setAside(tx: Tx, workspace: WorkspaceId, unread: readonly Unread[]): Promise<void> {
    const strange = unread.flatMap((each) => (each.strange ? [each.pos] : []))
    if (strange.length > 0)
      await sql`
        update inbound_work
           set tries = tries + 1, error_code = 'api_changed', changed_at = now(), state = 2
         where workspace_id = ${workspace} and pos = any (${strange}::bigint[])`.execute(tx)
    for (const each of unread) if (!each.strange) await countTry(tx, workspace, each.pos)
  }

  async function claim(tx: Tx, workspace: WorkspaceId): Promise<WorkRow[]> {
    const { rows, nextLane, leavesMore } = await claimLanes(tx, workspace, afterLane.get(workspace) ?? FIRST_LANE)
    afterLane.set(workspace, nextLane)
    if (leavesMore) waiting.add(workspace)
    return rows
  }

  // ---------------------------------------------------------------- reading

  async function eventsOf(
    tx: Tx,
    workspace: WorkspaceId,
    rows: WorkRow[],
    channels: Map<ChannelId, LiveChannel>,
  ): Promise<Map<InboundId, JournaledEvent>> {
    for (const id of new Set(rows.map((row) => row.channel))) {
      const channel = await deps.channels.get(id)
      if (channel) channels.set(id, channel)
    }
    return deps.journal.read(
      tx,
      workspace,
      rows.map((row) => row.inbound),
    )
  }

  /** What a connector reads may kill the process: the batch was noted before. */
  async function read(
    rows: readonly WorkRow[],
    events: ReadonlyMap<InboundId, JournaledEvent>,
    channels: ReadonlyMap<ChannelId, LiveChannel>,
  ): Promise<Read> {
    const done: WorkRow[] = []
    const told: Told[] = []
    const unread: Unread[] = []
    const late: WorkRow[] = []
    /** Behind what is not read yet. */
    const closed = new Set<string>()
    const began = performance.now()
    for (const row of rows) {
      if (closed.has(row.lane)) continue
      const leftMs = began + READING_MS - performance.now()
      if (leftMs <= 0) return { rows: done, told, unread, late, cut: true }
      const channel = channels.get(row.channel)
      const journaled = events.get(row.inbound)
      // A removed channel's last events, or ones that retention took: nothing to tell any more.
      let incoming: Incoming[] = []
      try {
        if (channel && journaled) {
          const came = await readOne(leftMs, row.inbound, () => deps.incomingOf(channel, journaled.event))
          if (came === LATE) {
            closed.add(row.lane)
            late.push(row)
            continue
          }
          incoming = storable(came)
        }
      } catch (error) {
        if (isNobodysFault(error)) throw error
        const strange = error instanceof ApiChanged
        if (!strange) closed.add(row.lane)
        unread.push({ pos: row.pos, error, strange })
        continue
      }
      done.push(row)
      const receivedAt = journaled?.receivedAt ?? new Date()
      if (channel)
        told.push({
          pos: row.pos,
          channel,
          inbound: row.inbound,
          receivedAt,
          incoming: incoming.map((each) => withPossibleTimes(each, receivedAt)),
          overdue: row.overdue,
        })
    }
    return { rows: done, told, unread, late, cut: false }
  }

  async function readOne(ms: number, inbound: InboundId, begin: () => Promise<Incoming[]>) {
    const began = performance.now()
    try {
      return await readings.within(ms, inbound, begin)
    } finally {
      if (performance.now() - began > LONG_MS) await hearWhatCame()
    }
  }

  /** Some come before what they need, and wait a moment; whatever follows them waits with them. @returns the places of all that wait */
  async function holdEarly(tx: Tx, workspace: WorkspaceId, rows: WorkRow[], events: Told[]): Promise<Set<number>> {
    const waits = await waitsOf(tx, workspace, events)
    const held = new Set<number>()
    const closed = new Set<string>()
    for (const { pos, lane } of rows) {
      const waitMs = waits.get(pos) ?? 0
      if (closed.has(lane)) held.add(pos)
      else if (waitMs > 0) {
        closed.add(lane)
        held.add(pos)
        await hold(tx, workspace, pos, waitMs)
      }
    }
    return held
  }

  /** It waits in its lane, and whatever follows it. */
  async function hold(tx: Tx, workspace: WorkspaceId, pos: number, waitMs: number): Promise<void> {
    await sql`update inbound_work set ready_at = now() + ${waitMs} * interval '1 millisecond' where workspace_id = ${workspace} and pos = ${pos}`.execute(
      tx,
    )
    setTimeout(() => wake(workspace), waitMs + 5).unref()
  }

  async function mirror(
    tx: Tx,
    told: Told,
    channels: Map<ChannelId, LiveChannel>,
    streams: Set<string>,
  ): Promise<void> {
    const channel = channels.get(told.channel.id)
    const mirrorOf = channel?.connector.mirror
    if (!channel || !mirrorOf) return
    const frames = told.incoming.flatMap((incoming) => mirrorOf(incoming, deps.contextOf(channel)))
    if (frames.length === 0) return
    await addToStreams(tx, channel.workspace, channel.id, frames)
    for (const frame of frames) streams.add(streamTopic(channel.id, frame.chat))
  }

  return {
    close: async () => {
      closed = true
      off()
      clearInterval(timer)
      while (batches.size > 0) await new Promise((resolve) => setTimeout(resolve, 5))
      await slots.close()
    },
  }
}

/** Lets in what came while nothing else could run: a connection that was cut meanwhile says why only until it is written to. */
async function hearWhatCame(): Promise<void> {
  // The first ends the round of the event loop in which we are; what came is read in the next one.
  for (let round = 0; round < 2; round++) await new Promise((resolve) => setImmediate(resolve))
}

/** A deadlock's victim, a lock that was not to be had: as innocent as when the database is away. */
const NOBODYS = new Set(['40P01', '40001', '55P03'])
/** Cut because we were idle in it, holding up the event loop with a reading: asked again, the same batch would be cut again. */
const CUT_WHILE_IDLE = '25P03'
const codeOf = (error: unknown): string => (error instanceof Error && (error as { code?: string }).code) || ''
const isNobodysFault = (error: unknown): boolean =>
  (isUnavailable(error) && codeOf(error) !== CUT_WHILE_IDLE) || error instanceof Overtaken || NOBODYS.has(codeOf(error))

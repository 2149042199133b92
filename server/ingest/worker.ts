/**
 * Reads the journal: two batches at a time, each one transaction.
 *
 * claim lane heads (skip scan) and their followers → read the events → what does each tell? (`incoming`)
 * → bring them into their conversations → statuses, tokens, presses to those who know them → delete the work → COMMIT → hint
 *
 * A crash is a rollback. An event of a shape that its connector does not know is set aside at once, beside the others. A batch that fails
 * is split until the culprit is alone; its lane waits with back-off, and after five tries it goes to quarantine and the lane goes on. The database's own faults (away, a deadlock) are nobody's: the batch is simply put back.
 * Events that kill the process: slots.ts.
 */
import { sql } from 'kysely'
import type { Context, Incoming } from '#connector-kit/connector.ts'
import { ApiChanged } from '#connector-kit/send-error.ts'
import type { ChannelId, InboundId, WorkspaceId } from '#contract/ids.ts'
import type { LiveChannel, LiveChannels } from '#server/channels/live.ts'
import { addToStreams, streamTopic } from '#server/channels/streams.ts'
import { loadRefs, Overtaken } from '#server/conversations/load.ts'
import { recordIncoming } from '#server/conversations/record.ts'
import { refKey, type BatchPlan, type Told } from '#server/conversations/told.ts'
import { applyStatuses } from '#server/delivery/status.ts'
import { feedTopic } from '#server/feed/feed.ts'
import { buggify } from '#server/platform/buggify.ts'
import type { Database, Tx } from '#server/platform/database.ts'
import type { Hints } from '#server/platform/hints.ts'
import { FIRST_LANE } from '#server/platform/lanes.ts'
import type { Log } from '#server/platform/log.ts'
import { programClock } from '#server/platform/new-id.ts'
import { isUnavailable } from '#server/platform/unavailable.ts'
import { storable } from '#server/platform/storable.ts'
import { claimLanes, claimPositions, isFull, type WorkRow } from './claim.ts'
import type { Journal, JournaledEvent } from './journal.ts'
import { withPossibleTimes } from './possible-times.ts'
import { openSlots } from './slots.ts'

const BATCHES = 2
const POLL_MS = 1_000
/** While the journal is pressed a batch is followed by a rest of so many times its length. */
const RESTS = 3
const MOST_REST_MS = 250
export const MOST_TRIES = 5
/** How long an album that comes item by item is waited for; what comes later still joins it. */
const ALBUM_MS = 800
/** How long a message that was pressed may be without its name, and how often one looks. */
const NAMED_MS = 2_000
const LOOK_AGAIN_MS = 50

export interface WorkerDeps {
  database: Database
  hints: Hints
  journal: Journal
  channels: LiveChannels
  contextOf(channel: LiveChannel): Context<Record<string, unknown>>
  /** What an event tells; runs heavy connectors in a thread of their own. */
  incomingOf(channel: LiveChannel, event: { key: string; lane: string; body: unknown }): Promise<Incoming[]>
  workspaces(): Promise<WorkspaceId[]>
  /** What higher meaning a batch has: proof tokens, presses, platforms' word that two are one. In its transaction. */
  consequences(tx: Tx, workspace: WorkspaceId, plan: BatchPlan, channels: Map<ChannelId, LiveChannel>): Promise<void>
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

/** An event that its connector does not understand. */
interface Strange {
  readonly pos: number
  readonly error: ApiChanged
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
    let strange: Strange[] = []
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
        const { all, changed } = await read(rows, events, channels)
        await setAside(tx, workspace, changed)
        strange = changed
        const held = await hold(tx, workspace, rows, all)
        const told = all.filter((each) => !held.has(each.pos))
        plan = await recordIncoming(tx, workspace, told)
        // What was to be parked is free again where its message came at the same moment.
        more ||= plan.woke || plan.parked.length > 0
        await applyStatuses(tx, workspace, plan.statuses, plan.watermarks)
        for (const each of told) await mirror(tx, each, channels, streams)
        await deps.consequences(tx, workspace, plan, channels)
        const gone = rows
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
    for (const { pos, error } of strange) log.warn({ error, position: pos }, 'an event could not be read')
    if (strange.length > 0) hints.tell('quarantine', workspace)
    if (plan) {
      await buggify('read, not told')
      hints.tell(feedTopic(workspace))
      if (plan.messages.length > 0) hints.tell('input', workspace)
      for (const topic of streams) hints.tell(topic)
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
    await sql`
      update inbound_work
         set tries = tries + 1, error_code = 'unreadable', changed_at = now(),
             state = case when tries + 1 >= ${MOST_TRIES} then 2 else 0 end,
             ready_at = now() + least(power(2, tries), 300) * interval '1 second'
       where workspace_id = ${workspace} and pos = ${position}`.execute(database.plumbing)
    hints.tell('quarantine', workspace)
  }

  /** What another shape of the platform's tells will not be understood by trying again: its lane goes on. */
  async function setAside(tx: Tx, workspace: WorkspaceId, changed: Strange[]): Promise<void> {
    if (changed.length === 0) return
    await sql`
      update inbound_work
         set tries = tries + 1, error_code = 'api_changed', changed_at = now(), state = 2
       where workspace_id = ${workspace} and pos = any (${changed.map(({ pos }) => pos)}::bigint[])`.execute(tx)
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
    rows: WorkRow[],
    events: ReadonlyMap<InboundId, JournaledEvent>,
    channels: ReadonlyMap<ChannelId, LiveChannel>,
  ): Promise<{ all: Told[]; changed: Strange[] }> {
    const told: Told[] = []
    const changed: Strange[] = []
    for (const row of rows) {
      const channel = channels.get(row.channel)
      const journaled = events.get(row.inbound)
      // A removed channel's last events, or ones that retention took: nothing to tell any more.
      let incoming: Incoming[] = []
      try {
        if (channel && journaled) incoming = storable(await deps.incomingOf(channel, journaled.event))
      } catch (error) {
        if (!(error instanceof ApiChanged)) throw error
        changed.push({ pos: row.pos, error })
        continue
      }
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
    return { all: told, changed }
  }

  /** Some wait in their lane for a moment, and whatever follows them with them. @returns the places of all that wait */
  async function hold(tx: Tx, workspace: WorkspaceId, rows: WorkRow[], events: Told[]): Promise<Set<number>> {
    const held = new Set<number>()
    const told = new Map(events.map((each) => [each.pos, each]))
    const early = await earlyPresses(tx, workspace, events)
    const closed = new Set<string>()
    for (const { pos, lane } of rows) {
      const each = told.get(pos)
      const waitMs = !each ? 0 : early.has(pos) ? LOOK_AGAIN_MS : isItem(each) ? ALBUM_MS - ageOf(each) : 0
      if (closed.has(lane)) held.add(pos)
      else if (waitMs > 0) {
        closed.add(lane)
        held.add(pos)
        await sql`update inbound_work set ready_at = now() + ${waitMs} * interval '1 millisecond' where workspace_id = ${workspace} and pos = ${pos}`.execute(
          tx,
        )
        setTimeout(() => wake(workspace), waitMs + 5).unref()
      }
    }
    return held
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

/** A deadlock's victim, a lock that was not to be had: as innocent as when the database is away. */
const NOBODYS = new Set(['40P01', '40001', '55P03'])
const isNobodysFault = (error: unknown): boolean =>
  isUnavailable(error) ||
  error instanceof Overtaken ||
  (error instanceof Error && NOBODYS.has((error as { code?: string }).code ?? ''))

const ageOf = (told: Told): number => Math.max(0, programClock.now().getTime() - told.receivedAt.getTime())

/** An album's first item waits until the others are likely there. */
const isItem = (told: Told): boolean =>
  told.incoming.some((incoming) => incoming.is === 'message' && incoming.album !== undefined)

/**
 * A button may be pressed before the answer to our send, which names the message it is on, is written down: without the name nobody
 * knows what was offered. @returns the places of those that came so early
 */
async function earlyPresses(tx: Tx, workspace: WorkspaceId, events: readonly Told[]): Promise<Set<number>> {
  const pressed = events.flatMap((told) =>
    told.incoming.flatMap((incoming) =>
      incoming.is === 'press' && incoming.on && ageOf(told) < NAMED_MS
        ? [{ pos: told.pos, name: { channel: told.channel.id, ...incoming.on } }]
        : [],
    ),
  )
  if (pressed.length === 0) return new Set()
  const names = await loadRefs(
    tx,
    workspace,
    pressed.map(({ name }) => name),
  )
  return new Set(pressed.flatMap(({ pos, name }) => (names.get(refKey(name))?.message ? [] : [pos])))
}

/**
 * One batch of the journal, one transaction:
 *
 * claim lane heads (skip scan) and their followers → fetch the events → what does each tell? (`incoming`)
 * → bring them into their conversations → statuses, tokens, presses to those who know them → delete the work → COMMIT → hint
 *
 * A crash is a rollback. An event of a shape that its connector does not know is set aside at once, beside the others. One that cannot be
 * read is known: its lane waits with back-off, the others go on, and after five tries it goes to quarantine and its lane goes on too. A batch
 * that fails otherwise is split until the culprit is alone, which then fares likewise. The database's own faults (away, a deadlock) are
 * nobody's: the batch is simply put back. Events that kill the process: slots.ts.
 */
import type { Context } from '#connector-kit/connector.ts'
import type { ChannelId, WorkspaceId } from '#contract/ids.ts'
import type { LiveChannel, LiveChannels } from '#server/channels/live.ts'
import { addToStreams, streamTopic } from '#server/channels/streams.ts'
import { recordIncoming } from '#server/conversations/record.ts'
import type { BatchPlan, Told } from '#server/conversations/told.ts'
import { fetchesOf } from '#server/conversations/write.ts'
import { applyStatuses } from '#server/delivery/status.ts'
import { feedTopic } from '#server/feed/feed.ts'
import { buggify } from '#server/platform/buggify.ts'
import type { Database, Tx } from '#server/platform/database.ts'
import type { Hints } from '#server/platform/hints.ts'
import type { Log } from '#server/platform/log.ts'
import { claimPositions, isFull, type Claimed, type WorkRow } from './claim.ts'
import type { Journal } from './journal.ts'
import { isNobodysFault } from './nobodys-fault.ts'
import { countTry, delay, remove, setAside } from './put-back.ts'
import { rowReader, type IncomingOf, type Unread } from './read-rows.ts'
import type { Slots } from './slots.ts'
import { waitsOf } from './waits.ts'

/** When to look again for an event whose reading takes longer. */
const LOOK_AGAIN_MS = 250
/** And for one whose channel has too many of those. */
const CROWDED_MS = 500
/** Behind the moment for which something waits. */
const MARGIN_MS = 5

export interface BatchDeps {
  database: Database
  hints: Hints
  journal: Journal
  channels: LiveChannels
  contextOf(channel: LiveChannel): Context<Record<string, unknown>>
  incomingOf: IncomingOf
  /** Somebody answers by rules. */
  hasRules: boolean
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

/** One turn of a workspace. */
export interface Turn {
  readonly workspace: WorkspaceId
  readonly slot: number
  claim(tx: Tx): Promise<Pick<Claimed, 'rows'>>
  /** Something waits until then. */
  later(ms: number): void
}

type Attempt = { is: 'done'; more: boolean } | { is: 'failed'; positions: number[]; error: unknown }

/** @returns runs a batch and tells whether more may wait */
export function batchRunner(deps: BatchDeps, slots: Slots): (turn: Turn) => Promise<boolean> {
  const { database, hints, log } = deps
  const readRows = rowReader(deps.incomingOf)

  async function run(turn: Turn): Promise<boolean> {
    const done = await attempt(turn, null)
    if (done.is === 'failed') await isolate(turn, done.positions)
    return done.is === 'failed' || done.more
  }

  /** One transaction over what is claimed, or over these positions as far as their lanes' heads are among them. */
  async function attempt(turn: Turn, only: number[] | null): Promise<Attempt> {
    const { workspace, slot } = turn
    let positions: number[] = []
    const channels = new Map<ChannelId, LiveChannel>()
    const streams = new Set<string>()
    let plan: Awaited<ReturnType<typeof recordIncoming>> | undefined
    let unread: readonly Unread[] = []
    let sending: ReadonlySet<ChannelId> = new Set()
    let more = false
    try {
      await database.onMessagePath(workspace, async (tx) => {
        const rows = only ? await claimPositions(tx, workspace, only) : (await turn.claim(tx)).rows
        positions = rows.map((row) => row.pos)
        more = only === null && isFull(rows)
        if (rows.length === 0) return
        const noted = slots.note(slot, workspace, positions)
        // Heard wherever something is fetched; without that nothing is read.
        noted.catch(() => {})
        await findChannels(rows, channels)
        const read = await readRows(rows, channels, async (ids) => {
          const [events] = await Promise.all([deps.journal.read(tx, workspace, ids), noted])
          return events
        })
        ;({ unread } = read)
        await setAside(tx, workspace, placesOf(unread.filter((each) => each.strange)))
        for (const { pos, strange } of unread) if (!strange) await countTry(tx, workspace, pos)
        await hold(tx, turn, placesOf(read.late), LOOK_AGAIN_MS)
        await hold(tx, turn, placesOf(read.waiting), CROWDED_MS)
        more ||= read.cut
        const held = await holdEarly(tx, turn, read.rows, read.told)
        const told = read.told.filter((each) => !held.has(each.pos))
        plan = await recordIncoming(tx, workspace, told, deps.hasRules)
        // What was to be parked is free again where its message came at the same moment.
        more ||= plan.woke || plan.parked.length > 0
        await applyStatuses(tx, workspace, plan.statuses, plan.watermarks)
        for (const each of told) await mirror(tx, each, channels, streams)
        sending = await deps.consequences(tx, workspace, plan, channels)
        const parked = new Set(placesOf(plan.parked))
        await remove(
          tx,
          workspace,
          placesOf(read.rows).filter((pos) => !held.has(pos) && !parked.has(pos)),
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
      if (deps.hasRules && plan.messages.length > 0) hints.tell('input', workspace)
      if (fetchesOf(plan).length > 0) hints.tell('files', workspace)
      for (const topic of streams) hints.tell(topic)
      for (const channel of sending) hints.tell(`delivery ${channel}`)
      await deps.afterwards(plan, channels)
    }
    return { is: 'done', more }
  }

  /** Halves a failing batch until the culprit stands alone; the others commit. What follows the culprit in its lane waits with it. */
  async function isolate(turn: Turn, positions: number[]): Promise<void> {
    if (positions.length === 1) return blame(turn, positions[0]!)
    const middle = positions.length >> 1
    for (const half of [positions.slice(0, middle), positions.slice(middle)]) {
      const done = await attempt(turn, half)
      if (done.is === 'failed') await isolate(turn, done.positions)
    }
  }

  async function blame(turn: Turn, position: number): Promise<void> {
    const again = await attempt(turn, [position])
    if (again.is === 'done') return
    log.warn({ error: again.error, position }, 'an event could not be read')
    await countTry(database.plumbing, turn.workspace, position)
    hints.tell('quarantine', turn.workspace)
  }

  async function findChannels(rows: readonly WorkRow[], channels: Map<ChannelId, LiveChannel>): Promise<void> {
    for (const id of new Set(rows.map((row) => row.channel))) {
      const channel = await deps.channels.get(id)
      if (channel) channels.set(id, channel)
    }
  }

  /** Some come before what they need, and wait a moment; whatever follows them waits with them. @returns the places of all that wait */
  async function holdEarly(tx: Tx, turn: Turn, rows: WorkRow[], events: Told[]): Promise<Set<number>> {
    const waits = await waitsOf(tx, turn.workspace, events)
    const held = new Set<number>()
    const closed = new Set<string>()
    for (const { pos, lane } of rows) {
      const waitMs = waits.get(pos) ?? 0
      if (closed.has(lane)) held.add(pos)
      else if (waitMs > 0) {
        closed.add(lane)
        held.add(pos)
        await hold(tx, turn, [pos], waitMs)
      }
    }
    return held
  }

  async function hold(tx: Tx, turn: Turn, positions: readonly number[], ms: number): Promise<void> {
    if (positions.length === 0) return
    await delay(tx, turn.workspace, positions, ms)
    turn.later(ms + MARGIN_MS)
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

  return run
}

const placesOf = (rows: readonly { pos: number }[]): number[] => rows.map(({ pos }) => pos)

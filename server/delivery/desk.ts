/** The outbox of one workspace in this process: all its owned channels share one transaction, again and again while something moves. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Context, FileRef } from '#connector-kit/connector.ts'
import type { Wire } from '#connector-kit/perform.ts'
import type { ChannelId, MessageId, WorkspaceId } from '#contract/ids.ts'
import type { LiveChannel, LiveChannels } from '#server/channels/live.ts'
import { backTopic, type SetState } from '#server/channels/state.ts'
import { announce, feedTopic } from '#server/feed/feed.ts'
import { buggify } from '#server/platform/buggify.ts'
import type { Database, Tx } from '#server/platform/database.ts'
import type { Hints } from '#server/platform/hints.ts'
import type { Log } from '#server/platform/log.ts'
import { HALF_A_LEASE_MS, type Lease } from '#server/platform/leases.ts'
import { storable } from '#server/platform/storable.ts'
import { turns } from '#server/platform/turns.ts'
import { claimFlights } from './claim.ts'
import { fly, verdictOn, type FlightDeps } from './flights.ts'
import { learner } from './learner.ts'
import { settleOrphans } from './orphans.ts'
import { countOpen, mayStillSend, ownedChannel, type Flight, type KeptPace, type Landing, type Owned } from './owned.ts'
import { loadPace, savePaces } from './kept-pace.ts'
import { mark } from './mark.ts'
import { owedResults } from './owed.ts'
import { recordResults, type Outcome } from './results.ts'
import { confirmLeases, giveBackUnknown, noteSending } from './sender.sql.ts'
import { tendChannels } from './tend-channels.ts'

const POLL_MS = 1_000
/** After a turn that failed: sooner than the poll, later than at once. */
const AFTER_TROUBLE_MS = 50
/** What is in flight when a channel is handed over may still be answered. */
const LAST_CALLS_MS = 10_000
/** How often a hand-over looks whether all is answered and written down. */
const LOOK_AGAIN_MS = 20
/** What comes back meanwhile shares the next transaction. */
const BETWEEN_TURNS_MS = 5
const KEEP_PACE_MS = 10_000
/** An answer that takes longer is waited for visibly. */
const SLOW_MS = 500

export interface SenderDeps {
  database: Database
  hints: Hints
  channels: LiveChannels
  setState: SetState
  wireOf(channel: LiveChannel, signal: AbortSignal): Wire
  /** Asks the platform whether it lives, for the breaker. @throws when it does not */
  probe(channel: LiveChannel, signal: AbortSignal): Promise<void>
  /** What connectors are called with. */
  contextOf(channel: LiveChannel): Context<Record<string, unknown>>
  /** A link to a file that a network does not take; null: nobody outside can reach us. */
  linkOf(channel: LiveChannel, file: FileRef): string | null
  /** A page that shows a message whole; null likewise. */
  pageOf(channel: LiveChannel, message: MessageId): string | null
  /** Told how each attempt ended. */
  ended?(channel: LiveChannel, outcome: Outcome['is']): void
  log: Log
}

export interface Desk {
  own(lease: Lease, channel: LiveChannel): Promise<void>
  isIdle(): boolean
  close(): void
}

/** @param idle  nobody is here any more, and all that came of their sends is written down */
export function openDesk(deps: SenderDeps, workspace: WorkspaceId, idle: () => void): Desk {
  const { database, hints, log } = deps
  const channels = new Map<ChannelId, Owned>()
  const owed = owedResults()
  let toMark: Flight[] = []
  /** Channels that come, are here, or go. */
  let owning = 0
  /** Channels of the turn under way, which may be claiming. */
  let turning: ReadonlySet<ChannelId> = new Set()
  /** The last transaction failed: whether it committed, nobody knows. */
  let isUnsure = false
  /** When to look for what an earlier owner left; at once for a channel that is new here. */
  let orphansAt = 0
  /** When to save what was learned about the pace of the channels. */
  let paceAt = 0
  const { ask: round, close: endRounds } = turns({
    turn,
    atLeastMs: BETWEEN_TURNS_MS,
    failed: (error) => {
      log.warn({ error }, 'the outbox waits for the database')
      setTimeout(() => void round(), AFTER_TROUBLE_MS).unref()
    },
  })
  const timer = setInterval(() => void round(), POLL_MS).unref()

  const now = () => performance.now()
  const { learn, tellRetrying } = learner({ ...deps, now })
  const { refresh, goOn } = tendChannels({ ...deps, tellRetrying, round, now }, workspace)

  async function own(lease: Lease, channel: LiveChannel): Promise<void> {
    owning++
    try {
      await sendUntilLost(lease, channel)
    } finally {
      owning--
    }
  }

  async function sendUntilLost(lease: Lease, channel: LiveChannel): Promise<void> {
    const kept = await keptPace(lease, channel.id)
    const owned = ownedChannel(lease, channel, kept, now())
    channels.set(channel.id, owned)
    orphansAt = 0
    const offs = [
      hints.on(`delivery ${channel.id}`, () => void round()),
      hints.on(backTopic(channel.id), () => void goOn(owned)),
    ]
    void round()
    await new Promise<void>((resolve) => {
      if (lease.signal.aborted) resolve()
      lease.signal.addEventListener('abort', () => resolve())
    })
    for (const off of offs) off()
    channels.delete(channel.id)
    // Their verdicts count by the row's epoch even after the lease has moved.
    const cut = setTimeout(() => owned.calls.abort(), LAST_CALLS_MS)
    while (owned.inFlight.size > 0 || turning.has(channel.id)) await delay(LOOK_AGAIN_MS)
    clearTimeout(cut)
    // Where the lease is handed over, all is written down before the next owner comes: he could only call it unconfirmed.
    const patienceEnds = now() + LAST_CALLS_MS
    while (owed.isOwed(channel.id) && now() < patienceEnds) await delay(LOOK_AGAIN_MS)
    // A channel called away behind the back of its next owner would be probed by nobody.
    await owned.telling
    countOpen(owned, now())
    await database.inWorkspace(workspace, (tx) => savePaces(tx, workspace, [owned])).catch(() => {})
  }

  /** Without it nothing is sent: the platform may have asked the owner before for silence. */
  async function keptPace(lease: Lease, channel: ChannelId): Promise<KeptPace> {
    for (;;) {
      try {
        return await database.inWorkspace(workspace, (tx) => loadPace(tx, workspace, channel))
      } catch (error) {
        if (lease.signal.aborted) return { blockedMs: 0, factor: 1 }
        log.debug({ error, channel }, 'a channel waits for the database')
        await delay(AFTER_TROUBLE_MS)
      }
    }
  }

  /** One transaction, then the requests it allowed. */
  async function turn(): Promise<void> {
    await refresh(channels.values())
    const results = owed.begin()
    const marking = toMark
    toMark = []
    let started: Flight[] = []
    let marked = new Set<number>()
    let told = false
    let slow: Flight[] = []
    let saved: (() => void) | undefined
    try {
      await database.onMessagePath(workspace, async (tx) => {
        told = await recordResults(tx, workspace, results)
        const mine = [...channels.values()].filter((o) => o.lease.left() > HALF_A_LEASE_MS)
        turning = new Set(mine.map(({ id }) => id))
        const valid = await confirmLeases(
          tx,
          mine.map(({ lease }) => lease),
        )
        const owned = mine.filter((o) => valid.has(o.lease.name))
        if (isUnsure) await giveBackUnknown(tx, workspace, epochsOf(owned), knownPositions(marking))
        if (now() >= orphansAt) {
          told = (await settleOrphans(tx, workspace, owned)) || told
          orphansAt = now() + POLL_MS
        }
        const claimed = await claimFlights(tx, workspace, owned, claimDeps)
        started = claimed.flights
        const mayGo = (flight: Flight) => owned.includes(flight.owned) && mayStillSend(flight, now())
        marked = await mark(tx, workspace, {
          claimed: claimed.rows,
          leaving: started.filter((flight) => flight.final.final && mayGo(flight)),
          later: marking.filter(mayGo),
        })
        if (now() >= paceAt || owned.some(isNewlyBlocked)) saved = await keepPace(tx, owned)
        slow = slowOnes()
        if (slow.length > 0) await tellSending(tx, slow)
        await buggify('recorded, not committed')
      })
    } catch (error) {
      // Nothing of it happened: results and marks wait for the next turn.
      owed.undone()
      toMark = [...marking, ...toMark]
      turning = new Set()
      isUnsure = true
      throw error
    }
    isUnsure = false
    owed.written()
    for (const flight of started) flight.owned.inFlight.set(flight.row.pos, flight)
    turning = new Set()
    saved?.()
    for (const flight of slow) flight.untoldSince = null
    if (told || slow.length > 0) hints.tell(feedTopic(workspace))
    for (const flight of [...marking, ...started]) {
      if (!flight.final.final) {
        // Edits, deletions and reactions are never marked, and files go up before the mark: both are on their way from here.
        flight.untoldSince = now()
        void fly(flight, flightDeps)
      } else if (marked.has(flight.row.pos)) {
        flight.marked = true
        flight.untoldSince = now()
        void fly(flight, flightDeps)
      } else flightDeps.land(flight, { is: 'unmark' })
    }
    if (isIdle()) idle()
  }

  const isIdle = () => owning === 0 && owed.isEmpty()

  const epochsOf = (owned: Owned[]) => owned.map((o) => ({ channel: o.id, epoch: o.lease.epoch }))

  const knownPositions = (marking: Flight[]) => [
    ...[...channels.values()].flatMap((o) => [...o.inFlight.keys()]),
    ...owed.positions(),
    ...[...marking, ...toMark].map((flight) => flight.row.pos),
  ]

  /** Sends that take their time are told as being sent; the others are sent before anybody could look. */
  const slowOnes = () =>
    [...channels.values()]
      .flatMap((o) => [...o.inFlight.values()])
      .filter(({ untoldSince }) => untoldSince !== null && now() - untoldSince >= SLOW_MS)

  async function tellSending(tx: Tx, slow: Flight[]): Promise<void> {
    await noteSending(
      tx,
      workspace,
      slow.map(({ row }) => row.delivery),
    )
    await announce(
      tx,
      workspace,
      slow.map(({ dispatch }) => ({ kind: 'message.changed', subject: dispatch.message })),
    )
  }

  // ---------------------------------------------------------------- pace

  /** A wait that the platform asked for must outlive this owner. */
  const isNewlyBlocked = (o: Owned) => o.pace.blockedUntil > now() && o.pace.blockedUntil !== o.savedBlock

  /** @returns what to note once it is committed */
  async function keepPace(tx: Tx, owned: Owned[]): Promise<() => void> {
    const saved = await savePaces(tx, workspace, owned)
    return () => {
      saved()
      paceAt = now() + KEEP_PACE_MS
    }
  }

  // ---------------------------------------------------------------- landing

  function settle({ owned, row, dispatch, applied, pieces }: Landing, outcome: Outcome): void {
    // A platform's words may hold what PostgreSQL does not keep: the whole turn would fail, again and again.
    owed.add({ row, dispatch, epoch: owned.lease.epoch, outcome: storable(outcome), applied, pieces })
    deps.ended?.(owned.channel, outcome.is)
    learn(owned, row, outcome)
  }

  const flightDeps: FlightDeps = {
    wireOf: deps.wireOf,
    scrub: log.scrub,
    random: Math.random,
    land: (flight, outcome) => {
      flight.owned.inFlight.delete(flight.row.pos)
      settle(flight, outcome)
      void round()
    },
    mark: (flight) => {
      toMark.push(flight)
      void round()
    },
  }

  const claimDeps = {
    contextOf: deps.contextOf,
    linkOf: deps.linkOf,
    pageOf: deps.pageOf,
    land: (landing: Landing, outcome: Outcome) => {
      settle(landing, outcome)
      void round()
    },
    broken: (landing: Landing, error: unknown) => {
      settle(landing, verdictOn(error, landing, false, flightDeps))
      void round()
    },
    again: () => void round(),
  }

  return {
    own,
    isIdle,
    close: () => {
      clearInterval(timer)
      void endRounds()
    },
  }
}

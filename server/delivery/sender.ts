/**
 * Sends what waits, for the channels this process owns.
 *
 * every few ms, for each workspace, in one transaction:
 *   record all results so far → leases still ours? → claim heads of lanes, as many as tokens allow
 *   → make their ops → mark those whose next request a repeat would double
 * after the commit: perform the requests; each ends as a result for the next transaction
 *
 * A crash anywhere leaves rows: claimed but not marked → sent again by the next owner; marked → it may have arrived (`settleOrphans`).
 */
import type { Context, FileRef, Op, Plan, Reply, Request, Sent } from '#connector-kit/connector.ts'
import { perform, type Wire } from '#connector-kit/perform.ts'
import type { ChannelId, MessageId, WorkspaceId } from '#contract/ids.ts'
import type { LiveChannel, LiveChannels } from '#server/channels/live.ts'
import { backTopic, type SetState } from '#server/channels/state.ts'
import { announce, feedTopic } from '#server/feed/feed.ts'
import type { Database, Tx } from '#server/platform/database.ts'
import type { Hints } from '#server/platform/hints.ts'
import { CLOCKS_DIFFER_MS } from '#server/platform/keep-time.ts'
import { HALF_A_LEASE_MS, type Lease } from '#server/platform/leases.ts'
import type { Log } from '#server/platform/log.ts'
import { programClock } from '#server/platform/new-id.ts'
import { breaker } from './breaker.ts'
import { learner } from './learner.ts'
import { opsOf } from './ops.ts'
import { settleOrphans } from './orphans.ts'
import { countOpen, foldsStill, roomOf, type Flight, type Owned } from './owned.ts'
import { loadPace, savePace } from './kept-pace.ts'
import { pacing } from './pacing.ts'
import { recordResults, type Result } from './results.ts'
import {
  claimHeads,
  confirmLeases,
  endWireWaits,
  giveBackUnknown,
  loadDispatches,
  markRows,
  nameByKey,
  noteAnswered,
  refsOf,
  type Dispatch,
  type WorkRow,
} from './sender.sql.ts'
import { keyOf } from './send-key.ts'
import { verdictAfter, type Attempt } from './verdict.ts'

export interface SeenLease {
  workspace: WorkspaceId
  name: string
  epoch: number
}

const POLL_MS = 1_000
/** After a turn that failed: sooner than the poll, later than at once. */
const AFTER_TROUBLE_MS = 50
/** What is in flight when a channel is handed over may still be answered. */
const LAST_CALLS_MS = 10_000
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
  ended?(channel: LiveChannel, outcome: Result['outcome']['is']): void
  log: Log
}

export interface Sender {
  /** Sends for this channel until the lease ends. */
  own(lease: Lease, id: ChannelId): Promise<void>
}

export function startSender(deps: SenderDeps): Sender {
  const desks = new Map<WorkspaceId, Desk>()
  return {
    own: async (lease, id) => {
      const channel = await deps.channels.get(id)
      if (!channel) return
      let desk = desks.get(channel.workspace)
      if (!desk) desks.set(channel.workspace, (desk = openDesk(deps, channel.workspace)))
      await desk.own(lease, channel)
      if (desk.isIdle()) {
        desk.close()
        desks.delete(channel.workspace)
      }
    },
  }
}

interface Desk {
  own(lease: Lease, channel: LiveChannel): Promise<void>
  isIdle(): boolean
  close(): void
}

/** All owned channels of one workspace share its transactions. */
function openDesk(deps: SenderDeps, workspace: WorkspaceId): Desk {
  const { database, hints, log } = deps
  const channels = new Map<ChannelId, Owned>()
  let results: Result[] = []
  let toMark: Flight[] = []
  let running = false
  /** Channels whose pace is being read. */
  let arriving = 0
  let again = false
  let closed = false
  /** The last transaction failed: whether it committed, nobody knows. */
  let isUnsure = false
  /** When to look for what an earlier owner left; at once for a channel that is new here. */
  let orphansAt = 0
  /** When to save what was learned about the pace of the channels. */
  let paceAt = 0
  const timer = setInterval(() => void round(), POLL_MS)

  const now = () => performance.now()
  const { learn, tellRetrying } = learner(deps)

  async function own(lease: Lease, channel: LiveChannel): Promise<void> {
    arriving++
    const kept = await database
      .inWorkspace(workspace, (tx) => loadPace(tx, workspace, channel.id))
      .catch(() => ({ blockedMs: 0, factor: 1 }))
    const owned: Owned = {
      id: channel.id,
      lease,
      channel,
      pace: pacing(channel.abilities.pacing, now(), { blockedUntil: now() + kept.blockedMs, factor: kept.factor }),
      breaker: breaker(channel.state === 'retrying' ? now() : undefined),
      inFlight: new Map(),
      calls: new AbortController(),
      after: FIRST_LANE,
      refusals: 0,
      openMs: 0,
      savedBlock: 0,
      seenAt: now(),
      probing: false,
      telling: Promise.resolve(),
    }
    channels.set(channel.id, owned)
    arriving--
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
    while (owned.inFlight.size > 0) await new Promise((resolve) => setTimeout(resolve, 20))
    clearTimeout(cut)
    await round()
    countOpen(owned, now())
    await database.inWorkspace(workspace, (tx) => keepPace(tx, [owned])).catch(() => {})
  }

  async function round(): Promise<void> {
    if (running) {
      again = true
      return
    }
    running = true
    try {
      do {
        again = false
        const began = now()
        await turn()
        // What comes back meanwhile shares the next transaction.
        const rest = BETWEEN_TURNS_MS - (now() - began)
        if (again && rest > 0) await new Promise((resolve) => setTimeout(resolve, rest))
      } while (again && !closed)
    } catch (error) {
      log.warn({ error }, 'the outbox waits for the database')
      setTimeout(() => void round(), AFTER_TROUBLE_MS).unref()
    } finally {
      running = false
    }
  }

  /** One transaction, then the requests it allowed. */
  async function turn(): Promise<void> {
    await refreshChannels()
    const recording = results
    const marking = toMark
    results = []
    toMark = []
    let started: Flight[] = []
    let marked = new Set<number>()
    let told = false
    let slow: Flight[] = []
    let saved: (() => void) | undefined
    try {
      await database.inWorkspace(workspace, async (tx) => {
        told = await recordResults(tx, workspace, recording)
        const mine = [...channels.values()].filter((o) => o.lease.left() > HALF_A_LEASE_MS)
        const valid = await confirmLeases(
          tx,
          mine.map(({ lease }) => ({ workspace: lease.workspace, name: lease.name, epoch: lease.epoch })),
        )
        const owned = mine.filter((o) => valid.has(o.lease.name))
        if (isUnsure) await giveBackUnknown(tx, workspace, epochsOf(owned), knownPositions(recording, marking))
        if (now() >= orphansAt) {
          told = (await settleOrphans(tx, workspace, owned)) || told
          orphansAt = now() + POLL_MS
        }
        started = await claim(tx, owned)
        const ready = [...marking, ...started.filter((flight) => flight.final.final)].filter((flight) =>
          owned.includes(flight.owned),
        )
        marked = await mark(tx, ready)
        if (now() >= paceAt || owned.some(isNewlyBlocked)) saved = await keepPace(tx, owned)
        slow = slowOnes()
        if (slow.length > 0)
          await announce(
            tx,
            workspace,
            slow.map(({ dispatch }) => ({ kind: 'message.changed', subject: dispatch.message })),
          )
      })
    } catch (error) {
      // Nothing of it happened: results and marks wait for the next turn.
      results = [...recording, ...results]
      toMark = [...marking, ...toMark]
      isUnsure = true
      throw error
    }
    isUnsure = false
    for (const flight of started) flight.owned.inFlight.set(flight.row.pos, flight)
    saved?.()
    for (const flight of slow) flight.untoldSince = null
    if (told || slow.length > 0) hints.tell(feedTopic(workspace))
    for (const flight of [...marking, ...started]) {
      if (!flight.final.final) {
        // Edits, deletions and reactions are never marked, and files go up before the mark: both are on their way from here.
        flight.untoldSince = now()
        void fly(flight)
      } else if (marked.has(flight.row.pos)) {
        flight.marked = true
        flight.untoldSince = now()
        void fly(flight)
      } else land(flight, { is: 'unmark' })
    }
  }

  /** Sends that take their time are told as being sent; the others are sent before anybody could look. */
  const slowOnes = () =>
    [...channels.values()]
      .flatMap((o) => [...o.inFlight.values()])
      .filter(({ untoldSince }) => untoldSince !== null && now() - untoldSince >= SLOW_MS)

  const epochsOf = (owned: Owned[]) => owned.map((o) => ({ channel: o.id, epoch: o.lease.epoch }))

  const knownPositions = (recording: Result[], marking: Flight[]) => [
    ...[...channels.values()].flatMap((o) => [...o.inFlight.keys()]),
    ...[...recording, ...results].map((result) => result.row.pos),
    ...[...marking, ...toMark].map((flight) => flight.row.pos),
  ]

  async function refreshChannels(): Promise<void> {
    for (const owned of channels.values()) {
      const fresh = await deps.channels.get(owned.id)
      if (!fresh) continue
      if (fresh.abilities !== owned.channel.abilities && fresh.version !== owned.channel.version)
        owned.pace = pacing(fresh.abilities.pacing, now(), owned.pace)
      countOpen(owned, now())
      owned.channel = fresh
      if (owned.breaker.state === 'open' && !owned.probing && now() >= owned.breaker.probeAt) void probe(owned)
    }
  }

  async function probe(owned: Owned): Promise<void> {
    owned.probing = true
    try {
      await owned.telling
      await deps.probe(owned.channel, owned.lease.signal)
      await goOn(owned)
    } catch {
      owned.breaker.probed(false, now())
      await tellRetrying(owned).catch(() => {})
    } finally {
      owned.probing = false
      again = true
      void round()
    }
  }

  /** The platform is back: what waits for it goes, one at a time until one was taken. */
  async function goOn(owned: Owned): Promise<void> {
    owned.breaker.probed(true, now())
    await database
      .inWorkspace(workspace, (tx) => endWireWaits(tx, workspace, owned.id))
      .catch((error: unknown) => log.debug({ error }, 'what waits goes in its own time'))
    void round()
  }

  // ---------------------------------------------------------------- claiming

  async function claim(tx: Tx, owned: Owned[]): Promise<Flight[]> {
    // A channel may be handed over while this waits for the database.
    const mine = new Map(owned.map((o) => [o.id, o]))
    const asking = owned
      .map((o) => ({ o, room: roomOf(o, now()) }))
      .filter(({ room }) => room > 0)
      .map(({ o, room }) => ({
        channel: o.id,
        epoch: o.lease.epoch,
        room,
        after: o.after,
        waitingLanes: o.pace.waitingLanes(now()),
      }))
    if (asking.length === 0) return []
    const rows = await claimHeads(tx, workspace, asking, new Date(programClock.now().getTime() + CLOCKS_DIFFER_MS))
    for (const each of asking) {
      const lanes = rows.filter((row) => row.channel === each.channel).map((row) => BigInt(row.lane))
      const o = mine.get(each.channel)!
      // Fewer than asked for: the scan came to the end; begin again at the start.
      const last = lanes.reduce((max, lane) => (lane > max ? lane : max), -(2n ** 63n))
      const wrapped = lanes.length < each.room
      if (wrapped && o.after !== FIRST_LANE) again = true
      o.after = wrapped ? FIRST_LANE : last.toString()
    }
    if (rows.length === 0) return []
    const dispatches = await loadDispatches(tx, workspace, rows)
    const messages = [...dispatches.values()]
    const letters = rows.flatMap((row) => {
      const dispatch = dispatches.get(row.pos)
      return dispatch?.op === 'message' && channels.get(row.channel)?.channel.abilities.subject?.out ? [dispatch] : []
    })
    await noteAnswered(tx, workspace, letters)
    const refs = await refsOf(
      tx,
      workspace,
      messages.flatMap((d) => (d.op === 'message' ? (d.replyTo ? [d.replyTo] : []) : [d.message])),
    )
    const flights: Flight[] = []
    for (const row of rows) {
      const o = mine.get(row.channel)!
      const dispatch = dispatches.get(row.pos)
      if (!dispatch) continue
      const key = keyOf(dispatch.delivery, row.piece, row.attempt)
      const made = opsOf({
        channel: o.channel,
        dispatch,
        refs,
        key,
        linkOf: (file) => deps.linkOf(o.channel, file),
        page: deps.pageOf(o.channel, dispatch.message),
      })
      if (made.is === 'cannot') {
        results.push({
          row,
          dispatch,
          epoch: o.lease.epoch,
          outcome: { is: 'failed', code: made.code, details: made.details },
          applied: [],
          pieces: 1,
        })
        again = true
        continue
      }
      const op = made.ops[row.piece]
      if (!op) {
        results.push({
          row,
          dispatch,
          epoch: o.lease.epoch,
          outcome: { is: 'sent', sent: { ids: [] } },
          applied: made.applied,
          pieces: made.ops.length,
        })
        again = true
        continue
      }
      o.pace.take(row.lane, now(), dispatch.kind)
      const flight = begin(o, row, dispatch, key, op, made)
      if (flight) flights.push(flight)
    }
    return flights
  }

  /** A wait that the platform asked for must outlive this owner. */
  const isNewlyBlocked = (o: Owned) => o.pace.blockedUntil > now() && o.pace.blockedUntil !== o.savedBlock

  /** @returns what to note once it is committed */
  async function keepPace(tx: Tx, owned: Owned[]): Promise<() => void> {
    const learned = owned.map((o) => ({
      o,
      channel: o.id,
      epoch: o.lease.epoch,
      breaker: o.breaker.state,
      openMs: Math.round(o.openMs),
      factor: o.pace.factor,
      blockedUntil: o.pace.blockedUntil,
      blockedMs: Math.max(0, o.pace.blockedUntil - now()),
    }))
    await savePace(tx, workspace, learned)
    return () => {
      for (const { o, openMs, blockedUntil } of learned) {
        o.openMs -= openMs
        o.savedBlock = blockedUntil
      }
      paceAt = now() + KEEP_PACE_MS
    }
  }

  /** Runs the pure plan to its first request. */
  function begin(
    owned: Owned,
    row: WorkRow,
    dispatch: Dispatch,
    key: string,
    op: Op,
    made: { ops: unknown[]; applied: unknown[] },
  ): Flight | undefined {
    const plan = owned.channel.connector.outgoing(op, deps.contextOf(owned.channel))
    const bare = {
      owned,
      row,
      dispatch,
      key,
      plan,
      pieces: made.ops.length,
      applied: made.applied,
      marked: false,
      untoldSince: null,
    }
    try {
      const first = plan.next()
      if (!first.done) return { ...bare, final: first.value }
      settle(bare, { is: 'sent', sent: first.value })
    } catch (error) {
      settle(bare, verdictAfter(error, attemptOf(owned, row, dispatch, false)))
    }
    return undefined
  }

  async function mark(tx: Tx, flights: Flight[]): Promise<Set<number>> {
    if (flights.length === 0) return new Set()
    const echoing = flights.filter(
      ({ owned }) => owned.channel.abilities.confirms === 'echo' || owned.channel.abilities.echo,
    )
    await nameByKey(
      tx,
      workspace,
      echoing.map(({ owned, dispatch, key }) => ({ ...dispatch, channel: owned.id, key })),
    )
    return markRows(
      tx,
      workspace,
      flights.map((flight) => ({ pos: flight.row.pos, epoch: flight.owned.lease.epoch, key: flight.key })),
    )
  }

  // ---------------------------------------------------------------- flying

  /** Performs a plan from its waiting request on: to its end, or to the next request that must be marked. */
  async function fly(flight: Flight): Promise<void> {
    const { owned, plan, row, dispatch } = flight
    const wire = deps.wireOf(owned.channel, owned.calls.signal)
    try {
      if (flight.marked && owned.lease.left() < HALF_A_LEASE_MS) return land(flight, { is: 'unmark' })
      const outcome = await perform(pausing(plan, flight), wire)
      if (outcome === 'mark') {
        toMark.push(flight)
        return void round()
      }
      land(flight, { is: 'sent', sent: outcome })
    } catch (error) {
      land(flight, verdictAfter(error, attemptOf(owned, row, dispatch, flight.marked)))
    }
  }

  const attemptOf = (owned: Owned, row: WorkRow, dispatch: Dispatch, marked: boolean): Attempt => ({
    tries: row.tries,
    waits: row.waits,
    marked,
    folds: foldsStill(owned, dispatch.ageMs),
    random: Math.random(),
    scrub: log.scrub,
  })

  /** The same plan as a plan that stops, with 'mark', before a final request that is not marked yet. */
  function* pausing(plan: Plan<Sent>, flight: Flight): Generator<Request, Sent | 'mark', Reply> {
    let reply = yield flight.final
    for (;;) {
      const step = plan.next(reply)
      if (step.done) return step.value
      if (step.value.final && !flight.marked) {
        flight.final = step.value
        return 'mark'
      }
      reply = yield step.value
    }
  }

  type Outcome = Result['outcome']

  function land(flight: Flight, outcome: Outcome): void {
    flight.owned.inFlight.delete(flight.row.pos)
    settle(flight, outcome)
    void round()
  }

  function settle(flight: Omit<Flight, 'final'>, outcome: Outcome): void {
    const { owned, row, dispatch, applied, pieces } = flight
    results.push({ row, dispatch, epoch: owned.lease.epoch, outcome, applied, pieces })
    deps.ended?.(flight.owned.channel, outcome.is)
    learn(owned, row, outcome)
    again = true
  }

  return {
    own,
    isIdle: () => channels.size === 0 && arriving === 0 && results.length === 0,
    close: () => {
      closed = true
      clearInterval(timer)
    },
  }
}

const FIRST_LANE = '-9223372036854775808'

/**
 * The desk of one process, as a model of `server/delivery/desk.ts`: its turns, its landings, its hand-overs. What decides is the program's own:
 * `fly`, `verdictAfter`, the breaker, the pacing, the learner, `roomOf`. What PostgreSQL does is `store.ts`.
 *
 * turn: record → confirm leases → settle orphans → claim → mark → keep pace → (commit) → fly
 */
import type { Plan, Sent } from '#connector-kit/connector.ts'
import type { ChannelId } from '#contract/ids.ts'
import type { LiveChannel } from '#server/channels/live.ts'
import { fly, type FlightDeps } from '#server/delivery/flights.ts'
import { learner } from '#server/delivery/learner.ts'
import {
  foldsStill,
  mayStillSend,
  ownedChannel,
  roomOf,
  type Flight,
  type Landing,
  type Owned,
} from '#server/delivery/owned.ts'
import type { Outcome } from '#server/delivery/results.ts'
import { keyOf } from '#server/delivery/send-key.ts'
import type { Dispatch } from '#server/delivery/sender.sql.ts'
import { FIRST_LANE } from '#server/platform/lanes.ts'
import { HALF_A_LEASE_MS, type Lease } from '#server/platform/leases.ts'
import { openLog } from '#server/platform/log.ts'
import { planOf } from './plan.ts'
import { settled } from './settled.ts'
import type { Recorded, Work } from './store.ts'
import { aWire, type Airborne } from './wire.ts'
import type { World } from './world.ts'

const POLL_MS = 1_000
const AFTER_TROUBLE_MS = 50
const LAST_CALLS_MS = 10_000
const BETWEEN_TURNS_MS = 5
const KEEP_PACE_MS = 10_000
/** By then an owner has told the database of a silence, even if some transactions failed. */
const SAVED_SOON_MS = 5_000
const REQUEST_LIMIT_MS = 20_000

export interface Desk {
  /** Owns the channel until the lease ends. @param handedOver  called once nothing of it flies any more */
  own(lease: Lease, base: LiveChannel, handedOver: () => void): void
  /** Something waits. */
  ask(): void
}

const log = openLog({ level: 'silent' })

/** @param awake  runs a callback of this process: now, when it is thawed, or, when it is dead, never */
export function aDesk(
  world: World,
  node: string,
  awake: (what: () => void | Promise<void>) => void | Promise<void>,
): Desk {
  const { clock, random, store, watch, platforms, tell } = world
  const now = () => clock.now()
  const later = (ms: number, what: () => void | Promise<void>) => clock.in(ms, () => awake(what))
  const channels = new Map<ChannelId, Owned>()
  const since = new Map<Owned, number>()
  let results: (Recorded & { landing: Landing })[] = []
  let toMark: Airborne[] = []
  let isUnsure = false
  let orphansAt = 0
  let paceAt = 0
  const whenTurned: (() => void)[] = []
  let isTurning = false
  let isAsked = false
  let endedAt = -Infinity

  const { learn, tellRetrying } = learner({
    log,
    now,
    setState: (channel, { state }) => saveState(channel.id, state === 'retrying' ? 'retrying' : 'ready'),
  })

  const saveState = (channel: ChannelId, state: 'ready' | 'retrying') =>
    new Promise<void>((resolve) => {
      later(random.between(1, 30), () => {
        store.states.set(channel, state)
        resolve()
        return settled()
      })
    })

  function ask(): void {
    if (isAsked) return
    isAsked = true
    if (!isTurning) later(Math.max(0, endedAt + BETWEEN_TURNS_MS - now()), turn)
  }

  function turn(): void {
    if (isTurning) return
    isTurning = true
    isAsked = false
    refreshChannels()
    const recording = results
    const marking = toMark
    results = []
    toMark = []
    const fate = world.isChaos() ? random.weighted({ well: 96, lost: 2, rolledBack: 2 }) : 'well'
    const done = fate === 'rolledBack' ? null : transaction(recording, marking)
    later(random.between(1, fate === 'well' ? 10 : 400), () => {
      isTurning = false
      endedAt = now()
      if (fate === 'well') afterCommit(done!, marking)
      else {
        tell(() => `${node} turn ${fate}`)
        results = [...recording, ...results]
        toMark = [...marking, ...toMark]
        isUnsure = true
        later(AFTER_TROUBLE_MS, ask)
      }
      if (isAsked) later(BETWEEN_TURNS_MS, turn)
      for (const each of whenTurned.splice(0)) each()
    })
  }

  function transaction(recording: typeof results, marking: Airborne[]) {
    for (const result of recording) record(result)
    const owned = [...channels.values()].filter(
      (o) => o.lease.left() > HALF_A_LEASE_MS && store.leases.get(o.id)!.epoch === o.lease.epoch,
    )
    if (isUnsure) giveBackUnknown(owned, recording, marking)
    if (now() >= orphansAt) {
      settleOrphans(owned)
      orphansAt = now() + POLL_MS
    }
    const started = claim(owned)
    const ready = [...marking, ...started.filter((flight) => flight.final.final)].filter(
      (flight) => owned.includes(flight.owned) && mayStillSend(flight, now()),
    )
    const marked = mark(ready)
    const saved =
      now() >= paceAt || owned.some((o) => o.pace.blockedUntil > now() && o.pace.blockedUntil !== o.savedBlock)
    return { started, marked, noteSaved: saved ? savePaces(owned) : undefined }
  }

  function afterCommit({ started, marked, noteSaved }: ReturnType<typeof transaction>, marking: Airborne[]): void {
    isUnsure = false
    for (const flight of started) flight.owned.inFlight.set(flight.row.pos, flight)
    if (noteSaved) {
      noteSaved()
      paceAt = now() + KEEP_PACE_MS
    }
    for (const flight of [...marking, ...started]) {
      if (!flight.final.final) later(0, () => takeOff(flight))
      else if (marked.has(flight)) {
        flight.marked = true
        flight.allowedAt = marked.get(flight)!
        later(0, () => takeOff(flight))
      } else flightDeps.land(flight, { is: 'unmark' })
    }
  }

  function record(result: Recorded): void {
    const before = store.work.get(result.row.pos)?.tries
    store.record(result, now())
    const after = store.work.get(result.row.pos)?.tries
    const { outcome } = result
    if (outcome.is === 'again' && outcome.code === 'throttled' && before !== undefined && after !== undefined)
      watch.tries(after - before, outcome.code)
  }

  function giveBackUnknown(owned: Owned[], recording: typeof results, marking: Airborne[]): void {
    const known = new Set([
      ...[...channels.values()].flatMap((o) => [...o.inFlight.keys()]),
      ...[...recording, ...results].map(({ row }) => row.pos),
      ...[...marking, ...toMark].map(({ row }) => row.pos),
    ])
    for (const { id, lease } of owned) store.giveBackUnknown(id, lease.epoch, known)
  }

  function settleOrphans(owned: Owned[]): void {
    const heirs = owned.filter((o) => o.inherits)
    for (const o of heirs) o.inherits = false
    for (const row of store.work.values()) {
      const o = heirs.find(({ id }) => id === row.channel)
      if (!o || row.state !== 'claimed' || row.epoch! >= o.lease.epoch) continue
      o.inherits = true
      const settle = (outcome: Outcome) => {
        tell(() => `${node} finds ${row.delivery}/${row.piece} of epoch ${row.epoch}: ${outcome.is}`)
        store.record({ row: { ...row }, epoch: null, outcome }, now())
      }
      if (row.dispatchedAt === null) settle({ is: 'unmark' })
      else if (foldsStill(o, now() - store.deliveries.get(row.delivery)!.queuedAt))
        settle({ is: 'unmark', doubtful: true })
      else if (now() - row.dispatchedAt > REQUEST_LIMIT_MS) settle({ is: 'unconfirmed', details: {} })
    }
  }

  function claim(owned: Owned[]): Airborne[] {
    return owned.flatMap((o) => {
      const room = roomOf(o, now())
      if (room <= 0) return []
      const waiting = o.pace.waitingLanes(now())
      const heads = store
        .heads(o.id)
        .filter(
          (row) =>
            BigInt(row.lane) > BigInt(o.after) &&
            row.state === 'waiting' &&
            row.readyAt <= now() &&
            !waiting.includes(row.lane),
        )
        .slice(0, room)
      const isWrapped = heads.length < room
      if (isWrapped && o.after !== FIRST_LANE) ask()
      o.after = isWrapped ? FIRST_LANE : heads.at(-1)!.lane
      return heads.flatMap((row) => begin(o, row) ?? [])
    })
  }

  function begin(owned: Owned, row: Work): Airborne | undefined {
    row.state = 'claimed'
    row.epoch = owned.lease.epoch
    const { id: delivery, op, lane, pieces, uploads, words, target, queuedAt } = store.deliveries.get(row.delivery)!
    const dispatch = { delivery, op, ageMs: now() - queuedAt } as Dispatch
    const landing: Landing = { owned, row: { ...row }, dispatch, pieces, applied: [] }
    if (op === 'edit' && !store.named.has(target)) {
      settle(landing, { is: 'failed', code: 'gone', details: {} })
      return undefined
    }
    if (row.doubtful && !foldsStill(owned, dispatch.ageMs)) {
      settle(landing, { is: 'unconfirmed', details: {} })
      return undefined
    }
    owned.pace.take(lane, now(), 'person')
    const key = keyOf(delivery, row.piece, row.attempt)
    const plan: Plan<Sent> = planOf(uploads, op === 'message')
    const final = plan.next().value as Flight['final']
    const asked = { delivery, op, lane, pos: row.pos, piece: row.piece, words, key }
    return {
      ...landing,
      key,
      plan,
      final,
      marked: false,
      begunAt: now(),
      untoldSince: null,
      asked,
      allowedAt: now(),
      hasBegun: false,
    }
  }

  function mark(ready: Airborne[]): Map<Airborne, number> {
    const marked = new Map<Airborne, number>()
    for (const flight of ready) {
      const row = store.work.get(flight.row.pos)
      const { epoch } = flight.owned.lease
      if (!row || row.epoch !== epoch || row.state !== 'claimed' || row.dispatchedAt !== null) continue
      watch.mark(epoch, store.leases.get(row.channel)!.epoch)
      row.dispatchedAt = now()
      if (flight.pieces > 1) store.deliveries.get(row.delivery)!.rest = flight.pieces - row.piece
      marked.set(flight, now())
    }
    return marked
  }

  function savePaces(owned: readonly Owned[]): () => void {
    const blocks = owned.map((o) => [o, o.pace.blockedUntil] as const)
    for (const [{ id, pace, lease }, blockedUntil] of blocks)
      if (store.savePace(id, { blockedUntil, factor: pace.factor, epoch: lease.epoch }))
        watch.savedSilence(id, blockedUntil, now())
    return () => {
      for (const [o, block] of blocks) o.savedBlock = block
    }
  }

  function refreshChannels(): void {
    for (const o of channels.values()) {
      o.channel = { ...o.channel, state: store.states.get(o.id) ?? 'ready', hold: store.holds.has(o.id) }
      if (o.channel.state === 'retrying') o.breaker.calledAway(now())
      if (o.breaker.state === 'open' && !o.probing && now() >= o.breaker.probeAt) probe(o)
    }
  }

  function probe(o: Owned): void {
    o.probing = true
    const end = () => {
      o.probing = false
      ask()
    }
    const answered = () => {
      if (!platforms.get(o.id)!.isAway)
        return void saveState(o.id, 'ready')
          .then(() => goOn(o))
          .then(end)
      o.breaker.probed(false, now())
      void tellRetrying(o).then(end)
    }
    void o.telling.then(() => later(random.between(5, 300), answered))
  }

  function goOn(o: Owned): void {
    o.breaker.probed(true, now())
    store.endWireWaits(o.id, now())
    ask()
  }

  function settle(landing: Landing, outcome: Outcome): void {
    const { owned, row, dispatch } = landing
    tell(
      () =>
        `${node} lands ${dispatch.op} ${row.delivery}/${row.piece}: ${'code' in outcome ? `${outcome.is}, ${outcome.code}` : outcome.is}`,
    )
    results.push({ landing, row, epoch: owned.lease.epoch, outcome })
    learn(owned, row, outcome)
    if (outcome.is !== 'again' || outcome.code !== 'throttled') return
    const until = now() + (outcome.details.after ?? 0) * 1_000
    watch.throttled(owned.id, ownerOf(owned), outcome.details.scope === 'chat' ? row.lane : null, now(), until)
    later(SAVED_SOON_MS, () => {
      const isOwner = channels.get(owned.id) === owned && owned.lease.left() > HALF_A_LEASE_MS
      if (isOwner) watch.keptSilence(owned.id, until, store.paces.get(owned.id)?.blockedUntil ?? 0)
    })
  }

  const ownerOf = (o: Owned) => `${node} ${o.lease.epoch}`

  const flightDeps: FlightDeps = {
    scrub: (words) => words,
    random: random.next,
    land: (flight, outcome) => {
      watch.landed(ownerOf(flight.owned), { ...(flight as Airborne).asked, what: 'send' })
      flight.owned.inFlight.delete(flight.row.pos)
      settle(flight, outcome)
      ask()
    },
    mark: (flight) => {
      watch.landed(ownerOf(flight.owned), { ...(flight as Airborne).asked, what: 'upload' })
      toMark.push(flight as Airborne)
      ask()
    },
    // Each flight has its own.
    wireOf: () => () => Promise.reject(new Error('a wire without a flight')),
  }

  function takeOff(flight: Airborne): Promise<void> {
    const by = { owner: ownerOf(flight.owned), ownerSince: since.get(flight.owned)! }
    void fly(flight, { ...flightDeps, wireOf: (_, signal) => aWire(world, flight, by, awake, signal) })
    return settled()
  }

  /** What is in the air lands, is recorded, and the next owner reads what was learned. */
  function leave(o: Owned, handedOver: () => void): void {
    channels.delete(o.id)
    later(LAST_CALLS_MS, () => {
      o.calls.abort()
      return settled()
    })
    later(0, function look() {
      if (o.inFlight.size > 0) return later(20, look)
      whenTurned.push(
        () =>
          void o.telling.then(() => {
            savePaces([o])
            handedOver()
          }),
      )
      ask()
    })
  }

  later(POLL_MS, function poll() {
    ask()
    later(POLL_MS, poll)
  })

  return {
    ask,
    own: (lease, base, handedOver) =>
      later(1, function read() {
        if (world.isChaos() && random.chance(0.03)) return later(AFTER_TROUBLE_MS, read)
        const o = ownedChannel(
          lease,
          { ...base, state: store.states.get(base.id) ?? 'ready' },
          store.loadPace(base.id, now()),
          now(),
        )
        channels.set(o.id, o)
        since.set(o, now())
        orphansAt = 0
        ask()
        if (lease.signal.aborted) leave(o, handedOver)
        else lease.signal.addEventListener('abort', () => leave(o, handedOver))
      }),
  }
}

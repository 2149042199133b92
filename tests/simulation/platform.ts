/**
 * A platform as a model. An honest one answers soon and truly. A spiteful one answers late, cuts its answers, says 429, 500 and 503, accepts what it
 * calls an error, and reports early, late, twice and out of order. Its journal lies outside of Parley: `watch` hears what it accepts.
 */
import type { Reply } from '#connector-kit/connector.ts'
import { WireBroken } from '#connector-kit/perform.ts'
import type { ChannelId, DeliveryId } from '#contract/ids.ts'
import type { World } from './world.ts'

export interface PlatformOptions {
  readonly channel: ChannelId
  readonly isSpiteful: boolean
  /** How long a repeat with the same key is folded; null: it has no keys. */
  readonly foldsMs: number | null
  /** Its reports carry our key: they may come before the answer. */
  readonly echoes: boolean
}

export interface Asked {
  readonly delivery: DeliveryId
  readonly op: 'message' | 'edit'
  readonly lane: string
  readonly pos: number
  readonly piece: number
  readonly words: number
  readonly key: string
  /** `upload`: nothing anybody sees. */
  readonly what: 'upload' | 'send'
}

export interface Answers {
  answered(reply: Reply): void | Promise<void>
  broke(error: WireBroken): void | Promise<void>
}

export interface Platform extends PlatformOptions {
  /** Nobody is there. */
  isAway: boolean
  ask(asked: Asked, answers: Answers): void
}

/** Ours: a request that is not answered by then is given up. */
const TIMEOUT_MS = 15_000
const SPITE = {
  well: 64,
  late: 7,
  cut_before: 4,
  cut_after: 6,
  error_before: 3,
  error_after: 4,
  unavailable: 5,
  throttled: 4,
  refused: 3,
} as const

export function aPlatform(options: PlatformOptions, world: () => World): Platform {
  const { isSpiteful, foldsMs, channel } = options
  const taken = new Map<string, number>()
  let silentUntil = 0

  function ask(asked: Asked, answers: Answers): void {
    const { clock, random, isChaos } = world()
    const how = isSpiteful && isChaos() ? random.weighted(SPITE) : 'well'
    if (platform.isAway) {
      if (random.chance(0.5)) return clock.in(20, () => answers.broke(new WireBroken('connection refused', false)))
      return clock.in(20, () => answers.answered(reply(503)))
    }
    clock.in(random.between(1, 80), () => receive(asked, how, answers))
  }

  function receive(asked: Asked, how: keyof typeof SPITE, { answered, broke }: Answers): void {
    const { clock, random } = world()
    const answer = (given: Reply, ms = random.between(2, 200)) => clock.in(ms, () => answered(given))
    const cut = () => clock.in(random.between(1, 5_000), () => broke(new WireBroken('the connection was cut', true)))
    const now = clock.now()
    if (how === 'throttled') silentUntil = Math.max(silentUntil, now + random.between(1, 60) * 1_000)
    // Whoever speaks in the time of silence is not listened to.
    if (now < silentUntil) return answer(reply(429, { after: Math.ceil((silentUntil - now) / 1_000) }))
    switch (how) {
      case 'throttled':
      case 'unavailable':
        return answer(reply(503))
      case 'refused':
        // What it has taken it does not refuse any more, where it knows it again.
        return answer(reply(foldsMs !== null && taken.has(asked.key) ? 200 : 403))
      case 'cut_before':
        return cut()
      case 'error_before':
        return answer(reply(500))
      case 'cut_after':
        take(asked)
        return cut()
      case 'error_after':
        take(asked)
        return answer(reply(502))
      case 'late': {
        take(asked)
        const ms = random.between(500, 30_000)
        if (ms < TIMEOUT_MS) return answer(reply(200), ms)
        return clock.in(TIMEOUT_MS, () => broke(new WireBroken('no answer in time', true)))
      }
      case 'well':
        take(asked)
        return answer(reply(200))
    }
  }

  function take(asked: Asked): void {
    if (asked.what === 'upload') return
    const { clock, store, watch, tell } = world()
    const before = taken.get(asked.key)
    if (foldsMs !== null && asked.op === 'message' && before !== undefined && clock.now() - before < foldsMs)
      return tell(() => `${channel} folds ${asked.delivery}/${asked.piece}`)
    taken.set(asked.key, clock.now())
    tell(() => `${channel} takes ${asked.op} ${asked.delivery}/${asked.piece}`)
    watch.taken(channel, asked, clock.now() - store.deliveries.get(asked.delivery)!.queuedAt)
    if (asked.op === 'message') report(asked)
  }

  /** What becomes of it, as the platform tells: late failures too. */
  function report({ delivery }: Asked): void {
    const { clock, random, store, watch, isChaos } = world()
    const isRude = isSpiteful && isChaos()
    const fails = isRude && random.chance(0.05)
    const told = fails ? (['sent', 'failed'] as const) : (['sent', 'delivered', 'read'] as const)
    const times = isRude ? 2 : 1
    let at = options.echoes && isRude ? 0 : 300
    for (const state of told)
      for (let n = 0; n < times; n++) {
        at += isRude ? 0 : random.between(100, 5_000)
        if (isRude && random.chance(0.3)) continue
        if (state === 'failed') watch.toldFailed(delivery)
        clock.in(isRude ? random.between(0, 20_000) : at, function tellIt() {
          if (options.echoes) store.named.add(delivery)
          if (store.named.has(delivery)) store.told(delivery, state, clock.now())
          // Parked until somebody knows the name; nobody may ever.
          else if (isChaos()) clock.in(1_000, tellIt)
        })
      }
  }

  const platform: Platform = { ...options, isAway: false, ask }
  return platform
}

const reply = (status: number, body: { after?: number } = {}): Reply => ({ status, headers: {}, body, text: '' })

/**
 * Brings a bot's updates to its webhook.
 *
 * oldest of each lane that is not in flight → POST, at most `max_connections` at once → 2xx: gone, and the answer may carry a call
 *                                                                                     → else: at once, then after 2, 4, 8 … s
 * Behaviour of the published server (tdlib/telegram-bot-api).
 */
import type { EmulatorClock } from './clock.ts'
import type { Pending, Updates } from './updates.ts'

export interface Webhook {
  url: string
  secret: string | undefined
  maxConnections: number
  ipAddress: string | undefined
  hasCertificate: boolean
}

export interface WebhookSender {
  set(webhook: Webhook | undefined): void
  current(): Webhook | undefined
  lastError(): { date: number; words: string } | undefined
  /** Sends the same once more, with a wrong secret. */
  forge(): void
  /** The next answer of ours counts as lost, although it was given. */
  loseAnswer(): void
  stop(): void
}

export interface WebhookSenderDeps {
  clock: EmulatorClock
  updates: Updates
  /** A call that came as the answer: its result is told to nobody. */
  answered: (call: Record<string, unknown>) => void
}

const TIMEOUT_MS = 60_000
const LONGEST_MS = 60_000
const MOST_RETRY_AFTER_S = 3_600
/** 410 for so long takes the webhook away. */
const GONE_MS = 23 * 3_600_000

interface Lane {
  inFlight: boolean
  failures: number
  readyAt: number
}

export function webhookSender({ clock, updates, answered }: WebhookSenderDeps): WebhookSender {
  let webhook: Webhook | undefined
  let error: { date: number; words: string } | undefined
  let goneSince: number | undefined
  let inFlight = 0
  let stop = new AbortController()
  let answersToLose = 0
  const lanes = new Map<string, Lane>()

  function pump(): void {
    if (!webhook) return
    const heads = new Map<string, Pending>()
    for (const pending of updates.pending()) if (!heads.has(pending.lane)) heads.set(pending.lane, pending)
    for (const [name, pending] of heads) {
      if (inFlight >= webhook.maxConnections) return
      const lane = lanes.get(name) ?? { inFlight: false, failures: 0, readyAt: 0 }
      lanes.set(name, lane)
      if (lane.inFlight || lane.readyAt > clock.now()) continue
      lane.inFlight = true
      inFlight++
      void deliver(pending, webhook, stop.signal)
        .then((waitMs) => settle(lane, waitMs))
        .finally(() => {
          lane.inFlight = false
          inFlight--
          pump()
        })
    }
  }

  /** @returns how long the lane waits before its next try */
  async function deliver(pending: Pending, to: Webhook, signal: AbortSignal): Promise<number> {
    const told = await post(to, pending.update, to.secret, signal)
    if (signal.aborted) return 0
    if ('words' in told) return failed(told.words, pending, undefined)
    if (told.status === 410) {
      goneSince ??= clock.now()
      if (clock.now() - goneSince > GONE_MS) set(undefined)
    } else goneSince = undefined
    if (told.status < 200 || told.status > 299)
      return failed(`Wrong response from the webhook: ${told.status} ${told.statusText}`, pending, told.retryAfter)
    if (answersToLose > 0) {
      answersToLose--
      return failed('Webhook connection closed', pending, undefined)
    }
    updates.done(pending.update.update_id)
    lanes.get(pending.lane)!.failures = 0
    const call = callIn(told.body)
    if (call) answered(call)
    return 0
  }

  function failed(words: string, { lane }: Pending, retryAfter: number | undefined): number {
    error = { date: clock.seconds(), words }
    const failures = ++lanes.get(lane)!.failures
    if (retryAfter) return Math.min(retryAfter, MOST_RETRY_AFTER_S) * 1000
    return failures === 1 ? 0 : Math.min(2 ** (failures - 1) * 1000, LONGEST_MS * (1 + Math.random()))
  }

  function settle(lane: Lane, waitMs: number): void {
    if (waitMs === 0) return
    lane.readyAt = clock.now() + waitMs
    void clock.sleep(waitMs, stop.signal).then(pump)
  }

  async function post(to: Webhook, update: unknown, secret: string | undefined, signal: AbortSignal) {
    const cutOff = new AbortController()
    const done = new AbortController()
    void clock.sleep(TIMEOUT_MS, done.signal).then(() => cutOff.abort())
    try {
      const response = await fetch(to.url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'accept-encoding': 'gzip, deflate',
          ...(secret ? { 'x-telegram-bot-api-secret-token': secret } : {}),
        },
        body: JSON.stringify(update),
        redirect: 'manual',
        signal: AbortSignal.any([cutOff.signal, signal]),
      })
      const body = await response.text()
      const retryAfter = Number(response.headers.get('retry-after')) || undefined
      return { status: response.status, statusText: response.statusText, body, retryAfter }
    } catch {
      return { words: cutOff.signal.aborted ? 'Read timeout expired' : 'Webhook connection closed' }
    } finally {
      done.abort()
    }
  }

  function set(to: Webhook | undefined): void {
    stop.abort()
    stop = new AbortController()
    webhook = to
    goneSince = undefined
    lanes.clear()
    pump()
  }

  updates.onAdded(pump)
  return {
    set,
    current: () => webhook,
    lastError: () => error,
    loseAnswer: () => answersToLose++,
    forge: () => {
      const pending = updates.pending()[0]
      if (webhook && pending) void post(webhook, pending.update, 'forged', stop.signal)
    },
    stop: () => set(undefined),
  }
}

function callIn(body: string): Record<string, unknown> | undefined {
  try {
    const told: unknown = JSON.parse(body)
    return typeof told === 'object' && told !== null && 'method' in told ? (told as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/**
 * What platforms and visitors' browsers say to us: `/hooks/:channelId` and below.
 *
 * raw bytes → the connector's `open` proves them and cuts events → journal → COMMIT → the connector's answer
 * Forged: 401. Not well-formed, or a visitor's over which his connector breaks: 400. The database away, the journal full, no commit in
 * time: 503, never 200.
 */
import { randomBytes } from 'node:crypto'
import type { Answer, Event, Join, Opened, WebhookRequest } from '#connector-kit/connector.ts'
import { perform } from '#connector-kit/perform.ts'
import type { ChannelId } from '#contract/ids.ts'
import { actIn } from '#contract/visitor.ts'
import { contextOf, type LiveChannel, type LiveChannels } from '#server/channels/live.ts'
import type { WireOf } from '#server/channels/wire.ts'
import { isId } from '#server/platform/ids.ts'
import type { Log } from '#server/platform/log.ts'
import type { Metrics } from '#server/platform/metrics.ts'
import { isUnavailable } from '#server/platform/unavailable.ts'
import type { Journal } from './journal.ts'
import { visitorQuota } from './visitor-quota.ts'

export type HookRequest = Omit<WebhookRequest, 'random'>

/** `headers` belong to whatever is answered. */
export type HookOutcome = { headers?: Record<string, string> } & (
  | { is: 'answer'; answer: Answer; join?: Join[] }
  /** `act`: of a visitor, refused for its own sake. */
  | { is: 'refuse'; status: 400 | 401 | 403 | 404 | 503; act?: string }
  | { is: 'wait'; seconds: number }
  | { is: 'upload'; chat: string; bytes: number; name?: string; channel: LiveChannel }
  | { is: 'serve'; chats: string[]; file: string; channel: LiveChannel }
)

/** Platforms wait; LINE the shortest, 2 s. */
const COMMIT_MS = 1_500

export interface Hooks {
  /**
   * Never throws: whatever goes wrong before the commit is a refusal.
   * @param address  who calls: strangers' browsers are held to quotas
   */
  take(id: string, request: HookRequest, address: string): Promise<HookOutcome>
  /** The channel behind a visitor's socket, if it has one. */
  channel(id: string): Promise<LiveChannel | null>
}

export interface HooksDeps {
  channels: LiveChannels
  journal: Journal
  wireOf: WireOf
  publicUrl: Parameters<typeof contextOf>[1]
  passing(channel: LiveChannel, events: Event[]): void
  /** Holds uploads of this chat. @returns false: they are not all its own */
  claim(channel: LiveChannel, own: { chat: string; files: string[] }): Promise<boolean>
  /** Whether the disk has no room for strangers. */
  isNearlyFull(): Promise<boolean>
  metrics: Metrics
  log: Log
}

export function hooks(deps: HooksDeps): Hooks {
  const { channels, journal, log } = deps
  const counted = deps.metrics.counter('hooks_total', 'Requests to /hooks by their outcome', ['connector', 'outcome'])
  const took = deps.metrics.histogram('hook_commit_seconds', 'From the request to the commit of its events')

  const channelOf = async (id: string) => (isId(id) ? channels.get(id as ChannelId) : null)

  const quota = visitorQuota()

  async function take(id: string, request: HookRequest, address: string): Promise<HookOutcome> {
    let channel: LiveChannel | null
    try {
      channel = await channelOf(id)
    } catch (error) {
      log.debug({ error }, 'a hook came while the database was away')
      return { is: 'refuse', status: 503 }
    }
    if (!channel?.connector.webhook) return { is: 'refuse', status: 404 }
    const wait = channel.connector.webhook.visitors ? quota.take(address, request.joined?.[0]) : 0
    const outcome: HookOutcome =
      wait > 0
        ? { is: 'wait', seconds: wait }
        : await taken(channel, request, address).catch((error: unknown) => broken(channel, request, error))
    counted.add({ connector: channel.folder, outcome: outcome.is === 'refuse' ? String(outcome.status) : outcome.is })
    return outcome
  }

  /**
   * A fault of ours, or of a connector: nothing was taken. A platform keeps its event and comes again, perhaps after the fault is mended: any
   * other answer would lose it. A visitor's browser would say an act that always breaks us for ever, and its visitor would never be told.
   */
  function broken(channel: LiveChannel, request: HookRequest, error: unknown): HookOutcome {
    const isVisitor = channel.connector.webhook?.visitors === true
    const act = isVisitor ? actIn(request.bytes) : undefined
    // The path may hold what proves the platform.
    const { method } = request
    log.error({ channel: channel.id, connector: channel.folder, method, act, error }, 'a hook failed')
    if (!isVisitor || isUnavailable(error)) return { is: 'refuse', status: 503 }
    const { origin } = request.headers
    return {
      is: 'refuse',
      status: 400,
      ...(act === undefined ? {} : { act }),
      // Nobody came to tell whose page it is; it reads nothing here but the name that it gave itself.
      ...(origin === undefined ? {} : { headers: { 'access-control-allow-origin': origin, vary: 'origin' } }),
    }
  }

  /** Whoever leaves files here leaves them on our disk, and nobody knows him. */
  async function roomFor(
    upload: Extract<HookOutcome, { is: 'upload' }>,
    request: HookRequest,
    address: string,
  ): Promise<HookOutcome> {
    if (await deps.isNearlyFull()) return { is: 'refuse', status: 503 }
    const told = Number(request.headers['content-length'])
    const seconds = quota.upload(address, upload.chat, told > 0 ? Math.min(told, upload.bytes) : upload.bytes)
    return seconds > 0 ? { is: 'wait', seconds } : upload
  }

  async function taken(channel: LiveChannel, request: HookRequest, address: string): Promise<HookOutcome> {
    const opened = await open(channel, request, 'keys may be fetched')
    const told = await outcomeOf(channel, opened)
    const outcome = told.is === 'upload' ? await roomFor(told, request, address) : told
    const { headers, act } = opened
    // Away for a moment is nothing against the act: it is said again.
    const isItsOwn = outcome.is === 'refuse' && outcome.status !== 503 && act !== undefined
    return { ...outcome, ...(headers ? { headers } : {}), ...(isItsOwn ? { act } : {}) }
  }

  async function outcomeOf(channel: LiveChannel, opened: Opened): Promise<HookOutcome> {
    if ('refuse' in opened) return { is: 'refuse', status: opened.refuse }
    if ('upload' in opened) return { is: 'upload', ...opened.upload, channel }
    if ('serve' in opened) return { is: 'serve', ...opened.serve, channel }
    if ('need' in opened) return { is: 'refuse', status: 503 }
    if (!('events' in opened)) return { is: 'answer', answer: opened.answer }
    if (opened.own && opened.own.files.length > 0) {
      try {
        if (!(await inTime(deps.claim(channel, opened.own)))) return { is: 'refuse', status: 404 }
      } catch (error) {
        log.debug({ error }, 'a visitor’s files could not be looked up')
        return { is: 'refuse', status: 503 }
      }
    }
    const passing = opened.events.filter((event) => event.passing)
    const lasting = opened.events.filter((event) => !event.passing)
    if (passing.length > 0) deps.passing(channel, passing)
    if (lasting.length > 0) {
      const began = performance.now()
      let fresh: boolean[]
      try {
        fresh = await inTime(journal.take(channel, lasting))
      } catch (error) {
        log.warn({ channel: channel.id, error }, 'events were not taken; the platform is asked to come again')
        return { is: 'refuse', status: 503 }
      }
      took.observe((performance.now() - began) / 1000)
      if (opened.onlyFresh && fresh.includes(false)) return { is: 'refuse', status: 401 }
    }
    return { is: 'answer', answer: opened.answer ?? { status: 200 }, ...(opened.join ? { join: opened.join } : {}) }
  }

  async function open(channel: LiveChannel, request: HookRequest, keys?: 'keys may be fetched'): Promise<Opened> {
    const opened = channel.connector.webhook!.open(
      {
        ...request,
        // Few ask for it, and the random source is dear.
        get random() {
          return randomBytes(32).toString('base64url')
        },
      },
      contextOf(channel, deps.publicUrl),
    )
    if (!('need' in opened) || !keys || !channel.connector.asks.keys) return opened
    await perform(
      channel.connector.asks.keys(contextOf(channel, deps.publicUrl)),
      deps.wireOf(channel, AbortSignal.timeout(COMMIT_MS)),
    ).catch((error: unknown) => log.warn({ channel: channel.id, error }, 'the platform’s keys could not be fetched'))
    return open(channel, request)
  }

  return { take, channel: channelOf }
}

/** A commit that comes too late is no loss: the platform's retry meets the event's key. */
async function inTime<T>(work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error('not committed in time')), COMMIT_MS)
  try {
    return await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
    work.catch(() => {})
  }
}

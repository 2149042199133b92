/**
 * Long-lived connections: one per owned channel whose connector has a `connect` that this channel uses (a poll, IMAP, IRC …).
 *
 * own: connect → runs until the lease ends → it broke? set the state, wait (`lookAgainMs`), connect again
 *      five breaks of our own making in ten minutes → `stopped`, others untouched
 */
import { setTimeout as delay } from 'node:timers/promises'
// oxlint-disable-next-line no-restricted-imports -- a type: `dial` gives what `startTls` takes
import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { sql } from 'kysely'
import type { Context, Event, Json, Line, Reply } from '#connector-kit/connector.ts'
import { perform, WireBroken, type Wire } from '#connector-kit/perform.ts'
import { SendError } from '#connector-kit/send-error.ts'
import type { ChannelId } from '#contract/ids.ts'
import { CONDUCT } from '#contract/message/channel-state.ts'
import type { Database } from '#server/platform/database.ts'
import { WireFailure, type GuardedHttp } from '#server/platform/guarded-http/guarded-http.ts'
import type { Hints } from '#server/platform/hints.ts'
import type { Lease } from '#server/platform/leases.ts'
import type { Log } from '#server/platform/log.ts'
import { timeIn } from '#server/platform/new-id.ts'
import type { LiveChannel, LiveChannels } from './live.ts'
import { lookAgainMs } from './look-again.ts'
import { saidOf } from './said.ts'
import type { SetState, StateChange } from './state.ts'
import { asBroken, permitOf, type WireDeps } from './wire.ts'

export interface Lines {
  /** Holds the channel's line until the lease ends. Returns at once where the channel needs none. */
  own(lease: Lease, id: ChannelId): Promise<void>
  /** @throws WireBroken when no line is open here */
  exchange(id: ChannelId, frame: Json, signal: AbortSignal): Promise<Reply>
  fetch(id: ChannelId, frame: Json, signal: AbortSignal): Promise<Readable>
  /**
   * A line for one question only: opens, asks, closes. Proves settings before they are saved.
   * @returns what the question returned
   */
  tryOut<T>(channel: LiveChannel, ask: (wire: Wire) => Promise<T>): Promise<T>
}

export interface LinesDeps {
  database: Database
  http: GuardedHttp
  hints: Hints
  channels: LiveChannels
  setState: SetState
  /** Puts events into the journal together with the cursor; resolves after the commit. */
  receive(channel: LiveChannel, events: Event[], cursor: { value: unknown; epoch: number } | undefined): Promise<void>
  /** Events that are never journaled: typing. */
  passing(channel: LiveChannel, events: Event[]): void
  describeFile: WireDeps['describeFile']
  openFile: WireDeps['openFile']
  contextOf(channel: LiveChannel): Context<Record<string, unknown>>
  wireOf(channel: LiveChannel, signal: AbortSignal): Wire
  /** Whether this channel receives over its line, or by webhook. */
  usesLine(channel: LiveChannel): boolean
  log: Log
}

interface Open {
  exchange: Parameters<Line<unknown>['serve']>[0]
  fetch: Parameters<Line<unknown>['serve']>[1]
}

/** Changes of one channel. */
interface News {
  forget(): void
  /** Until there is something that was not forgotten, the time is over, or the signal fires. */
  within(ms: number, signal: AbortSignal): Promise<void>
  off(): void
}

/** A line that held so long begins anew when it breaks. */
const HELD_MS = 60_000
/** For news of a channel that has no line now. */
const LOOK_MS = 60_000
const OUR_CRASHES = 5
const CRASH_WINDOW_MS = 10 * 60_000
const TRY_OUT_MS = 30_000

export function startLines(deps: LinesDeps): Lines {
  const { log } = deps
  const open = new Map<ChannelId, Open>()

  async function own(lease: Lease, id: ChannelId): Promise<void> {
    const news = newsOf(id)
    try {
      await keepOpen(lease, id, news)
    } finally {
      news.off()
    }
  }

  async function keepOpen(lease: Lease, id: ChannelId, news: News): Promise<void> {
    /** Since when no line held. */
    let away: number | undefined
    let crashes: number[] = []
    while (!lease.signal.aborted) {
      // Before the look: a change behind it must not be slept through.
      news.forget()
      const channel = await deps.channels.get(id)
      if (!channel?.connector.connect || !deps.usesLine(channel) || !CONDUCT[channel.state].listens) {
        await news.within(LOOK_MS, lease.signal)
        continue
      }
      const stop = new AbortController()
      const said: Said = { last: null }
      const off = followChanges(channel, stop, said)
      const signal = AbortSignal.any([lease.signal, stop.signal])
      const began = performance.now()
      let waitMs = 0
      try {
        await hold(channel, lease, signal, said)
      } catch (error) {
        if (!signal.aborted) {
          if (isOurs(error))
            crashes = [...crashes.filter((at) => at > performance.now() - CRASH_WINDOW_MS), performance.now()]
          const now = performance.now()
          if (away === undefined || now - began > HELD_MS) away = now
          waitMs = lookAgainMs(now - away)
          await tell(channel, error, crashes.length >= OUR_CRASHES, waitMs)
        }
      } finally {
        off()
        open.delete(id)
      }
      if (stop.signal.aborted || lease.signal.aborted) continue
      // What was told until now is the breaking itself.
      news.forget()
      await news.within(waitMs * (0.5 + Math.random() / 2), lease.signal)
    }
  }

  /**
   * New settings want a new connection; a mere change of state does not. A channel that a member lets go on begins at `connecting`: a
   * line that stayed open all the while says again where it stands.
   */
  function followChanges(channel: LiveChannel, stop: AbortController, said: Said): () => void {
    const before = JSON.stringify(channel.settings)
    const look = async () => {
      const now = await deps.channels.get(channel.id).catch(() => channel)
      if (!now || JSON.stringify(now.settings) !== before || !deps.usesLine(now)) stop.abort()
      else if (now.state === 'connecting' && said.last) await deps.setState(channel, said.last).catch(() => {})
    }
    return deps.hints.on('channels', (id) => void (id === channel.id && look()))
  }

  async function hold(channel: LiveChannel, lease: Lease, signal: AbortSignal, said: Said): Promise<void> {
    const cursor = await cursorOf(channel)
    await channel.connector.connect!(
      lineOf(channel, signal, {
        cursor,
        receive: async (events, next) => {
          const passing = events.filter((event) => event.passing)
          if (passing.length > 0) deps.passing(channel, passing)
          await deps.receive(
            channel,
            events.filter((event) => !event.passing),
            next === undefined ? undefined : { value: next, epoch: lease.epoch },
          )
        },
        serve: (exchange, fetch) => open.set(channel.id, { exchange, fetch }),
        state: (state, left) => {
          said.last = { state, data: left === undefined ? {} : { left } }
          void deps
            .setState(channel, said.last)
            .catch((error: unknown) => log.debug({ error }, 'a state was not saved'))
        },
      }),
    )
  }

  /** What an open line told of itself last. */
  interface Said {
    last: StateChange | null
  }

  type Own = Pick<Line<unknown>, 'cursor' | 'receive' | 'serve' | 'state'>

  function lineOf(channel: LiveChannel, signal: AbortSignal, mine: Own): Line<unknown> {
    const wire = deps.wireOf(channel, signal)
    return {
      ...deps.contextOf(channel),
      ...mine,
      signal,
      run: (plan) => perform(plan, wire),
      dial: async (to) => {
        try {
          return await deps.http.dial({ ...to, permit: permitOf(channel), signal })
        } catch (error) {
          throw asBroken(error)
        }
      },
      secure: (plain, host) => deps.http.startTls(plain as Socket, { host, permit: permitOf(channel) }),
      file: async (ref) => {
        if (!('file' in ref)) throw new Error('a file that was not fetched cannot be sent')
        const { name, ...facts } = await deps.describeFile(channel, ref.file)
        return { ...facts, ...(name ? { name } : {}), stream: await deps.openFile(channel, ref.file) }
      },
    }
  }

  async function cursorOf(channel: LiveChannel): Promise<Json> {
    const { rows } = await deps.database.inWorkspace(channel.workspace, (tx) =>
      sql<{
        value: string | null
      }>`select value from channel_cursor where workspace_id = ${channel.workspace} and channel_id = ${channel.id}`.execute(
        tx,
      ),
    )
    return rows[0]?.value ? (JSON.parse(rows[0].value) as Json) : null
  }

  async function tell(channel: LiveChannel, error: unknown, spent: boolean, waitMs: number): Promise<void> {
    const words = log.scrub(error instanceof Error ? error.message : 'the line ended').slice(0, 300)
    // The wire's own faults have no place in our code to be looked for.
    log.warn({ channel: channel.id, ...(isOurs(error) ? { error } : { why: words }) }, 'a line broke')
    const code = error instanceof SendError ? error.code : error instanceof WireBroken ? error.code : 'wire'
    const { fault, place } = error instanceof WireBroken ? error : {}
    const said = error instanceof SendError ? log.scrub(saidOf(error)).slice(0, 300) : words
    const data = { words: said, ...(place ? { place } : {}), retryAt: timeIn(waitMs).toISOString() }
    const state = spent
      ? 'stopped'
      : code === 'signed_out' || code === 'banned' || code === 'limited' || code === 'api_changed'
        ? code
        : 'retrying'
    await deps.setState(channel, { state, reason: fault ?? code, data }).catch(() => {})
  }

  function newsOf(id: ChannelId): News {
    let heard = Promise.withResolvers<void>()
    const off = deps.hints.on('channels', (which) => {
      if (which === id) heard.resolve()
    })
    return {
      forget: () => void (heard = Promise.withResolvers()),
      within: async (ms, signal) => {
        const over = new AbortController()
        const waits = delay(ms, undefined, { signal: AbortSignal.any([signal, over.signal]) }).catch(() => {})
        await Promise.race([heard.promise, waits])
        over.abort()
      },
      off,
    }
  }

  return {
    own,
    exchange: async (id, frame, signal) => {
      const line = open.get(id)
      if (!line) throw new WireBroken('the line is not open', false, 'wire', 'cut')
      return line.exchange(frame, signal)
    },
    fetch: async (id, frame, signal) => {
      const line = open.get(id)
      if (!line?.fetch) throw new WireBroken('the line is not open', false, 'wire', 'cut')
      return line.fetch(frame, signal)
    },
    tryOut: async (channel, ask) => {
      const stop = new AbortController()
      const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(TRY_OUT_MS)])
      const plain = deps.wireOf(channel, signal)
      let running: Promise<void> | undefined
      let serving: Promise<Open['exchange']> | undefined
      /** Opened by the first question that needs it: most connectors prove their settings over http. */
      const openLine = () =>
        new Promise<Open['exchange']>((resolve, reject) => {
          const line = lineOf(channel, signal, {
            cursor: null,
            receive: async () => {},
            serve: resolve,
            state: () => {},
          })
          // A line that ends before it serves answers nobody: whoever asked would wait for ever.
          running = channel.connector.connect!(line).then(
            () =>
              reject(
                new WireBroken(
                  'the line ended before it was ready',
                  false,
                  'wire',
                  signal.aborted ? 'no_answer' : 'cut',
                ),
              ),
            reject,
          )
        })
      try {
        return await ask(async (request) => {
          if (request.via !== 'line') return plain(request)
          return (await (serving ??= openLine()))(request.frame, signal)
        })
      } finally {
        stop.abort()
        await running
      }
    },
  }
}

/** A fault of our code, not of the wire or the platform. */
const isOurs = (error: unknown) =>
  !(error instanceof SendError || error instanceof WireBroken || error instanceof WireFailure)

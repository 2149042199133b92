/**
 * A channel without a server: signed in at an emulator, it sends by real requests and hears by a real webhook, poll or line. Repeats are
 * dropped by their keys, as the journal does; there is no other state.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { connect as dialPlain, type AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { connect as dialTls } from 'node:tls'
import { randomBytes, randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Connector, Context, Event, FileRef, Incoming, Line, Me, Op, OpDo, Plan, Sent } from '../connector.ts'
import type { Emulator } from '../emulator/emulator.ts'
import { perform, WireBroken } from '../perform.ts'
import { GOLDEN_CHANNEL, GOLDEN_SECRET } from './golden-world.ts'
import { testFiles, testWire, type TestFile } from './test-wire.ts'

export type Way = Connector['manifest']['receives'][number]

export interface SignedIn {
  readonly me: Me
  /** All that was heard, repeats dropped. */
  readonly heard: readonly Incoming[]
  /** Events that came once more. */
  readonly repeats: readonly string[]
  /** With what our webhook answered what it did not take. */
  readonly refused: readonly number[]
  context(): Context<unknown> & { secret: string }
  run<T>(plan: Plan<T>): Promise<T>
  send(op: OpDo & { chat?: string; to?: string; key?: string }): Promise<Sent>
  file(file: TestFile): FileRef
  /** Of a part that was heard: from its event, or from the platform; null where the network has no such way. */
  bytesOf(told: Incoming, remote: string): Promise<Buffer | null>
  /** The first that fits, now or within 5 seconds. */
  hear<T extends Incoming>(isIt: (incoming: Incoming) => incoming is T): Promise<T>
  hear(isIt: (incoming: Incoming) => boolean): Promise<Incoming>
  close(): Promise<void>
}

const PATIENCE_MS = 5_000

/** Where webhooks are taken: by default on a free port of this machine, at which a platform elsewhere knocks by `url`. */
export interface Hooks {
  port?: number
  url?: string
}

export async function signIn(
  connector: Connector,
  account: Pick<Emulator, 'settings'>,
  way: Way,
  hooks: Hooks = {},
): Promise<SignedIn> {
  const settings: unknown = connector.settings.parse(account.settings)
  const files = testFiles()
  const kept = new Map<string, string>()
  const heard: Incoming[] = []
  const repeats: string[] = []
  const refused: number[] = []
  const keys = new Set<string>()
  const eventOf = new Map<Incoming, Event>()
  const stop = new AbortController()
  const endings: (() => unknown)[] = []
  let me: Me = { id: '', name: '' }
  let exchange: Parameters<Line<unknown>['serve']>[0] | undefined
  let fetchFrame: Parameters<Line<unknown>['serve']>[1]

  const context = () => ({
    channel: GOLDEN_CHANNEL,
    secret: GOLDEN_SECRET,
    settings,
    me,
    kept: Object.fromEntries(kept),
    now: new Date(),
    publicUrl: (ref: FileRef) => `https://parley.example/files/${'file' in ref ? ref.file : ''}`,
  })
  const wire = testWire({
    files,
    kept,
    signal: stop.signal,
    line: async (frame) => {
      if (!exchange) throw new WireBroken('the line is not open', false)
      return exchange(frame, stop.signal)
    },
    stream: () => {},
  })
  const run = <T>(plan: Plan<T>): Promise<T> => perform(plan, wire)

  async function take(events: readonly Event[]): Promise<void> {
    for (const event of events) {
      if (keys.has(event.key)) {
        repeats.push(event.key)
        continue
      }
      keys.add(event.key)
      // Events live in the journal as JSON.
      const journaled = JSON.parse(JSON.stringify(event)) as Event
      const told = await connector.incoming(journaled, context())
      for (const each of told) eventOf.set(each, journaled)
      heard.push(...told)
    }
  }

  async function bytesOf(told: Incoming, remote: string): Promise<Buffer | null> {
    const carried = await connector.carried?.(eventOf.get(told)!, remote, context())
    if (carried) return Buffer.from(carried.bytes)
    if (!connector.asks.file) return null
    const place = await run(connector.asks.file(remote, context()))
    if ('frame' in place) return buffer(await fetchFrame!(place.frame, stop.signal))
    const fetched = await fetch(place.url, { headers: place.headers ?? {} })
    return Buffer.from(await fetched.arrayBuffer())
  }

  async function byWebhook(): Promise<void> {
    const server = createServer((request, response) => {
      void answer(request).then(
        ({ status, headers = {}, body = '' }) => response.writeHead(status, headers).end(body),
        () => response.writeHead(500).end(),
      )
    })
    server.listen(hooks.port ?? 0, '127.0.0.1')
    await once(server, 'listening')
    endings.push(() => {
      server.closeAllConnections()
      server.close()
    })
    const here = hooks.url?.replace(/\/$/, '') ?? `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const url = `${here}/hooks/${GOLDEN_CHANNEL}`
    if (connector.asks.register) await run(connector.asks.register(url, context()))
  }

  async function answer(
    request: IncomingMessage,
  ): Promise<{ status: number; headers?: Record<string, string>; body?: string }> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const url = new URL(request.url ?? '/', 'http://here')
    const opened = connector.webhook!.open(
      {
        method: request.method ?? 'POST',
        path: url.pathname.slice(`/hooks/${GOLDEN_CHANNEL}`.length),
        query: Object.fromEntries(url.searchParams),
        headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)])),
        bytes: Buffer.concat(chunks),
        random: randomBytes(32).toString('base64url'),
      },
      context(),
    )
    if ('refuse' in opened) {
      refused.push(opened.refuse)
      return { status: opened.refuse }
    }
    if ('need' in opened) {
      await run(connector.asks.keys!(context()))
      return { status: 503 }
    }
    if ('events' in opened) await take(opened.events)
    return ('answer' in opened ? opened.answer : undefined) ?? { status: 200 }
  }

  /** As the program does: whatever ends it, it is called again. */
  async function byLine(): Promise<void> {
    let cursor: unknown = null
    const line = (): Line<unknown> => ({
      ...context(),
      signal: stop.signal,
      cursor,
      receive: async (events, next) => {
        await take(events)
        if (next !== undefined) cursor = JSON.parse(JSON.stringify(next)) as unknown
      },
      run,
      dial: async ({ host, port, tls }) => {
        const socket = tls ? dialTls({ host, port, servername: host }) : dialPlain({ host, port })
        stop.signal.addEventListener('abort', () => socket.destroy())
        await once(socket, tls ? 'secureConnect' : 'connect')
        return socket
      },
      secure: (plain, host) => dialTls({ socket: plain, servername: host }),
      file: async (ref) => {
        const { bytes, type, name } = files.get(ref)
        return { stream: Readable.from([bytes]), type, bytes: bytes.length, ...(name ? { name } : {}) }
      },
      serve: (serves, fetches) => {
        exchange = serves
        fetchFrame = fetches
      },
      state: (now) => {
        if (now === 'ready') ready.resolve()
      },
    })
    const ready = Promise.withResolvers<void>()
    const running = (async () => {
      while (!stop.signal.aborted) {
        await connector.connect!(line()).catch((error: unknown) => {
          if (!stop.signal.aborted) ready.reject(error as Error)
        })
        exchange = undefined
        await delay(50)
      }
    })()
    endings.push(() => running)
    await ready.promise
  }

  if (way === 'webhook') {
    me = await run(connector.asks.me(context()))
    await byWebhook()
  } else {
    // A line may be what `asks.me` asks through.
    if (way === 'line') await byLine()
    me = await run(connector.asks.me(context()))
    if (way === 'polling') await byLine()
  }

  return {
    me,
    heard,
    repeats,
    refused,
    context,
    run,
    send: (op) => run(connector.outgoing({ key: randomUUID(), ...op } as Op, context())),
    file: (file) => files.add(file),
    bytesOf,
    hear: async (isIt: (incoming: Incoming) => boolean) => {
      const end = performance.now() + PATIENCE_MS
      for (;;) {
        const found = heard.find((incoming) => isIt(incoming))
        if (found) return found as never
        if (performance.now() > end)
          throw new Error(`not heard within ${PATIENCE_MS} ms; heard: ${JSON.stringify(heard).slice(0, 2000)}`)
        await delay(10)
      }
    },
    close: async () => {
      if (connector.asks.unregister && way === 'webhook')
        await run(connector.asks.unregister(context())).catch(() => {})
      stop.abort()
      for (const end of endings) await end()
    },
  }
}

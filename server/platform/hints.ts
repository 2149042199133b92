/**
 * Hints say "look now" across processes. They may be lost at the cost of one poll interval, never of a message: durability is in the
 * rows they point to. In this process they arrive at once; to the others one notifier joins the topics of 10 ms into one NOTIFY
 * (a NOTIFY inside a hot transaction would take a global commit lock).
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Database } from './database.ts'
import type { Log } from './log.ts'

export interface Hints {
  /** `body` is for losable things themselves, such as "Ann is typing"; at most a few hundred bytes of JSON. */
  tell(topic: string, body?: unknown): void
  /** Hears its own process and the others. Called with what `tell` was given. */
  on(topic: string, listener: (body: unknown) => void): () => void
  close(): Promise<void>
}

const CHANNEL = 'parley_hints'
const JOIN_MS = 10
/** PostgreSQL takes 8000 bytes; longer bundles are cut into several. */
const MOST_BYTES = 7000

type Bundle = { from: string; topics: [topic: string, body?: unknown][] }

export function inProcessHints(): Hints {
  const listeners = new Map<string, Set<(body: unknown) => void>>()
  return {
    tell: (topic, body) => {
      for (const listener of listeners.get(topic) ?? []) listener(body)
    },
    on: (topic, listener) => {
      const set = listeners.get(topic) ?? new Set()
      listeners.set(topic, set.add(listener))
      return () => {
        set.delete(listener)
        if (set.size === 0) listeners.delete(topic)
      }
    },
    close: async () => listeners.clear(),
  }
}

/** Hints over LISTEN and NOTIFY. Reconnects by itself; what was said meanwhile is lost, as hints may be. */
export function postgresHints(database: Database, log: Log): Hints {
  const here = inProcessHints()
  const me = crypto.randomUUID()
  const waiting = new Map<string, Bundle['topics'][number]>()
  const closing = new AbortController()
  let timer: NodeJS.Timeout | undefined

  async function flush() {
    timer = undefined
    const topics = [...waiting.values()]
    waiting.clear()
    try {
      for (const bundle of bundles(me, topics)) await database.notify(CHANNEL, bundle)
    } catch (error) {
      log.debug({ error }, 'hints were lost')
    }
  }

  async function listen() {
    while (!closing.signal.aborted) {
      try {
        const session = await database.session()
        const ended = new Promise<void>((resolve) => {
          session.on('end', resolve)
          session.on('error', () => resolve())
          closing.signal.addEventListener('abort', () => resolve())
        })
        session.on('notification', ({ payload }) => {
          const bundle = JSON.parse(payload ?? '{}') as Bundle
          if (bundle.from !== me) for (const [topic, body] of bundle.topics) here.tell(topic, body)
        })
        await session.query(`listen ${CHANNEL}`)
        await ended
        await session.end().catch(() => {})
      } catch (error) {
        log.debug({ error }, 'cannot listen for hints')
      }
      await delay(1000, undefined, { signal: closing.signal }).catch(() => {})
    }
  }
  const listening = listen()

  return {
    tell: (topic, body) => {
      here.tell(topic, body)
      waiting.set(
        body === undefined ? topic : `${topic} ${JSON.stringify(body)}`,
        body === undefined ? [topic] : [topic, body],
      )
      timer ??= setTimeout(() => void flush(), JOIN_MS)
    },
    on: here.on,
    close: async () => {
      clearTimeout(timer)
      closing.abort()
      await listening
      await here.close()
    },
  }
}

function* bundles(from: string, topics: Bundle['topics']): Generator<string> {
  let some: Bundle['topics'] = []
  let bytes = 0
  for (const topic of topics) {
    const size = Buffer.byteLength(JSON.stringify(topic)) + 1
    if (bytes + size > MOST_BYTES && some.length > 0) {
      yield JSON.stringify({ from, topics: some } satisfies Bundle)
      some = []
      bytes = 0
    }
    some.push(topic)
    bytes += size
  }
  if (some.length > 0) yield JSON.stringify({ from, topics: some } satisfies Bundle)
}

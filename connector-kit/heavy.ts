/**
 * Reads events for the core: in place where that is quick, in a worker thread with 5 s and 64 MB where an event is large or its parsing
 * is risky (`heavy`). A parser that hangs or eats memory loses its thread, and its event goes into quarantine; nobody else notices.
 */
import { Worker } from 'node:worker_threads'
import type { Carried, Connector, Context, Event, Incoming } from './connector.ts'
import { ApiChanged } from './send-error.ts'

const LARGE_CHARACTERS = 64 * 1024
const MOST_MS = 5_000
/** A thread that begins on a busy machine, and a connector's code read for the first time: no event is to blame for that. */
const MOST_LOADING_MS = 30_000
const MOST_MB = 64

export interface IncomingReader {
  /** @throws ApiChanged, or an Error that says why the event could not be read */
  read(folder: string, connector: Connector, event: Event, c: Context<unknown>): Promise<Incoming[]>
  /** The bytes that came inside the event; null: they did not. */
  carried(
    folder: string,
    connector: Connector,
    event: Event,
    remote: string,
    c: Context<unknown>,
  ): Promise<Carried | null>
  close(): Promise<void>
}

/** A context as it crosses to the thread: functions cannot. */
export type PlainContext = Omit<Context<unknown>, 'publicUrl'>

export type Asked = { folder: string } & (
  | { what: 'load' }
  | { what: 'incoming'; event: Event; c: PlainContext }
  | { what: 'carried'; event: Event; c: PlainContext; remote: string }
)
export type Told = { ok: unknown } | { failed: string; changed: boolean }

/** @param connectors  the folder of connectors, ending in `/` */
export function incomingReader(connectors: URL): IncomingReader {
  let worker: Worker | undefined
  let last: Promise<unknown> = Promise.resolve()
  /** What each thread has read of the connectors' code. */
  const loaded = new WeakMap<Worker, Set<string>>()

  /** One event at a time: the thread exists to bound the damage, not to go faster. */
  function inThread<T>(asked: Asked): Promise<T> {
    const turn = last.then(async () => {
      const known = worker && loaded.get(worker)
      if (!known?.has(asked.folder)) {
        await ask({ what: 'load', folder: asked.folder }, MOST_LOADING_MS)
        if (worker) loaded.set(worker, (loaded.get(worker) ?? new Set()).add(asked.folder))
      }
      return ask<T>(asked, MOST_MS)
    })
    last = turn.catch(() => {})
    return turn
  }

  function newThread(): Worker {
    const thread = new Worker(new URL('./heavy-thread.ts', import.meta.url), {
      workerData: { connectors: connectors.href },
      resourceLimits: { maxOldGenerationSizeMb: MOST_MB },
    })
    // A thread that was given up may still report what it died of; unheard, that would end the program.
    thread.on('error', () => {})
    return thread
  }

  function ask<T>(asked: Asked, mostMs: number): Promise<T> {
    const thread = (worker ??= newThread())
    return new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => lose(new Error(`parsing took more than ${mostMs / 1000} s`)), mostMs)
      const done = (act: () => void) => {
        clearTimeout(timer)
        thread.off('message', onTold).off('error', lose).off('exit', onExit)
        thread.unref()
        act()
      }
      const lose = (error: Error) => {
        if (worker === thread) worker = undefined
        done(() => reject(error))
        void thread.terminate()
      }
      const onExit = () => lose(new Error('parsing ended its thread'))
      const onTold = (told: Told) =>
        done(() => {
          if ('ok' in told) resolve(told.ok as T)
          else reject(told.changed ? new ApiChanged(told.failed) : new Error(told.failed))
        })
      thread.ref()
      thread.on('message', onTold).on('error', lose).on('exit', onExit)
      thread.postMessage(asked)
    })
  }

  const plainContext = ({ publicUrl: _, ...c }: Context<unknown>): PlainContext => c

  return {
    read: async (folder, connector, event, c) =>
      connector.heavy || isLarge(event)
        ? inThread({ what: 'incoming', folder, event, c: plainContext(c) })
        : connector.incoming(event, c),
    carried: async (folder, connector, event, remote, c) =>
      connector.carried ? inThread({ what: 'carried', folder, event, remote, c: plainContext(c) }) : null,
    close: async () => {
      await last
      await worker?.terminate()
    },
  }
}

const isLarge = ({ body }: Event): boolean =>
  (typeof body === 'string' ? body.length : JSON.stringify(body).length) > LARGE_CHARACTERS

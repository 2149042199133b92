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
  /**
   * The bytes that came inside the event; null: they did not.
   * @param signal  ends the waiting; what waits still is dropped
   */
  carried(
    folder: string,
    connector: Connector,
    event: Event,
    remote: string,
    c: Context<unknown>,
    signal?: AbortSignal,
  ): Promise<Carried | null>
  /** Waits for nothing: what runs or waits is given up, and fails. */
  close(): Promise<void>
}

/** A context as it crosses to the thread: functions cannot. */
export type PlainContext = Omit<Context<unknown>, 'publicUrl'>

type Work = { folder: string } & (
  | { what: 'incoming'; event: Event; c: PlainContext }
  | { what: 'carried'; event: Event; c: PlainContext; remote: string }
)
export type Asked = Work | { folder: string; what: 'load' }
export type Told = { ok: unknown } | { failed: string; changed: boolean }

/** What waits for the thread. */
interface Waiting {
  run(): Promise<void>
  drop(error: Error): void
}

/** Which line is next after one of this had its turn. */
const BEHIND = { incoming: 'carried', carried: 'incoming' } as const

/** @param connectors  the folder of connectors, ending in `/` */
export function incomingReader(connectors: URL): IncomingReader {
  let worker: Worker | undefined
  /** Two lines that take turns: events of which more and more come keep no file waiting for ever, nor files an event. */
  const lines: Record<Work['what'], Waiting[]> = { incoming: [], carried: [] }
  let nextLine: Work['what'] = 'incoming'
  let isRunning = false
  let isClosed = false
  /** What each thread has read of the connectors' code. */
  const loaded = new WeakMap<Worker, Set<string>>()

  /** One event at a time: the thread exists to bound the damage, not to go faster. */
  async function inThread<T>(work: Work, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const drop = () => reject(signal?.reason as Error)
    signal?.addEventListener('abort', drop, { once: true })
    lines[work.what].push({
      run: async () => {
        if (!signal?.aborted) await turn<T>(work).then(resolve, reject)
      },
      drop: reject,
    })
    void runAll()
    return promise.finally(() => signal?.removeEventListener('abort', drop))
  }

  async function runAll(): Promise<void> {
    if (isRunning) return
    isRunning = true
    for (let waiting = first(); waiting; waiting = first()) await waiting.run()
    isRunning = false
  }

  function first(): Waiting | undefined {
    const line = lines[nextLine].length > 0 ? nextLine : BEHIND[nextLine]
    nextLine = BEHIND[line]
    return lines[line].shift()
  }

  async function turn<T>(work: Work): Promise<T> {
    const known = worker && loaded.get(worker)
    if (!known?.has(work.folder)) {
      await ask({ what: 'load', folder: work.folder }, MOST_LOADING_MS)
      if (worker) loaded.set(worker, (loaded.get(worker) ?? new Set()).add(work.folder))
    }
    return ask<T>(work, MOST_MS)
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

  async function ask<T>(asked: Asked, mostMs: number): Promise<T> {
    if (isClosed) throw stopped()
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
      needsThread(connector, event)
        ? inThread({ what: 'incoming', folder, event, c: plainContext(c) })
        : connector.incoming(event, c),
    carried: async (folder, connector, event, remote, c, signal) =>
      connector.carried ? inThread({ what: 'carried', folder, event, remote, c: plainContext(c) }, signal) : null,
    close: async () => {
      isClosed = true
      for (const line of Object.values(lines)) for (const waiting of line.splice(0)) waiting.drop(stopped())
      await worker?.terminate()
    },
  }
}

const stopped = () => new Error('the program stops')

/** Whether this event is read in the thread, where others may be before it. */
export const needsThread = (connector: Pick<Connector, 'heavy'>, event: Event): boolean =>
  connector.heavy === true || isLarge(event)

const isLarge = ({ body }: Event): boolean =>
  (typeof body === 'string' ? body.length : JSON.stringify(body).length) > LARGE_CHARACTERS

/**
 * Members' sockets, all in one process of their own: they count what is pushed to each and how long it took from its webhook. What is
 * pushed says so itself: its text is `push NUMBER MICROSECONDS`, by the clock that processes of one machine share.
 */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { setTimeout as delay } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { Void } from './void.ts'

/** Microseconds. */
export const sharedClock = (): number => Number(process.hrtime.bigint() / 1000n)
export const pushText = (number: number): string => `push ${number} ${sharedClock()}`

export interface Listeners {
  /** Forgets what came so far. */
  begin(): Promise<void>
  /** Waits until each has heard so many, of these numbers. @returns milliseconds of each push */
  heard(expected: { count: number; sum: number }): Promise<number[]>
  close(): Promise<void>
}

interface Plan {
  readonly url: string
  /** Parley's and raw `ws` begin by themselves; Socket.IO wants to be greeted. */
  readonly greet: boolean
  /** One for each socket. */
  readonly headers: readonly Record<string, string>[]
}

type Asked = { connect: Plan } | { begin: true } | { report: true }
interface Report {
  counts: { count: number; sum: number }[]
  quantiles: number[]
}

const PATIENCE_MS = 20_000
/** As good as all of them: the slowest is the last. */
const QUANTILES = 2_000

export async function theListeners(plan: Plan): Promise<Listeners> {
  const child = fork(fileURLToPath(import.meta.url), [], { env: { PATH: process.env.PATH, BENCH_LISTENS: 'yes' } })
  const gone = new Promise<never>((_, reject) => {
    child.once('close', () => reject(new Void('the sockets’ process ended')))
  })
  gone.catch(() => {})
  async function ask<T>(asked: Asked): Promise<T> {
    const answer = new Promise<T>((resolve) => child.once('message', (words) => resolve(words as T)))
    child.send(asked)
    return Promise.race([answer, gone])
  }
  await ask({ connect: plan })
  return {
    begin: () => ask({ begin: true }),
    heard: async ({ count, sum }) => {
      const end = performance.now() + PATIENCE_MS
      for (;;) {
        const { counts, quantiles } = await ask<Report>({ report: true })
        const wrong = counts.find((each) => each.count !== count || each.sum !== sum)
        if (!wrong) return quantiles
        if (wrong.count > count || performance.now() > end)
          throw new Void(`a socket heard ${wrong.count} of ${count} messages, or not those`)
        await delay(100)
      }
    },
    close: async () => {
      child.kill()
      await gone.catch(() => {})
    },
  }
}

// ---------------------------------------------------------------- in that process

if (process.env.BENCH_LISTENS) listen()

function listen(): void {
  const counts: { count: number; sum: number }[] = []
  /** Pushes by tenths of a millisecond. */
  let took = new Map<number, number>()
  /** All sockets hear the same frame: it is read once. */
  const known = new Map<string, { number: number; at: number }[]>()

  function pushesIn(frame: Buffer): { number: number; at: number }[] {
    const key = frame.toString('latin1', 0, 160)
    const before = known.get(key)
    if (before) return before
    const found = [...frame.toString().matchAll(/"text":"push (\d+) (\d+)/g)].map(([, number, at]) => ({
      number: Number(number),
      at: Number(at),
    }))
    if (known.size > 500) known.clear()
    known.set(key, found)
    return found
  }

  async function connect({ url, greet, headers }: Plan): Promise<void> {
    for (let from = 0; from < headers.length; from += 50)
      await Promise.all(headers.slice(from, from + 50).map((each) => socketOf(url, greet, each)))
  }

  async function socketOf(url: string, greet: boolean, headers: Record<string, string>): Promise<void> {
    const count = { count: 0, sum: 0 }
    counts.push(count)
    const socket = new WebSocket(url, { headers, perMessageDeflate: false, skipUTF8Validation: true })
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      socket.once('close', (code) => reject(new Error(`a socket was closed: ${code}`)))
      socket.on('message', (data: Buffer) => {
        // Engine.IO: 0 opens, 40 joins, 2 asks whether we live.
        if (greet && data[0] === 0x30) return socket.send('40')
        if (greet && data[0] === 0x32) return socket.send('3')
        const now = sharedClock()
        for (const { number, at } of pushesIn(data)) {
          count.count++
          count.sum += number
          const tenths = Math.round((now - at) / 100)
          took.set(tenths, (took.get(tenths) ?? 0) + 1)
        }
        resolve()
      })
    })
  }

  function quantilesOf(): number[] {
    const sorted = [...took].toSorted(([a], [b]) => a - b)
    const total = sorted.reduce((sum, [, n]) => sum + n, 0)
    const quantiles: number[] = []
    let before = 0
    for (const [tenths, n] of sorted) {
      before += n
      while (quantiles.length < Math.floor((before / total) * QUANTILES)) quantiles.push(tenths / 10)
    }
    return quantiles
  }

  process.on('disconnect', () => process.exit(0))
  process.on('message', (asked: Asked) => {
    if ('connect' in asked) void connect(asked.connect).then(() => process.send!({}))
    else if ('report' in asked) process.send!({ counts, quantiles: quantilesOf() } satisfies Report)
    else {
      took = new Map()
      for (const count of counts) count.count = count.sum = 0
      process.send!({})
    }
  })
}

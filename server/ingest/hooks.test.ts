import { expect, test } from 'vitest'
import type { LiveChannel } from '#server/channels/live.ts'
import { openLog } from '#server/platform/log.ts'
import { openMetrics } from '#server/platform/metrics.ts'
import { silentLog } from '#tests/support/parts.ts'
import { hooks, type HooksDeps } from './hooks.ts'
import { JournalFull } from './journal.ts'

const CHANNEL = crypto.randomUUID()

/** Hooks of one channel whose connector answers so. */
function hooksOf(open: () => unknown, { visitors, ...deps }: Partial<HooksDeps> & { visitors?: true } = {}) {
  const channel = {
    id: CHANNEL,
    folder: 'pigeon',
    connector: { webhook: { open, visitors }, asks: {} },
    kept: new Map(),
  } as unknown as LiveChannel
  const { take } = hooks({
    channels: { get: async () => channel, active: async () => [], forget: () => {} },
    journal: { take: async () => [true], read: async () => new Map(), isPressed: () => false, close: async () => {} },
    wireOf: () => () => Promise.reject(new Error('nobody is asked')),
    publicUrl: () => '',
    passing: () => {},
    claim: async () => true,
    isNearlyFull: async () => false,
    metrics: openMetrics({ ofProcess: false }),
    log: silentLog,
    ...deps,
  })
  return (headers = {}, said: unknown = {}) =>
    take(CHANNEL, { headers, bytes: new TextEncoder().encode(JSON.stringify(said)) } as never, '192.0.2.1')
}

test('strangers may leave files while the disk has room, and no more than a day’s worth', async () => {
  let isNearlyFull = false
  const told = hooksOf(() => ({ upload: { chat: 'ann', bytes: 25_000_000 } }), {
    isNearlyFull: async () => isNearlyFull,
  })
  expect(await told()).toMatchObject({ is: 'upload' })
  isNearlyFull = true
  expect(await told()).toEqual({ is: 'refuse', status: 503 })
  isNearlyFull = false
  // What is told to be small counts as small.
  for (let n = 0; n < 200; n++) expect(await told({ 'content-length': '1000000' })).toMatchObject({ is: 'upload' })
  expect(await told()).toMatchObject({ is: 'upload' })
  expect(await told()).toEqual({ is: 'wait', seconds: expect.any(Number) })
})

const breaks = () => {
  throw new Error('broken')
}

test('a connector that breaks over a request took nothing, and says so; whose request it was is logged', async () => {
  const lines: string[] = []
  const told = hooksOf(breaks, { log: openLog({ level: 'error', write: (line) => lines.push(line) }) })
  expect(await told()).toEqual({ is: 'refuse', status: 503 })
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ channel: CHANNEL, connector: 'pigeon' }])
})

test('a visitor’s act over which his connector always breaks is refused by its name; his page may read that', async () => {
  const told = hooksOf(breaks, { visitors: true })
  const headers = { 'access-control-allow-origin': 'https://shop.example', vary: 'origin' }
  expect(await told({ origin: 'https://shop.example' }, { t: 'send', id: 'act-12345' })).toEqual({
    is: 'refuse',
    status: 400,
    act: 'act-12345',
    headers,
  })
  expect(await told({}, 'no act')).toEqual({ is: 'refuse', status: 400 })
})

test('a visitor’s act that comes while the database is away is said again', async () => {
  const told = hooksOf(
    () => {
      throw Object.assign(new Error('away'), { code: 'ECONNREFUSED' })
    },
    { visitors: true },
  )
  expect(await told({}, { t: 'send', id: 'act-12345' })).toEqual({ is: 'refuse', status: 503 })
})

test('while the journal is full a platform hears 503, never 200', async () => {
  let isFull = true
  const told = hooksOf(() => ({ events: [{ key: '1', lane: 'ann', body: {} }] }), {
    journal: {
      take: async () => {
        if (isFull) throw new JournalFull()
        return [true]
      },
      read: async () => new Map(),
      isPressed: () => false,
      close: async () => {},
    },
  })
  expect(await told()).toEqual({ is: 'refuse', status: 503 })
  isFull = false
  expect(await told()).toMatchObject({ is: 'answer', answer: { status: 200 } })
})

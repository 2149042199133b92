import { expect, test } from 'vitest'
import type { LiveChannel } from '#server/channels/live.ts'
import { openMetrics } from '#server/platform/metrics.ts'
import { silentLog } from '#tests/support/parts.ts'
import { hooks, type HooksDeps } from './hooks.ts'
import { JournalFull } from './journal.ts'

/** Hooks of one channel whose connector answers so. */
function hooksOf(open: () => unknown, deps: Partial<HooksDeps> = {}) {
  const channel = {
    folder: 'pigeon',
    connector: { webhook: { open }, asks: {} },
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
  return (headers = {}) => take(crypto.randomUUID(), { headers } as never, '192.0.2.1')
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

test('a connector that breaks over a request took nothing, and says so', async () => {
  const told = hooksOf(() => {
    throw new Error('broken')
  })
  expect(await told()).toEqual({ is: 'refuse', status: 503 })
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

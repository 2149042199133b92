import { expect, test } from 'vitest'
import type { LiveChannel } from '#server/channels/live.ts'
import { openMetrics } from '#server/platform/metrics.ts'
import { silentLog } from '#tests/support/parts.ts'
import { hooks } from './hooks.ts'
import { JournalFull } from './journal.ts'

test('while the journal is full a platform hears 503, never 200', async () => {
  let isFull = true
  const channel = {
    folder: 'pigeon',
    connector: { webhook: { open: () => ({ events: [{ key: '1', lane: 'ann', body: {} }] }) }, asks: {} },
    kept: new Map(),
  } as unknown as LiveChannel
  const { take } = hooks({
    channels: { get: async () => channel, active: async () => [], forget: () => {} },
    journal: {
      take: async () => {
        if (isFull) throw new JournalFull()
        return [true]
      },
      read: async () => new Map(),
      isPressed: () => false,
      close: async () => {},
    },
    wireOf: () => () => Promise.reject(new Error('nobody is asked')),
    publicUrl: () => '',
    passing: () => {},
    claim: async () => true,
    metrics: openMetrics({ ofProcess: false }),
    log: silentLog,
  })
  const told = () => take(crypto.randomUUID(), {} as never, '192.0.2.1')
  expect(await told()).toEqual({ is: 'refuse', status: 503 })
  isFull = false
  expect(await told()).toMatchObject({ is: 'answer', answer: { status: 200 } })
})

import { expect, test } from 'vitest'
import { endInOrder } from './end-in-order.ts'
import { openLog } from './log.ts'

const lines: string[] = []
const log = openLog({ level: 'warn', write: (line) => void lines.push(line) })

test('each begins when the one before it has ended', async () => {
  const told: string[] = []
  const slow = async () => {
    await new Promise((resolve) => setTimeout(resolve, 20))
    told.push('leases')
  }
  const left = await endInOrder(
    [
      ['leases', slow],
      ['worker', async () => void told.push('worker')],
    ],
    log,
  )
  expect([told, left]).toEqual([['leases', 'worker'], []])
})

test('one that fails, and one that hangs, are told by name, and those behind them end', async () => {
  let ended = false
  const left = await endInOrder(
    [
      ['feed', () => Promise.reject(new Error('no such socket'))],
      ['http', () => new Promise(() => {})],
      ['database', async () => (ended = true)],
    ],
    log,
    50,
  )
  expect([ended, left]).toEqual([true, ['feed', 'http']])
  expect(lines.join()).toContain('"part":"feed"')
  expect(lines.join()).toContain('it did not end within 50 ms')
})

import { expect, test } from 'vitest'
import { buckets } from './buckets.ts'

function someBuckets(rate: { burst: number; perSecond: number }) {
  let at = 0
  return { ...buckets(rate, () => at), pass: (ms: number) => (at += ms) }
}

test('a burst is taken at once, then one for each part of a second, and the wait is told', () => {
  const { take, pass } = someBuckets({ burst: 3, perSecond: 0.5 })
  expect([take('a'), take('a'), take('a'), take('a')]).toEqual([0, 0, 0, 2])
  pass(1_000)
  expect(take('a')).toBe(1)
  pass(1_000)
  expect([take('a'), take('a')]).toEqual([0, 2])
})

test('one key empties no bucket but its own, and rest fills it to the burst and no further', () => {
  const { take, pass } = someBuckets({ burst: 2, perSecond: 1 })
  expect([take('a'), take('a'), take('a'), take('b')]).toEqual([0, 0, 1, 0])
  pass(3_600_000)
  expect([take('a'), take('a'), take('a')]).toEqual([0, 0, 1])
})

test('looking takes nothing, and tells what taking would', () => {
  const { take, wait, pass } = someBuckets({ burst: 2, perSecond: 1 })
  expect([wait('a', 2), wait('a', 2), take('a', 2), wait('a')]).toEqual([0, 0, 0, 1])
  pass(1_000)
  expect([wait('a'), take('a'), take('a')]).toEqual([0, 0, 1])
})

test('fifty thousand keys fill the memory no further: the rest share one bucket, until some are full again', () => {
  const { take, pass } = someBuckets({ burst: 1, perSecond: 1 })
  for (let n = 0; n < 50_000; n++) take(`key ${n}`)
  expect([take('new'), take('newer')]).toEqual([0, 1])
  pass(60_000)
  expect([take('new'), take('newer')]).toEqual([0, 0])
})

import { expect, test } from 'vitest'
import { MOMENTS } from '#server/platform/buggify.ts'
import { noneDone, type Done } from './killer.ts'
import { DISK, DISK_FAULTS, FULL, FULL_FAULTS, planOf, SMOKE, wordsOf, type Fault } from './plan.ts'
import { TROUBLES } from './proxy.ts'
import { against, OF_DISK, OF_FULL } from './wanted.ts'

const full = (seed: number) => planOf({ seed, faults: FULL_FAULTS, deck: FULL, restMs: 700 })

test('one seed is one plan, and another seed another', () => {
  expect(full(7)).toEqual(full(7))
  expect(full(7)).not.toEqual(full(8))
})

test('a full plan that comes true reaches each number that is wanted', () => {
  for (const seed of [1, 2, 3]) {
    const done = allDone(full(seed))
    const reached = { done, acknowledged: 200_000, minutes: 44, answers: new Map<number, number>() }
    expect(against(OF_FULL, reached).missed).toEqual([])
  }
})

test('a full plan breaks every wire in every way, and dies at every moment', () => {
  const plan = full(1)
  const moments = new Set(plan.map((fault) => (fault.is === 'kill' ? fault.at : null)))
  const troubles = new Set(plan.map((fault) => (fault.is === 'wire' ? fault.trouble : null)))
  const wires = new Set(plan.flatMap((fault) => (fault.is === 'wire' ? [fault.wire] : [])))
  expect(moments).toEqual(new Set([null, ...MOMENTS]))
  expect(troubles).toEqual(new Set([null, ...TROUBLES]))
  expect(wires.size).toBe(5)
})

test('a shorter plan has its share of each kind, and none more or less than was asked for', () => {
  expect(kindsOf(planOf({ seed: 1, faults: 20, deck: SMOKE, restMs: 700 }))).toEqual({ kill: 18, crash: 2 })
  for (const faults of [1, 7, 33, 199])
    expect(planOf({ seed: 1, faults, deck: FULL, restMs: 700 })).toHaveLength(faults)
  const onSmallDisk = planOf({ seed: 1, faults: DISK_FAULTS, deck: DISK, restMs: 700 })
  expect(kindsOf(onSmallDisk)).toEqual(DISK)
})

test('no pause ends before the lease does, and each fault has its words', () => {
  const pauses = full(1).flatMap((fault) => (fault.is === 'pause' ? [fault.ms] : []))
  expect(Math.min(...pauses)).toBeGreaterThan(10_000)
  for (const fault of full(1)) expect(wordsOf(fault)).not.toMatch(/undefined|NaN/)
})

test('what was missed is named with what was wanted', () => {
  const reached = {
    done: { ...allDone(full(1)), kill: 399, 'at a moment': 39, 'ms until well': 61_000 },
    acknowledged: 199_999,
    minutes: 45.1,
    answers: new Map([
      [200, 5],
      [500, 2],
      [0, 9],
    ]),
  }
  expect(against(OF_FULL, reached).missed).toEqual([
    'SIGKILL: 399, wanted ≥ 400',
    'of them at a moment: 39, wanted ≥ 40',
    'acknowledged messages: 199999, wanted ≥ 200000',
    'minutes: 45.1, wanted ≤ 45',
  ])
  expect(against(OF_DISK, reached).missed).toEqual([
    'seconds until all was well again, at worst: 61, wanted ≤ 60',
    'answers to platforms but 200 and 503: 2, wanted ≤ 0',
  ])
})

function kindsOf(plan: readonly Fault[]): Record<string, number> {
  return Object.fromEntries([...Map.groupBy(plan, (fault) => fault.is)].map(([kind, faults]) => [kind, faults.length]))
}

const allDone = (plan: readonly Fault[]): Done => ({
  ...noneDone(),
  ...kindsOf(plan),
  'at a moment': plan.filter((fault) => fault.is === 'kill' && fault.at !== null).length,
})

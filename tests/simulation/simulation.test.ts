import { expect, test } from 'vitest'
import { simulate } from './simulate.ts'

const RUNS = 300

test('whatever dies, freezes, lies and stays silent, no promise of delivery is broken', async () => {
  for (let seed = 1; seed <= RUNS; seed++) {
    const { broken } = await simulate(seed)
    expect(broken, `npm run simulate -- --seed ${seed}`).toEqual([])
  }
})

test('a run can be asked for again: the same seed is the same run', async () => {
  const [one, again, other] = [await simulate(7, true), await simulate(7, true), await simulate(8, true)]
  expect(one.trace.length).toBeGreaterThan(50)
  expect(again.trace).toEqual(one.trace)
  expect(other.trace).not.toEqual(one.trace)
})

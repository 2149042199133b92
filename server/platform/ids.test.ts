import { expect, test } from 'vitest'
import { fakeClock, systemClock } from './clock.ts'
import { firstIdAt, timeOf, uuidv7 } from './ids.ts'

test('an id is a well-formed UUIDv7 that carries its time', () => {
  const clock = fakeClock('2031-02-03T04:05:06.789Z')
  const id = uuidv7(clock)
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(timeOf(id)).toEqual(clock.now())
})

test('ids grow strictly inside one millisecond, beyond the counter too', () => {
  const clock = fakeClock()
  const ids = Array.from({ length: 20_000 }, () => uuidv7(clock))
  expect(ids.toSorted()).toEqual(ids)
  expect(new Set(ids).size).toBe(ids.length)
  expect(timeOf(ids.at(-1) as string).getTime() - clock.now().getTime()).toBeLessThan(10)
})

test('ids keep growing when the clock steps back a little, and follow it when it goes back far', () => {
  const clock = fakeClock()
  const before = uuidv7(clock)
  clock.jump(-5_000)
  expect(uuidv7(clock) > before).toBe(true)
  clock.jump(-3_600_000)
  expect(timeOf(uuidv7(clock))).toEqual(clock.now())
})

test('ids of two clocks do not push each other', () => {
  const far = fakeClock('2090-01-01T00:00:00Z')
  uuidv7(far)
  expect(Math.abs(timeOf(uuidv7(systemClock())).getTime() - Date.now())).toBeLessThan(1_000)
})

test('the first id of a moment lies below every id made in it and above every earlier one', () => {
  const clock = fakeClock('2031-02-03T00:00:00Z')
  const border = firstIdAt(clock.now())
  expect(uuidv7(clock) > border).toBe(true)
  clock.jump(-20_000)
  expect(uuidv7(clock) < border).toBe(true)
  expect(timeOf(border)).toEqual(new Date('2031-02-03T00:00:00Z'))
})

test('the random part differs between ids', () => {
  const clock = fakeClock()
  const tails = new Set(Array.from({ length: 2_000 }, () => uuidv7(clock).slice(19)))
  expect(tails.size).toBe(2_000)
  expect(new Set([...tails].map((tail) => tail[0])).size).toBe(4)
})

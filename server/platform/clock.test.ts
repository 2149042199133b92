import { expect, test } from 'vitest'
import { fakeClock, systemClock } from './clock.ts'

test("the clock follows the database's time, not the machine's", () => {
  const clock = systemClock()
  const asked = clock.monotonicMs()
  const wrongBy = clock.correct(new Date('2040-05-01T12:00:00Z'), asked)
  expect(wrongBy).toBeGreaterThan(5_000)
  expect(Math.abs(clock.now().getTime() - Date.parse('2040-05-01T12:00:00Z'))).toBeLessThan(1_000)
})

test('a second answer that agrees corrects next to nothing', () => {
  const clock = systemClock()
  clock.correct(new Date('2040-05-01T12:00:00Z'), clock.monotonicMs())
  expect(Math.abs(clock.correct(clock.now(), clock.monotonicMs()))).toBeLessThan(100)
})

test('an answer that was long on its way counts from half-way', () => {
  const clock = systemClock()
  clock.correct(new Date('2040-05-01T12:00:00Z'), clock.monotonicMs() - 2_000)
  const ahead = clock.now().getTime() - Date.parse('2040-05-01T12:00:00Z')
  expect(ahead).toBeGreaterThan(990)
  expect(ahead).toBeLessThan(1_200)
})

test('a fake clock passes time only when told, and a jump leaves durations alone', () => {
  const clock = fakeClock('2030-01-01T00:00:00Z')
  clock.advance(1_500)
  expect(clock.now().toISOString()).toBe('2030-01-01T00:00:01.500Z')
  clock.jump(-3_600_000)
  expect(clock.now().toISOString()).toBe('2029-12-31T23:00:01.500Z')
  expect(clock.monotonicMs()).toBe(1_500)
})

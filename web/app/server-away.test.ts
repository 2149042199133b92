/** What the window says of its server: not at the first hiccup, soon enough where it is away, and no longer than that. */
import { beforeEach, expect, test, vi } from 'vitest'

let away: typeof import('./server-away.ts')
let answer: string | null
let asked: number
let backs: number

beforeEach(async () => {
  vi.useFakeTimers()
  vi.resetModules()
  away = await import('./server-away.ts')
  answer = 'unavailable'
  asked = backs = 0
  away.watchServer({
    ask: async () => {
      asked++
      away.noteAnswer(answer)
    },
    back: () => void backs++,
  })
  return () => void vi.useRealTimers()
})

const isSaid = () => away.serverAway()

test('one question that took too long is no server that is away', async () => {
  answer = null
  away.noteAnswer('unavailable')
  await vi.advanceTimersByTimeAsync(60_000)
  expect([isSaid(), asked, backs]).toEqual([false, 1, 0])
})

test('a server that is away is told of within a second, is asked ever more slowly, and what waits is asked once it is back', async () => {
  away.noteAnswer('unavailable')
  await vi.advanceTimersByTimeAsync(1_000)
  expect([isSaid(), asked]).toEqual([true, 1])
  await vi.advanceTimersByTimeAsync(60_000)
  expect(asked).toBeGreaterThan(5)
  expect(asked).toBeLessThan(15)
  answer = null
  await vi.advanceTimersByTimeAsync(10_000)
  expect([isSaid(), backs]).toEqual([false, 1])
  const before = asked
  await vi.advanceTimersByTimeAsync(60_000)
  expect(asked).toBe(before)
})

test('an answer that says nothing of the database changes nothing', async () => {
  away.noteAnswer('unavailable')
  away.noteAnswer('offline')
  away.noteAnswer('invalid')
  await vi.advanceTimersByTimeAsync(1_000)
  expect(isSaid()).toBe(true)
})

import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Line } from './connector.ts'
import { polling } from './polling.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A line whose questions are answered by the test. */
function aLine() {
  const states: string[] = []
  const stop = new AbortController()
  const answers: PromiseWithResolvers<never>[] = []
  const line = {
    cursor: null,
    signal: stop.signal,
    state: (state: string) => void states.push(state),
    run: () => {
      const answer = Promise.withResolvers<never>()
      answers.push(answer)
      return answer.promise
    },
    receive: async () => {},
  } as unknown as Line<unknown>
  const poll = polling<unknown>({ ask: (() => {}) as never })
  return { states, stop, answers, ended: poll(line) }
}

test('a quiet channel is ready though its first long question has no answer yet', async () => {
  const { states, stop, answers, ended } = aLine()
  expect(states).toEqual(['connecting'])
  await vi.advanceTimersByTimeAsync(2_000)
  expect(states).toEqual(['connecting', 'ready'])
  answers[0]!.resolve({ events: [], cursor: null } as never)
  await vi.advanceTimersByTimeAsync(0)
  expect(states).toEqual(['connecting', 'ready'])
  stop.abort()
  answers[1]!.resolve({ events: [], cursor: null } as never)
  await ended
})

test('one that is refused is never called ready', async () => {
  const { states, answers, ended } = aLine()
  answers[0]!.reject(new Error('no such token'))
  await expect(ended).rejects.toThrow('no such token')
  await vi.advanceTimersByTimeAsync(5_000)
  expect(states).toEqual(['connecting'])
})

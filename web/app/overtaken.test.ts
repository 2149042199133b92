import { QueryClient, QueryObserver } from '@tanstack/react-query'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { overtakenIn } from './overtaken.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A client that reads one answer, `state` as the server has it when it is asked; each read lasts 50 ms. */
function reading(key: readonly unknown[] = ['list', { view: 'all' }]) {
  const client = new QueryClient({ defaultOptions: { queries: { staleTime: Infinity, retry: false } } })
  const server = { state: 'old', reads: 0 }
  const observer = new QueryObserver(client, {
    queryKey: key,
    queryFn: async () => {
      server.reads++
      const { state } = server
      await new Promise((resolve) => setTimeout(resolve, 50))
      return state
    },
  })
  const leave = observer.subscribe(() => {})
  return { client, server, leave, note: overtakenIn(client).note, shown: () => client.getQueryData(key) }
}

test('a first read that an event overtook is read once more, and ends with what was told', async () => {
  const { client, server, note, shown } = reading()
  await vi.advanceTimersByTimeAsync(10)
  server.state = 'new'
  note([['list']])
  client.setQueryData(['list', { view: 'all' }], (before?: string) => before && 'new')
  await vi.advanceTimersByTimeAsync(50)
  expect(shown()).toBe('old')
  await vi.advanceTimersByTimeAsync(1_000)
  expect([shown(), server.reads]).toEqual(['new', 2])
})

test('what the feed told is not taken back for good by a later read that began before', async () => {
  const { client, server, note, shown } = reading()
  await vi.advanceTimersByTimeAsync(60)
  void client.refetchQueries({ queryKey: ['list'] })
  await vi.advanceTimersByTimeAsync(10)
  server.state = 'new'
  note([['list', { view: 'all' }]])
  client.setQueryData(['list', { view: 'all' }], 'new')
  await vi.advanceTimersByTimeAsync(1_000)
  expect([shown(), server.reads]).toEqual(['new', 3])
})

test('nothing is read again that was not under way, nor what the event does not touch', async () => {
  const { server, note } = reading()
  await vi.advanceTimersByTimeAsync(10)
  note([['other']])
  await vi.advanceTimersByTimeAsync(1_000)
  note([['list']])
  await vi.advanceTimersByTimeAsync(1_000)
  expect(server.reads).toBe(1)
})

test('many events during one read make one more', async () => {
  const { server, note } = reading()
  await vi.advanceTimersByTimeAsync(10)
  for (let events = 0; events < 100; events++) note([['list']])
  await vi.advanceTimersByTimeAsync(1_000)
  expect(server.reads).toBe(2)
})

test('a feed that never rests makes no storm of reads', async () => {
  const { server, note } = reading()
  for (let ms = 0; ms < 60_000; ms += 5) {
    note([['list']])
    await vi.advanceTimersByTimeAsync(5)
  }
  expect(server.reads).toBeLessThan(15)
})

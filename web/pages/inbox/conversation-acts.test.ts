/** What is done to many is done by portions: each that was done is known, whatever becomes of the next. */
import { expect, test, vi } from 'vitest'
import type { ConversationId } from '#contract/ids.ts'
import { MOST_AT_ONCE } from '#contract/limits.ts'
import { changeAll } from './conversation-acts.ts'

const { call, done, failures } = vi.hoisted(() => ({
  call: vi.fn<() => Promise<unknown>>(),
  done: [] as string[][],
  failures: [] as unknown[],
}))
vi.mock('../../app/call.ts', async (given) => ({ ...(await given<object>()), call }))
vi.mock('../../app/feed.ts', async (given) => ({ ...(await given<object>()), onEvents: () => {} }))
vi.mock('../../app/tell.ts', () => ({ tellFailure: (error: unknown) => void failures.push(error) }))
vi.mock('../../app/words.ts', () => ({ wordsIn: () => (key: string) => key }))
vi.mock('./undo.ts', () => ({ tellDone: (_: string, acts: string[]) => void done.push(acts) }))

test('those that were done are known from those that were not', async () => {
  const ids = Array.from({ length: MOST_AT_ONCE + 1 }, (_, index) => `talk ${index}` as ConversationId)
  call.mockResolvedValueOnce({ conversations: [], acts: ['first'] }).mockRejectedValueOnce(new Error('no network'))
  expect(await changeAll(ids, { to: 'close' }, 'en')).toEqual(ids.slice(0, MOST_AT_ONCE))
  expect([done, failures.length]).toEqual([[['first']], 1])
})

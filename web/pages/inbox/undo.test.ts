/** What was done can be undone until it is: a lost call takes the offer from nobody. */
import { beforeEach, expect, test, vi } from 'vitest'
import type { ActId } from '#contract/ids.ts'
import { MOST_AT_ONCE } from '#contract/limits.ts'
import type { FailureCode } from '../../app/call.ts'
import type { Told } from '../../app/tell.ts'

const { call, told, failures } = vi.hoisted(() => ({
  call: vi.fn<(endpoint: unknown, given: { body: { acts: string[] } }, options: { key: string }) => Promise<unknown>>(),
  told: [] as Told[],
  failures: [] as unknown[],
}))
vi.mock('../../app/call.ts', async (given) => ({ ...(await given<object>()), call }))
vi.mock('../../app/tell.ts', () => ({
  tell: (one: Told) => void told.push(one),
  tellFailure: (error: unknown) => void failures.push(error),
  untell: () => {},
}))
vi.mock('../../app/words.ts', () => ({ wordsIn: () => (key: string) => key }))

let page: typeof import('./undo.ts')
let calls: typeof import('../../app/call.ts')

beforeEach(async () => {
  vi.resetModules()
  call.mockReset().mockResolvedValue({})
  told.length = failures.length = 0
  page = await import('./undo.ts')
  calls = await import('../../app/call.ts')
})

const acts = (...names: string[]) => names as ActId[]
const many = (count: number) => Array.from({ length: count }, (_, index) => `act ${index}`) as ActId[]
const asked = () => call.mock.calls.map(([, { body }]) => body.acts)
const keys = () => call.mock.calls.map(([, , { key }]) => key)
const fails = (code: FailureCode) => call.mockRejectedValueOnce(new calls.CallFailed(code, null, true))
const settled = () => new Promise((resolve) => setTimeout(resolve, 0))
async function pressZ(): Promise<void> {
  page.undoLast()
  await settled()
}

test('an undo that was lost is offered again, and the next press is that same one', async () => {
  page.tellDone('Closed', acts('close'))
  page.tellDone('Assigned', acts('assign'))
  fails('offline')
  await pressZ()
  expect([failures.length, told.at(-1)?.words]).toEqual([1, 'Assigned'])
  await pressZ()
  await pressZ()
  expect(asked()).toEqual([['assign'], ['assign'], ['close']])
})

test('to the server too it is the same one, so that an undo that did arrive is no failure', async () => {
  const all = many(MOST_AT_ONCE + 1)
  page.tellDone('Closed', all)
  call.mockResolvedValueOnce({})
  fails('offline')
  await pressZ()
  await pressZ()
  const [first, second, again] = keys()
  expect(first).not.toBe(second)
  expect(again).toBe(second)
})

test('one that the server failed at is another, for it keeps that answer too', async () => {
  page.tellDone('Closed', acts('close'))
  fails('broken')
  await pressZ()
  await pressZ()
  expect(new Set(keys()).size).toBe(2)
})

test('what was done while the undo was on its way is newer than it', async () => {
  page.tellDone('Closed', acts('close'))
  fails('offline')
  page.undoLast()
  page.tellDone('Assigned', acts('assign'))
  await settled()
  await pressZ()
  await pressZ()
  expect(asked()).toEqual([['close'], ['assign'], ['close']])
})

test('what cannot be undone any more is offered no more', async () => {
  page.tellDone('Closed', acts('close'))
  fails('cannot_undo')
  await pressZ()
  await pressZ()
  expect([asked(), told.at(-1)?.words]).toEqual([[['close']], 'undo.nothing'])
})

test('of many, only those that are not undone yet are asked for again', async () => {
  const all = many(MOST_AT_ONCE * 2 + 5)
  page.tellDone('Closed', all)
  call.mockResolvedValueOnce({})
  fails('offline')
  await pressZ()
  await pressZ()
  const [first, second, ...again] = asked()
  expect(first).toEqual(all.toReversed().slice(0, MOST_AT_ONCE))
  expect(again).toEqual([second, all.slice(0, 5).toReversed()])
})

test('a portion that holds no more keeps the others from nothing', async () => {
  const all = many(MOST_AT_ONCE + 5)
  page.tellDone('Closed', all)
  fails('cannot_undo')
  await pressZ()
  await pressZ()
  expect(asked().at(-1)).toEqual(all.slice(0, 5).toReversed())
})

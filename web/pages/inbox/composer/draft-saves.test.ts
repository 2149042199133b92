/** A draft on the server is the newest one, whatever the network does: what was sent does not come back. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { ConversationId } from '#contract/ids.ts'
import { saveAfterRest, saveNow } from './draft-saves.ts'

interface Asked {
  text: string
  keepalive: boolean
  answer: (status?: number) => void
  fail: () => void
  isLeft: boolean
}

let asked: Asked[]
let page: EventTarget
let number = 0
/** Each test writes in one of its own. */
let conversation: ConversationId

beforeEach(() => {
  vi.useFakeTimers()
  page = new EventTarget()
  vi.stubGlobal('window', page)
  asked = []
  conversation = `conversation ${++number}` as ConversationId
  vi.stubGlobal('fetch', (_: string, { body, keepalive, signal }: RequestInit) => {
    const { promise, resolve, reject } = Promise.withResolvers<Response>()
    const one: Asked = {
      text: (JSON.parse(body as string) as { text: string }).text,
      keepalive: keepalive ?? false,
      answer: (status = 200) => resolve(Response.json(status === 200 ? {} : { code: 'forbidden' }, { status })),
      fail: () => reject(new TypeError('no network')),
      isLeft: false,
    }
    signal?.addEventListener('abort', () => {
      one.isLeft = true
      reject(new DOMException('left', 'AbortError'))
    })
    asked.push(one)
    return promise
  })
})

afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

const rest = () => vi.advanceTimersByTimeAsync(1_000)
const texts = () => asked.map(({ text }) => text)
const write = (text: string) => saveAfterRest(conversation, { text, note: false })
const clear = () => saveNow(conversation, { text: '', note: false })

test('what is typed is saved once it rests', async () => {
  write('H')
  write('Ha')
  expect(texts()).toEqual([])
  await rest()
  expect(texts()).toEqual(['Ha'])
  asked[0]!.answer()
  await rest()
  expect(texts()).toEqual(['Ha'])
})

test('a draft that was sent is taken away behind the save that was on its way, and what lay between is not saved', async () => {
  write('Hello')
  await rest()
  write('Hello, Ann')
  await rest()
  clear()
  await rest()
  expect(texts()).toEqual(['Hello'])
  asked[0]!.answer()
  await vi.advanceTimersByTimeAsync(0)
  expect(texts()).toEqual(['Hello', ''])
  asked[1]!.answer()
  await rest()
  expect(texts()).toEqual(['Hello', ''])
})

test('words that are being written rest too while a save is on its way', async () => {
  write('One')
  await rest()
  write('One t')
  asked[0]!.answer()
  await vi.advanceTimersByTimeAsync(0)
  expect(texts()).toEqual(['One'])
  await rest()
  expect(texts()).toEqual(['One', 'One t'])
  asked[1]!.answer()
  await rest()
})

test('one that was lost is saved again, and one that was refused is not', async () => {
  clear()
  asked[0]!.fail()
  await vi.advanceTimersByTimeAsync(5_000)
  expect(texts()).toEqual(['', ''])
  asked[1]!.answer(403)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(texts()).toEqual(['', ''])
})

test('a page that goes sends its last words with what outlives it, and leaves the save before them', async () => {
  write('My last')
  await rest()
  write('My last words')
  page.dispatchEvent(new Event('pagehide'))
  expect(asked.map(({ text, keepalive, isLeft }) => [text, keepalive, isLeft])).toEqual([
    ['My last', false, true],
    ['My last words', true, false],
  ])
  asked[1]!.answer()
  await rest()
  expect(asked).toHaveLength(2)
})

test('words that are too many for that are sent without it', () => {
  write('x'.repeat(64 * 1024))
  page.dispatchEvent(new Event('pagehide'))
  expect(asked.map(({ keepalive }) => keepalive)).toEqual([false])
  asked[0]!.answer()
})

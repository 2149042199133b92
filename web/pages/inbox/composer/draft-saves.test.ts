/** A draft on the server is the newest one, whatever the network does: what was sent does not come back. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { ConversationId, MemberId } from '#contract/ids.ts'
import { keepFor } from '../../../app/tab-memory.ts'
import { questionOfLeaving } from '../../../app/unsent.ts'
import { noteRead } from './known-drafts.ts'
import { dropOwed, isAhead, joinOwed, keepAhead, owedDraft, saveAfterRest, saveNow } from './draft-saves.ts'

const { tellFailure } = vi.hoisted(() => ({ tellFailure: vi.fn<(error: unknown) => void>() }))
vi.mock('../../../app/words.ts', () => ({ wordsIn: () => (key: string) => key }))
vi.mock('../../../app/tell.ts', () => ({ tellFailure }))

interface Asked {
  text: string
  was: string[] | undefined
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
  tellFailure.mockReset()
  conversation = `conversation ${++number}` as ConversationId
  vi.stubGlobal('fetch', (_: string, { body, keepalive, signal }: RequestInit) => {
    const { promise, resolve, reject } = Promise.withResolvers<Response>()
    const one: Asked = {
      ...(JSON.parse(body as string) as { text: string; was: string[] | undefined }),
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
const mayGo = () => page.dispatchEvent(new Event('beforeunload', { cancelable: true }))
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

test('a text that was refused is told once, stays owed, and is saved again with the next word', async () => {
  write('Mine')
  await rest()
  asked[0]!.answer(403)
  await vi.advanceTimersByTimeAsync(60_000)
  expect([texts(), tellFailure.mock.calls.length, owedDraft(conversation)?.text]).toEqual([['Mine'], 1, 'Mine'])
  write('Mine too')
  await rest()
  asked[1]!.answer(403)
  await rest()
  expect(tellFailure).toHaveBeenCalledOnce()
  write('Mine to')
  await rest()
  asked[2]!.answer()
  await rest()
  expect(owedDraft(conversation)).toBeNull()
})

test('a page is not left without asking while a text could not be saved, and is while it merely rests', async () => {
  write('Mine')
  expect(mayGo()).toBe(true)
  await rest()
  asked[0]!.fail()
  await rest()
  expect(mayGo()).toBe(false)
  await vi.advanceTimersByTimeAsync(5_000)
  asked[1]!.answer()
  await rest()
  expect(mayGo()).toBe(true)
})

test('who signs out waits for what rests, behind the save that is on its way, and is asked nothing once all is saved', async () => {
  write('One')
  await rest()
  write('One two')
  const asking = questionOfLeaving()
  asked[0]!.answer()
  await vi.advanceTimersByTimeAsync(0)
  expect(texts()).toEqual(['One', 'One two'])
  asked[1]!.answer()
  expect([await asking, owedDraft(conversation)]).toEqual([null, null])
})

test('who signs out while one is saved waits for that one, and sends none again', async () => {
  write('One')
  await rest()
  const asking = questionOfLeaving()
  asked[0]!.answer()
  expect([await asking, texts()]).toEqual([null, ['One']])
})

test.each([
  ['is lost', () => asked[0]!.fail()],
  ['is not answered in time', () => vi.advanceTimersByTime(6_000)],
])('who signs out is asked about a text whose save %s, and no longer once it is saved', async (_, happens) => {
  write('One')
  const asking = questionOfLeaving()
  await vi.advanceTimersByTimeAsync(0)
  happens()
  expect(await asking).toBe('leave.drafts\nown.leaveAllTheSame')
  await vi.advanceTimersByTimeAsync(5_000)
  asked.at(-1)!.answer()
  await rest()
  expect(await questionOfLeaving()).toBeNull()
})

test('what was written before the server’s own is known is not saved over it, whatever happens', async () => {
  keepAhead(conversation, { text: 'Wait', note: false })
  await rest()
  saveNow(conversation)
  page.dispatchEvent(new Event('pagehide'))
  expect([texts(), isAhead(conversation), mayGo()]).toEqual([[], true, false])
  dropOwed(conversation)
  expect([owedDraft(conversation), mayGo()]).toEqual([null, true])
})

test('what was read of it before it was saved is old, and nobody is shown it again', async () => {
  const { client } = await import('../../../app/client.ts')
  const queryKey = ['/api/conversations/:id/draft', { params: { id: conversation } }]
  write('Newer')
  client.setQueryData(queryKey, { text: 'Older', note: false })
  await rest()
  write('Newest')
  asked[0]!.answer()
  await vi.advanceTimersByTimeAsync(0)
  expect(client.getQueryData(queryKey)).toEqual({ text: 'Older', note: false })
  await rest()
  asked[1]!.answer()
  await vi.advanceTimersByTimeAsync(0)
  expect(client.getQueryData(queryKey)).toEqual({ text: 'Newest', note: false })
})

test('once the server’s own is known the two are saved as one', async () => {
  keepAhead(conversation, { text: 'See you', note: false })
  const both = { text: 'Dear Ann\nSee you', note: false }
  expect(joinOwed(conversation, { text: 'Dear Ann', note: false })).toEqual(both)
  expect([isAhead(conversation), joinOwed(conversation, both)]).toEqual([false, null])
  await rest()
  expect(texts()).toEqual([both.text])
  asked[0]!.answer()
  await rest()
})

test('what was changed while the known one was asked for anew replaces that which was shown first', async () => {
  const [known, longer] = [
    { text: 'Short', note: false },
    { text: 'Short, and long', note: false },
  ]
  keepAhead(conversation, { text: 'Shor', note: false }, known)
  keepAhead(conversation, { text: 'Sho', note: false }, longer)
  expect(joinOwed(conversation, known)?.text).toBe('Sho')
  dropOwed(conversation)
})

test('what could not be saved is saved by the next page of this tab', async () => {
  const storage = new Map<string, string>()
  vi.stubGlobal('sessionStorage', {
    getItem: (key: string) => storage.get(key) ?? null,
    setItem: (key: string, value: string) => storage.set(key, value),
  })
  keepFor('ann' as MemberId)
  write('Offline')
  await rest()
  asked[0]!.fail()
  await rest()
  vi.resetModules()
  ;(await import('../../../app/tab-memory.ts')).keepFor('ann' as MemberId)
  const next = await import('./draft-saves.ts')
  expect(next.owedDraft(conversation)).toEqual({ text: 'Offline', note: false })
  next.saveOwed()
  expect(texts()).toEqual(['Offline', 'Offline'])
  asked[1]!.answer()
  await vi.advanceTimersByTimeAsync(0)
  expect([next.owedDraft(conversation), storage.get('parley.tab.ann.drafts')]).toEqual([null, '{}'])
})

test('what is taken away is named by all that the server may hold of it', async () => {
  noteRead(conversation, 'Read')
  write('Read, and')
  await rest()
  asked[0]!.fail()
  write('Read, and written')
  await rest()
  clear()
  asked[1]!.fail()
  await rest()
  expect(asked[2]).toMatchObject({ text: '', was: ['Read', 'Read, and', 'Read, and written'] })
  expect(asked.slice(0, 2).map(({ was }) => was)).toEqual([undefined, undefined])
  asked[2]!.answer()
  await rest()
})

test('what was saved before stays known, whatever is typed behind it and however often a save fails', async () => {
  write('Hello wor')
  await rest()
  asked[0]!.answer()
  await rest()
  for (const text of ['Hello worl', 'Hello world', 'Hello world!']) write(text)
  clear()
  expect(asked[1]).toMatchObject({ text: '', was: ['Hello wor'] })
  asked[1]!.answer()
  await rest()

  write('A')
  await rest()
  asked[2]!.answer()
  for (const text of ['B', 'C', 'D', 'E', 'F', 'G']) {
    write(text)
    await rest()
    asked.at(-1)!.fail()
    await vi.advanceTimersByTimeAsync(0)
  }
  clear()
  expect(asked.at(-1)).toMatchObject({ text: '', was: ['A', 'B', 'E', 'F', 'G'] })
  asked.at(-1)!.answer()
  await rest()
})

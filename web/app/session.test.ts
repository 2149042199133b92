/** The end of a session: asked before, where something would be lost with it, and once. */
import { beforeEach, expect, test, vi } from 'vitest'
import type { MeView } from './session.ts'

const deps = vi.hoisted(() => ({ call: vi.fn<() => Promise<unknown>>(), clear: vi.fn<() => void>() }))
vi.mock('./call.ts', async (given) => ({ ...(await given<object>()), call: deps.call }))
vi.mock('./client.ts', () => ({ client: { clear: deps.clear } }))
vi.mock('./words.ts', () => ({ wordsIn: () => () => 'All the same?' }))
vi.mock('./feed.ts', () => ({ closeFeed: () => {} }))

let went: string[]
let confirm: ReturnType<typeof vi.fn<(words: string) => boolean>>
let page: EventTarget

beforeEach(() => {
  vi.resetModules()
  went = []
  confirm = vi.fn<(words: string) => boolean>(() => false)
  page = Object.assign(new EventTarget(), { confirm })
  vi.stubGlobal('window', page)
  vi.stubGlobal('location', { pathname: '/inbox', search: '?view=all', assign: (to: string) => void went.push(to) })
  deps.call.mockReset().mockResolvedValue({})
  deps.clear.mockReset()
  return () => vi.unstubAllGlobals()
})

async function aPage() {
  const { leave, signedOutElsewhere, sitsHere } = await import('./session.ts')
  const { onForgotten } = await import('./tab-memory.ts')
  const { noteOwed, noteUnsent } = await import('./unsent.ts')
  const hold = () => noteUnsent('files', () => 'The files go.')
  onForgotten(() => noteUnsent('files', null))
  return { leave, signedOutElsewhere, sitsHere, hold, noteOwed, noteUnsent }
}
const mayGo = () => page.dispatchEvent(new Event('beforeunload', { cancelable: true }))
const aMember = (id: string) => ({ member: { id } }) as MeView

test('what would be lost is asked about before the session is ended, and no is no', async () => {
  const { leave, hold } = await aPage()
  hold()
  await leave()
  expect(confirm.mock.calls).toEqual([['The files go.\nAll the same?']])
  expect([deps.call.mock.calls.length, went, mayGo()]).toEqual([0, [], false])
  confirm.mockReturnValue(true)
  await leave()
  expect([deps.call.mock.calls.length, went, mayGo()]).toEqual([1, ['/sign-in'], true])
})

test('all that would be lost is asked about at once', async () => {
  const { leave, hold, noteUnsent } = await aPage()
  noteUnsent('heads', () => 'The subject goes.')
  hold()
  await leave()
  expect(confirm.mock.calls).toEqual([['The subject goes.\nThe files go.\nAll the same?']])
})

test('what can be sent still is, before it is asked and before the session is ended', async () => {
  const { leave, noteOwed } = await aPage()
  const sent = Promise.withResolvers<void>()
  let left: string | null = 'The text goes.'
  noteOwed('drafts', { send: () => sent.promise, left: () => left })
  const leaving = [leave(), leave()]
  await Promise.resolve()
  expect([confirm.mock.calls.length, deps.call.mock.calls.length]).toEqual([0, 0])
  left = null
  sent.resolve()
  await Promise.all(leaving)
  expect([confirm.mock.calls.length, deps.call.mock.calls.length, went]).toEqual([0, 1, ['/sign-in']])
})

test('what takes too long to be sent, or cannot be, is asked about, once by its name', async () => {
  vi.useFakeTimers()
  const { leave, noteOwed, noteUnsent } = await aPage()
  noteUnsent('drafts', () => 'The text goes.')
  noteOwed('drafts', { send: () => new Promise(() => {}), left: () => 'The text goes.' })
  noteOwed('outbox', { send: () => Promise.reject(new Error('no')), left: () => 'A message waits.' })
  const leaving = leave()
  await vi.advanceTimersByTimeAsync(6_000)
  vi.useRealTimers()
  await leaving
  expect([confirm.mock.calls, deps.call.mock.calls.length]).toEqual([
    [['The text goes.\nA message waits.\nAll the same?']],
    0,
  ])
})

test('a session that ends elsewhere while something is sent still is over, and asks nothing', async () => {
  const { leave, signedOutElsewhere, noteOwed } = await aPage()
  const sent = Promise.withResolvers<void>()
  noteOwed('drafts', { send: () => sent.promise, left: () => 'The text goes.' })
  const leaving = leave()
  signedOutElsewhere()
  sent.resolve()
  await leaving
  expect([confirm.mock.calls.length, deps.call.mock.calls.length, went.length]).toEqual([0, 0, 1])
})

test('who signs out is not told that his session ended elsewhere, and one that could not be ended goes on', async () => {
  const { leave, signedOutElsewhere } = await aPage()
  deps.call.mockRejectedValueOnce(new Error('no network'))
  await expect(leave()).rejects.toThrow('no network')
  deps.call.mockImplementationOnce(async () => signedOutElsewhere())
  await leave()
  expect([went, deps.clear.mock.calls.length, confirm.mock.calls.length]).toEqual([['/sign-in'], 1, 0])
})

test('a session that ended elsewhere ends here once, and asks nothing', async () => {
  const { signedOutElsewhere, hold } = await aPage()
  hold()
  signedOutElsewhere()
  signedOutElsewhere()
  expect(went).toEqual(['/sign-in?why=signed_out&next=%2Finbox%3Fview%3Dall'])
  expect([deps.clear.mock.calls.length, mayGo()]).toEqual([1, true])
})

test('a page of one member begins anew for another', async () => {
  const { sitsHere, hold } = await aPage()
  expect(sitsHere(aMember('ann'))).toBe(true)
  hold()
  expect([sitsHere(aMember('bob')), sitsHere(aMember('bob'))]).toEqual([false, false])
  expect([went, mayGo()]).toEqual([['/inbox?view=all'], true])
})

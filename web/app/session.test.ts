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
  const { noteUnsent } = await import('./unsent.ts')
  const hold = () => noteUnsent('files', () => 'The files go.')
  onForgotten(() => noteUnsent('files', null))
  return { leave, signedOutElsewhere, sitsHere, hold, noteUnsent }
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

/** A subject and copies are kept in this tab only: whoever would lose them is asked. */
import { beforeEach, expect, test, vi } from 'vitest'
import type { ConversationId, MemberId } from '#contract/ids.ts'

vi.mock('../../../app/words.ts', () => ({ wordsIn: () => (key: string) => key }))

const ANN = 'ann' as ConversationId
let page: EventTarget

beforeEach(() => {
  const storage = new Map<string, string>()
  vi.stubGlobal('sessionStorage', {
    getItem: (key: string) => storage.get(key) ?? null,
    setItem: (key: string, value: string) => storage.set(key, value),
  })
  return () => vi.unstubAllGlobals()
})

async function aPage() {
  vi.resetModules()
  page = new EventTarget()
  vi.stubGlobal('window', page)
  const { keepFor, leavePage } = await import('../../../app/tab-memory.ts')
  const { questionOfLeaving } = await import('../../../app/unsent.ts')
  keepFor('olga' as MemberId)
  return { ...(await import('./heads.ts')), leavePage, questionOfLeaving }
}
const mayGo = () => page.dispatchEvent(new Event('beforeunload', { cancelable: true }))

test('a page that holds a subject or copies is not left without asking, nor signed out of, also after a reload', async () => {
  const first = await aPage()
  expect([mayGo(), await first.questionOfLeaving()]).toEqual([true, null])
  first.setHead(ANN, { subject: 'Kettles', cc: '' })
  expect([mayGo(), await first.questionOfLeaving()]).toEqual([false, 'leave.head\nown.leaveAllTheSame'])
  const next = await aPage()
  expect([mayGo(), next.headOf(ANN).subject]).toEqual([false, 'Kettles'])
  next.setHead(ANN, next.NO_HEAD)
  expect([mayGo(), await next.questionOfLeaving()]).toEqual([true, null])
})

test('a page that is over asks nothing', async () => {
  const { setHead, leavePage } = await aPage()
  setHead(ANN, { subject: '', cc: 'bob@people.test' })
  leavePage()
  expect(mayGo()).toBe(true)
})

/** What the feed tells of rows goes into the lists: the server is asked for what a frame does not say, and not once for each row. */
import { beforeEach, expect, test, vi } from 'vitest'
import type { ConversationRow } from '#contract/calls/conversations.ts'
import { listActs } from '#contract/calls/contacts.ts'
import type { FeedEvent } from '#contract/feed/event.ts'
import { aContact, aDelivery, aMessage, aRow } from './testing.ts'

const { call, feed } = vi.hoisted(() => ({
  feed: { tell: (_: FeedEvent[]): void => {} },
  call: vi.fn<(endpoint: { path: string }, given: { params: { id: string } }) => Promise<unknown>>(),
}))
vi.mock('../../app/call.ts', async (given) => ({ ...(await given<object>()), call }))
vi.mock('../../app/feed.ts', async (given) => ({
  ...(await given<object>()),
  onEvents: (apply: typeof feed.tell) => void (feed.tell = apply),
}))

const LIST_KEY = ['inbox.list', { view: 'all' }]
let inbox: typeof import('./apply-events.ts')
let client: typeof import('../../app/client.ts').client

beforeEach(async () => {
  vi.resetModules()
  vi.useFakeTimers()
  vi.stubGlobal('window', new EventTarget())
  call.mockReset().mockImplementation(async (_, { params }) => aRow(params.id, { inCount: 3, readCount: 1 }))
  inbox = await import('./apply-events.ts')
  client = (await import('../../app/client.ts')).client
  client.setQueryData(['/api/me', {}], { member: { id: 'olga' } })
  client.setQueryData(LIST_KEY, { pages: [{ items: [], next: null }], pageParams: [null] })
  return () => {
    vi.useRealTimers()
    vi.unstubAllGlobals()
  }
})

const comeIn = (...ids: string[]) => {
  for (const id of ids) inbox.keepConversation(aRow(id, { inCount: 3, readCount: null }))
}
const rows = () => client.getQueryData<{ pages: { items: ConversationRow[] }[] }>(LIST_KEY)!.pages[0]!.items
const marks = () => rows().map(({ readCount }) => readCount)
const isOld = () => client.getQueryState(LIST_KEY)!.isInvalidated
const later = () => vi.advanceTimersByTimeAsync(1_000)

test('of a few rows that come into a list each is asked for, once', async () => {
  comeIn('1', '2', '3', '1')
  await later()
  expect(call.mock.calls.map(([, { params }]) => params.id)).toEqual(['1', '2', '3'])
  expect([marks(), isOld()]).toEqual([[1, 1, 1], false])
})

test('of many the list is asked for, and no row', async () => {
  comeIn(...Array.from({ length: 30 }, (_, index) => String(index)))
  await later()
  expect([call.mock.calls.length, rows().length, isOld()]).toEqual([0, 30, true])
})

const OPENED = ['/api/conversations/:id', { params: { id: '1' } }]

test('what was opened here, and read whole, is known, and not asked for', async () => {
  client.setQueryData(OPENED, aRow('1', { inCount: 3, readCount: 3 }))
  comeIn('1')
  await later()
  expect([call.mock.calls.length, marks()]).toEqual([0, [3]])
})

test('what was opened here before something came in may have been read elsewhere: it is asked for', async () => {
  client.setQueryData(OPENED, aRow('1', { inCount: 2, readCount: 2 }))
  call.mockResolvedValue(aRow('1', { inCount: 3, readCount: 3 }))
  comeIn('1')
  // It is open, perhaps: what is unread in it is read now.
  expect([marks(), client.getQueryData(OPENED)]).toMatchObject([[null], { inCount: 3, readCount: 2 }])
  await later()
  expect(marks()).toEqual([3])
})

test('what is in the list no more is not asked for', async () => {
  comeIn('1')
  inbox.keepConversation(aRow('1', { status: 'closed', readCount: null }))
  await later()
  expect([call.mock.calls.length, rows()]).toEqual([0, []])
})

test('what one takes back is no failure in the list, and what failed is one until it is settled', () => {
  const row = aRow('1')
  comeIn('1')
  inbox.keepConversation({ ...row, last: { ...row.last!, direction: 'out', state: 'queued' } })
  const told = (delivery: Parameters<typeof aDelivery>[0]) => {
    const message = aMessage(row.last!.message, { direction: 'out', deliveries: [aDelivery(delivery)] })
    feed.tell([{ kind: 'message.changed', message }])
    return rows()[0]!.last!.state
  }
  expect(told({ state: 'sending' })).toBe('sending')
  expect(told({ state: 'failed', reason: 'cancelled', settled: true })).toBeNull()
  expect(told({ state: 'failed', reason: 'gone' })).toBe('failed')
  expect(told({ state: 'unconfirmed', settled: true })).toBeNull()
  expect(told({ state: 'read', settled: true })).toBe('read')
})

test('what was undone in another window is not offered in this one: of a contact that changed the acts are asked anew', () => {
  const [ann, bob] = (['ann', 'bob'] as never[]).map((id) => [listActs.path, { params: { id } }])
  for (const key of [ann!, bob!]) client.setQueryData(key, { items: [] })
  feed.tell([{ kind: 'contact.changed', contact: aContact({ id: 'ann' as never }) }])
  expect([ann!, bob!].map((key) => client.getQueryState(key)!.isInvalidated)).toEqual([true, false])
})

test('how far one has read who answered elsewhere the server says; what a colleague answered is not read', async () => {
  call.mockImplementation(async (_, { params }) => aRow(params.id, { inCount: 3, readCount: 3 }))
  for (const id of ['own', 'other']) inbox.keepConversation(aRow(id, { inCount: 3, readCount: 1 }))
  const answered = (conversation: string, member: string) =>
    aMessage('answer', {
      conversation: conversation as never,
      direction: 'out',
      author: { ...aMessage('x').author, identity: null, member: member as never },
    })
  feed.tell([
    { kind: 'message.added', message: answered('own', 'olga') },
    { kind: 'message.added', message: answered('other', 'boris') },
  ])
  await later()
  expect(Object.fromEntries(rows().map(({ id, readCount }) => [id, readCount]))).toEqual({ own: 3, other: 1 })
})

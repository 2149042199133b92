/** Two tabs of one browser show one refused message: it leaves once, or goes back into one text box. */
import { beforeEach, expect, test, vi } from 'vitest'
import type { ClientId, ConversationId, MemberId } from '#contract/ids.ts'
import type { Pending } from './outbox.ts'
import type { Shelf } from './outbox-shelf.ts'

const { rows, call } = vi.hoisted(() => ({
  rows: new Map<string, unknown>(),
  call: vi.fn<(endpoint: unknown, given: { body: { clientId: string } }) => Promise<unknown>>(),
}))
vi.mock('../../../app/call.ts', async (given) => ({ ...(await given<object>()), call }))
vi.mock('../thread/use-thread.ts', () => ({ keepSent: () => {} }))
vi.mock('../../../app/words.ts', () => ({
  wordsIn: () => (key: string, values?: { count: number }) => (values ? `${key} ${values.count}` : key),
}))
vi.mock('./outbox-shelf.ts', () => {
  const kept = rows as Map<string, Pending>
  const where = (id: ClientId, from: readonly Pending['state'][] | undefined, then: () => void) => {
    const found = kept.get(id)
    const stands = found !== undefined && (from?.includes(found.state) ?? true)
    if (stands) then()
    return Promise.resolve(stands)
  }
  const shelf: Shelf = {
    put: async (pending) => void kept.set(pending.clientId, pending),
    get: async (id) => kept.get(id) ?? null,
    replace: (pending, from) => where(pending.clientId, from, () => kept.set(pending.clientId, pending)),
    remove: (id, from) => where(id, from, () => kept.delete(id)),
    all: async () => [...kept.values()],
  }
  return { openShelf: async () => shelf }
})

const ID = 'one' as ClientId
const MEMBER = 'olga' as MemberId
const REFUSED = { clientId: ID, member: MEMBER, conversation: 'ann', parts: [], note: false, state: 'refused' }
let channels: Channel[]

/** As between tabs: heard by all but the one that spoke. */
class Channel extends EventTarget {
  constructor() {
    super()
    channels.push(this)
  }
  close(): void {}
  postMessage(data: unknown): void {
    if (isDeaf) return
    for (const each of channels) if (each !== this) each.dispatchEvent(new MessageEvent('message', { data }))
  }
}
/** Whatever is said is not heard in time. */
let isDeaf: boolean

beforeEach(() => {
  channels = []
  isDeaf = false
  rows.clear()
  rows.set(ID, REFUSED)
  call.mockReset().mockResolvedValue({})
  vi.stubGlobal('window', new EventTarget())
  vi.stubGlobal('BroadcastChannel', Channel)
  return () => vi.unstubAllGlobals()
})

async function aTab() {
  vi.resetModules()
  const tab = await import('./outbox.ts')
  await tab.openOutbox(MEMBER)
  return tab
}
const settled = () => new Promise((resolve) => setTimeout(resolve, 20))

test('what one tab took back is in the other no more, and is not sent by it', async () => {
  const [first, second] = [await aTab(), await aTab()]
  isDeaf = true
  expect(await first.takeBack(ID)).toMatchObject({ clientId: ID })
  await second.tryAgain(ID)
  await settled()
  expect([call.mock.calls.length, await second.takeBack(ID), rows.size]).toEqual([0, null, 0])
})

test('what one tab sends again is not taken back in the other', async () => {
  const [first, second] = [await aTab(), await aTab()]
  const sent = Promise.withResolvers<unknown>()
  call.mockReturnValue(sent.promise)
  isDeaf = true
  await first.tryAgain(ID)
  await settled()
  expect(await second.takeBack(ID)).toBeNull()
  sent.resolve({})
  await settled()
  expect([call.mock.calls.length, rows.size]).toEqual([1, 0])
})

test('each tab tells the others what becomes of a row', async () => {
  const [first, second] = [await aTab(), await aTab()]
  expect(second.refusedNow()).toHaveLength(1)
  await first.takeBack(ID)
  expect([first.refusedNow(), second.refusedNow()]).toEqual([[], []])
})

test('what waits is its writer’s: a page that is another’s by now sends none of it, and keeps it', async () => {
  rows.set(ID, { ...REFUSED, state: 'waiting' })
  rows.set('two', { ...REFUSED, clientId: 'two', state: 'waiting' })
  const first = Promise.withResolvers<unknown>()
  call.mockReturnValueOnce(first.promise)
  await aTab()
  await settled()
  const { leavePage } = await import('../../../app/tab-memory.ts')
  const { CallFailed } = await import('../../../app/call.ts')
  leavePage()
  first.reject(new CallFailed('another_member', null))
  await settled()
  window.dispatchEvent(new Event('online'))
  await settled()
  expect([call.mock.calls.length, [...rows.keys()]]).toEqual([1, [ID, 'two']])
})

test('one that is refused because another member sits here waits for its writer', async () => {
  rows.clear()
  const tab = await aTab()
  const { CallFailed } = await import('../../../app/call.ts')
  call.mockRejectedValue(new CallFailed('another_member', null))
  await tab.postNow({ member: MEMBER, conversation: 'ann' as never, parts: [], note: false })
  await settled()
  expect([tab.refusedNow(), [...rows.values()]]).toMatchObject([[], [{ state: 'waiting' }]])
})

test('what the browser would not keep comes back all the same', async () => {
  const tab = await aTab()
  const { CallFailed } = await import('../../../app/call.ts')
  call.mockRejectedValue(new CallFailed('forbidden', null))
  vi.spyOn(rows, 'set').mockImplementationOnce(() => {
    throw new Error('no room')
  })
  await tab.postNow({ member: MEMBER, conversation: 'ann' as never, parts: [], note: false })
  await settled()
  const [mine] = tab.refusedNow().filter(({ clientId }) => clientId !== ID)
  expect(await tab.takeBack(mine!.clientId)).toBeTruthy()
})

const WRITTEN = { member: MEMBER, conversation: 'ann' as never, parts: [], note: false }
async function aQuestion() {
  const { questionOfLeaving } = await import('../../../app/unsent.ts')
  return (await questionOfLeaving())?.split('\n')
}

test('who signs out is asked about what has not left, and not about what was refused', async () => {
  const tab = await aTab()
  const { CallFailed } = await import('../../../app/call.ts')
  expect(await aQuestion()).toBeUndefined()
  call.mockRejectedValue(new CallFailed('offline', null))
  await tab.postNow(WRITTEN)
  await tab.postNow(WRITTEN)
  expect(await aQuestion()).toEqual(['leave.outbox 2', 'own.leaveAllTheSame'])
})

test('what waits is tried once more before its writer signs out, and what is on its way is waited for', async () => {
  const tab = await aTab()
  const { CallFailed } = await import('../../../app/call.ts')
  call.mockRejectedValueOnce(new CallFailed('offline', null))
  await tab.postNow(WRITTEN)
  await settled()
  const sent = Promise.withResolvers<unknown>()
  call.mockReturnValueOnce(sent.promise)
  const asking = aQuestion()
  await settled()
  sent.resolve({})
  expect([await asking, call.mock.calls.length]).toEqual([undefined, 2])
})

test('what the browser would not keep is told to be lost', async () => {
  const tab = await aTab()
  const { CallFailed } = await import('../../../app/call.ts')
  call.mockRejectedValue(new CallFailed('offline', null))
  vi.spyOn(rows, 'set').mockImplementationOnce(() => {
    throw new Error('no room')
  })
  await tab.postNow(WRITTEN)
  expect(await aQuestion()).toContain('leave.outboxLost 1')
})

test('where a conversation was joined to another, what was refused in it stands there, in each tab and over a reload', async () => {
  const [ann, into] = ['ann' as ConversationId, 'kept' as ConversationId]
  const [first, second] = [await aTab(), await aTab()]
  await first.moveUnsent(ann, into)
  const where = ({ refusedNow }: typeof first) => refusedNow().map(({ conversation }) => conversation)
  expect([where(first), where(second), where(await aTab())]).toEqual([[into], [into], [into]])
  await first.tryAgain(ID)
  await settled()
  expect(call.mock.calls).toMatchObject([[{}, { params: { id: into } }]])
})

test('what another tab sends again meanwhile is not called refused by a join', async () => {
  const [first, second] = [await aTab(), await aTab()]
  call.mockReturnValue(Promise.withResolvers<unknown>().promise)
  isDeaf = true
  await first.tryAgain(ID)
  await settled()
  await second.moveUnsent('ann' as ConversationId, 'kept' as ConversationId)
  expect([second.refusedNow(), rows.get(ID)]).toMatchObject([[], { state: 'saving' }])
})

/** Files wait with their conversation, and what goes with them goes: the picture's address, and the upload that nobody will send. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { ConversationId, MemberId } from '#contract/ids.ts'
import { keepFor, leavePage } from '../../../app/tab-memory.ts'
import { attach, attachedTo, attachUploaded, detach, firstUploadOf, hasTooOld, TOO_OLD } from './attached.ts'

class Request extends EventTarget {
  upload = new EventTarget()
  status = 0
  responseText = ''
  isAborted = false
  constructor() {
    super()
    requests.push(this)
  }
  open(): void {}
  setRequestHeader(): void {}
  send(): void {}
  abort(): void {
    this.isAborted = true
    this.dispatchEvent(new Event('abort'))
  }
  answers(): void {
    Object.assign(this, { status: 201, responseText: '{"id":"a file","type":"image/png"}' })
    this.dispatchEvent(new Event('load'))
  }
}

const [ANN, BOB] = ['ann' as ConversationId, 'bob' as ConversationId]
let requests: Request[]
let addresses: Set<string>

beforeEach(() => {
  requests = []
  addresses = new Set()
  vi.stubGlobal('XMLHttpRequest', Request)
  vi.stubGlobal('window', new EventTarget())
  vi.spyOn(URL, 'createObjectURL').mockImplementation(() => {
    const address = `blob:${addresses.size}`
    addresses.add(address)
    return address
  })
  vi.spyOn(URL, 'revokeObjectURL').mockImplementation((address) => void addresses.delete(address))
})

afterEach(() => {
  for (const conversation of [ANN, BOB])
    detach(
      conversation,
      attachedTo(conversation).map(({ key }) => key),
    )
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

const aPicture = (name: string) => new File(['bytes'], name, { type: 'image/png' })
const told = () => new Promise((resolve) => setTimeout(resolve, 0))

test('each conversation keeps its own, and an upload ends in the one where it was begun', async () => {
  attach(ANN, [aPicture('a.png')])
  attach(BOB, [aPicture('b.png')])
  requests[0]!.answers()
  await told()
  expect(attachedTo(ANN)).toMatchObject([{ name: 'a.png', file: { id: 'a file' }, progress: 1 }])
  expect(attachedTo(BOB)).toMatchObject([{ name: 'b.png', file: null, error: null }])
  expect(requests.map(({ isAborted }) => isAborted)).toEqual([false, false])
})

test('what is taken off is uploaded no further, and its picture’s address is given back; the rest stays', async () => {
  attach(ANN, [aPicture('a.png'), aPicture('b.png')])
  const [first, second] = attachedTo(ANN)
  detach(ANN, [first!.key])
  await told()
  expect(requests.map(({ isAborted }) => isAborted)).toEqual([true, false])
  expect([...addresses]).toEqual([second!.picture])
  expect(attachedTo(ANN)).toEqual([second])
  requests[1]!.answers()
  await told()
  detach(ANN, [second!.key])
  expect([attachedTo(ANN), addresses.size, requests[1]!.isAborted]).toEqual([[], 0, false])
})

const HOUR_MS = 3_600_000
const aFile = (id: string) => ({ id, name: id, type: 'image/png', bytes: 5 }) as never
const mayGo = (page: EventTarget = window) => page.dispatchEvent(new Event('beforeunload', { cancelable: true }))

function aTab() {
  const storage = new Map<string, string>()
  vi.stubGlobal('sessionStorage', {
    getItem: (key: string) => storage.get(key) ?? null,
    setItem: (key: string, value: string) => storage.set(key, value),
  })
}

async function nextPage(member: string) {
  vi.resetModules()
  vi.stubGlobal('window', new EventTarget())
  ;(await import('../../../app/tab-memory.ts')).keepFor(member as MemberId)
  return import('./attached.ts')
}

test('what is uploaded is still there after a reload of the tab, and asked about; what was on its way is not', async () => {
  aTab()
  keepFor('olga' as MemberId)
  attach(ANN, [aPicture('a.png'), aPicture('b.png')])
  requests[0]!.answers()
  await told()
  const next = await nextPage('olga')
  expect(next.attachedTo(ANN)).toMatchObject([{ key: 'a file', name: 'a.png', file: { id: 'a file' }, progress: 1 }])
  expect(mayGo()).toBe(false)
  // What is restored, and comes back with a message too, stands there once.
  next.attachUploaded(
    ANN,
    next.attachedTo(ANN).map(({ file }) => file!),
    null,
  )
  expect(next.attachedTo(ANN)).toHaveLength(1)
  next.detach(ANN, ['a file'])
  expect(mayGo()).toBe(true)
})

test('files are their member’s: the next one in this tab has none', async () => {
  aTab()
  keepFor('olga' as MemberId)
  attachUploaded(ANN, [aFile('hers')], null)
  const next = await nextPage('ivan')
  expect([next.attachedTo(ANN), mayGo()]).toEqual([[], true])
})

test('how old a file is counts from its own upload, in a tab that stands open too', async () => {
  aTab()
  keepFor('olga' as MemberId)
  attachUploaded(ANN, [aFile('old')], Date.now() - 19 * HOUR_MS)
  attachUploaded(ANN, [aFile('named by a message')], null)
  expect(hasTooOld(ANN)).toBe(false)
  expect(firstUploadOf(attachedTo(ANN))).toBe(attachedTo(ANN)[0]!.at)
  expect(firstUploadOf(attachedTo(ANN).slice(1))).toBeNull()
  vi.useFakeTimers({ now: Date.now() + 2 * HOUR_MS, toFake: ['Date'] })
  // Another file is no fresh start for the first.
  attachUploaded(BOB, [aFile('new')], Date.now())
  const next = await nextPage('olga')
  const errors = [TOO_OLD, null]
  expect(next.attachedTo(ANN).map(({ error }) => error)).toEqual(errors)
  expect(hasTooOld(ANN)).toBe(true)
  expect(attachedTo(ANN).map(({ error }) => error)).toEqual(errors)
  expect(hasTooOld(BOB)).toBe(false)
  vi.useRealTimers()
})

test('a page that holds files, attached or brought back, is not left without asking, until it is over', async () => {
  attach(ANN, [aPicture('a.png')])
  expect(mayGo()).toBe(false)
  detach(
    ANN,
    attachedTo(ANN).map(({ key }) => key),
  )
  expect(mayGo()).toBe(true)
  attachUploaded(BOB, [aFile('back')], null)
  attach(ANN, [aPicture('a.png')])
  expect(mayGo()).toBe(false)
  leavePage()
  expect([mayGo(), attachedTo(ANN), attachedTo(BOB), requests.at(-1)!.isAborted, addresses.size]).toEqual([
    true,
    [],
    [],
    true,
    0,
  ])
})

/** Files wait with their conversation, and what goes with them goes: the picture's address, and the upload that nobody will send. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { ConversationId } from '#contract/ids.ts'
import { attach, attachedTo, detach } from './attached.ts'

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

test('what is uploaded is still there after a reload of the tab; what was on its way is not', async () => {
  const storage = new Map<string, string>()
  vi.stubGlobal('sessionStorage', {
    getItem: (key: string) => storage.get(key) ?? null,
    setItem: (key: string, value: string) => storage.set(key, value),
  })
  attach(ANN, [aPicture('a.png'), aPicture('b.png')])
  requests[0]!.answers()
  await told()
  vi.resetModules()
  const next = await import('./attached.ts')
  expect(next.attachedTo(ANN)).toMatchObject([{ key: 'a file', name: 'a.png', file: { id: 'a file' }, progress: 1 }])
  // What is restored, and comes back with a message too, stands there once.
  next.attachUploaded(
    ANN,
    next.attachedTo(ANN).map(({ file }) => file!),
  )
  expect(next.attachedTo(ANN)).toHaveLength(1)
})

test('a page that holds files is not left without asking', async () => {
  const leave = () => window.dispatchEvent(new Event('beforeunload', { cancelable: true }))
  attach(ANN, [aPicture('a.png')])
  expect(leave()).toBe(false)
  detach(
    ANN,
    attachedTo(ANN).map(({ key }) => key),
  )
  expect(leave()).toBe(true)
})

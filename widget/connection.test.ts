/** The wire against servers that say no: what nobody refused by its name is said again, and nobody is asked without a rest. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { VisitorFrame } from '#contract/visitor.ts'
import type { ServerFrame } from '#contract/visitor-talk.ts'
import { connection, type ActFrame, type Connection } from './connection.ts'
import type { Memory } from './memory.ts'

const WELCOME: ServerFrame = { t: 'welcome', token: 'a token', chats: ['v:ann'], now: '2026-01-01T00:00:00Z' }
const LONG_MS = 60_000

class Socket {
  static OPEN = 1
  static all: Socket[] = []
  /** A network that blocks them closes each at once. */
  static areBlocked = false
  readyState = 1
  said: VisitorFrame[] = []
  onopen = () => {}
  onmessage = (_: { data: string }) => {}
  onclose: (() => void) | null = null
  constructor() {
    Socket.all.push(this)
    queueMicrotask(() => (Socket.areBlocked ? this.onclose?.() : this.onopen()))
  }
  static get last(): Socket {
    return Socket.all.at(-1)!
  }
  send(frame: string): void {
    this.said.push(JSON.parse(frame) as VisitorFrame)
  }
  hears(frame: ServerFrame): void {
    this.onmessage({ data: JSON.stringify(frame) })
  }
  close(): void {}
  get acts(): string[] {
    return this.said.flatMap((frame) => ('id' in frame ? frame.id : []))
  }
}

let wire: Connection
let refused: string[]

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('addEventListener', () => {})
  vi.stubGlobal('document', Object.assign(new EventTarget(), { hidden: false }))
  vi.stubGlobal('WebSocket', Socket)
  Socket.all = []
  Socket.areBlocked = false
  refused = []
  const kept = new Map<string, ActFrame>()
  let token: string | null = null
  const memory = {
    token: () => token,
    setToken: (given: string | null) => (token = given),
    unsent: () => [...kept.values()],
    keep: (frame: ActFrame) => kept.set(frame.id, frame),
    drop: (id: string) => kept.delete(id),
  } as unknown as Memory
  wire = connection('https://parley.example/hooks/1', memory, 'en', {
    entry: () => {},
    typing: () => {},
    state: () => {},
    session: () => {},
    acknowledged: () => {},
    refused: (id) => refused.push(id),
  })
})

afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

const say = (text: string) => wire.act({ t: 'send', parts: [{ kind: 'text', text, entities: [] }] })
const unsent = () => wire.unsent().map(({ id }) => id)

test('an act that is refused by its name goes, and no other', async () => {
  wire.wake()
  await vi.advanceTimersByTimeAsync(0)
  Socket.last.hears(WELCOME)
  const [first, second] = [say('one'), say('two')]
  Socket.last.hears({ t: 'refused', status: 404, id: second })
  expect([unsent(), refused]).toEqual([[first], [second]])
  expect(Socket.all).toHaveLength(1)
})

test('a refusal without a name drops nothing: the wire is left, and all is said again once it is taken', async () => {
  wire.wake()
  await vi.advanceTimersByTimeAsync(0)
  Socket.last.hears(WELCOME)
  const both = [say('one'), say('two')]
  // The channel was removed; what comes of it is not for any one act.
  Socket.last.hears({ t: 'refused', status: 404 })
  Socket.last.hears({ t: 'refused', status: 404 })
  expect([unsent(), refused]).toEqual([both, []])
  await vi.advanceTimersByTimeAsync(1_000)
  expect(Socket.all).toHaveLength(2)
  Socket.last.hears({ t: 'refused', status: 404 })
  await vi.advanceTimersByTimeAsync(2_000)
  expect(Socket.all).toHaveLength(3)
  Socket.last.hears(WELCOME)
  expect(Socket.last.acts).toEqual(both)
})

test.each([401, 404])(
  'a poll that is refused with %i is a lost wire: asked again ever more slowly, nothing dropped',
  async (status) => {
    Socket.areBlocked = true
    const asked: string[] = []
    vi.stubGlobal('fetch', async (address: string, { body }: RequestInit) => {
      const frame = JSON.parse(body as string) as { t?: string }
      asked.push(frame.t ?? address.slice(-5))
      // So that a loop without a rest comes to an end.
      if (asked.length > 1_000) throw new Error('asked too often')
      if (frame.t === 'hello') return Response.json(WELCOME)
      return frame.t ? new Response() : Response.json({ code: 'not_found' }, { status })
    })
    const id = say('into the void')
    await vi.advanceTimersByTimeAsync(LONG_MS)
    expect(asked).toContain('/poll')
    expect(asked.length).toBeLessThan(30)
    expect([unsent(), refused]).toEqual([[id], []])
  },
)

test('over plain requests too an act that is refused by its name goes, and what is refused without one stays', async () => {
  Socket.areBlocked = true
  let isThere = true
  let bad = ''
  vi.stubGlobal('fetch', async (address: string, { body, signal }: RequestInit) => {
    const frame = JSON.parse(body as string) as { t?: string; id?: string }
    if (frame.t === 'hello') return Response.json(WELCOME)
    if (address.endsWith('/poll'))
      return new Promise((_, reject) => signal!.addEventListener('abort', () => reject(new Error('left'))))
    if (!isThere) return Response.json({ code: 'not_found' }, { status: 404 })
    if (frame.id === bad) return Response.json({ code: 'not_found', values: { act: bad } }, { status: 404 })
    return new Response(null, { status: 200 })
  })
  wire.wake()
  await vi.advanceTimersByTimeAsync(LONG_MS)
  const good = say('one')
  bad = say('two')
  await vi.advanceTimersByTimeAsync(10)
  expect([unsent(), refused]).toEqual([[good], [bad]])
  isThere = false
  const later = say('three')
  await vi.advanceTimersByTimeAsync(10)
  expect([unsent(), refused]).toEqual([[good, later], [bad]])
})

test('an act that something in front refuses time after time, naming none, is told as refused, and those behind it go out', async () => {
  Socket.areBlocked = true
  const taken: string[] = []
  vi.stubGlobal('fetch', async (address: string, { body, signal }: RequestInit) => {
    const frame = JSON.parse(body as string) as { t?: string; id?: string; parts?: { text: string }[] }
    if (frame.t === 'hello') return Response.json(WELCOME)
    if (address.endsWith('/poll'))
      return new Promise((_, reject) => signal!.addEventListener('abort', () => reject(new Error('left'))))
    if (signal!.aborted) throw new Error('left')
    if (frame.parts?.[0]?.text === 'DROP TABLE') return new Response('<h1>Forbidden</h1>', { status: 403 })
    taken.push(frame.id!)
    return Response.json({ t: 'ack', id: frame.id })
  })
  const bad = say('DROP TABLE')
  const good = say('Hello?')
  await vi.advanceTimersByTimeAsync(5_000)
  expect([unsent(), refused, taken]).toEqual([[bad, good], [], []])
  await vi.advanceTimersByTimeAsync(3 * LONG_MS)
  expect([unsent(), refused, taken]).toEqual([[], [bad], [good]])
})

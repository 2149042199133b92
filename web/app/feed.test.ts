/** The window's socket against servers that fall silent: what a page can know of a line is what it hears on it. */
import { QueryClient } from '@tanstack/react-query'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { FEED_BEAT_MS } from '#contract/feed/beat.ts'
import { drawFor, onAnotherMember } from './drawn-for.ts'
import { closeFeed, feedState, openFeed } from './feed.ts'

class Line extends EventTarget {
  readyState = 0
  readonly cursor: string | null
  readonly member: string | null
  constructor(url: string) {
    super()
    const { searchParams } = new URL(url)
    this.cursor = searchParams.get('cursor')
    this.member = searchParams.get('member')
  }
  opens(): void {
    this.readyState = 1
    this.dispatchEvent(new Event('open'))
  }
  says(frame: object): void {
    this.dispatchEvent(new MessageEvent('message', { data: JSON.stringify(frame) }))
  }
  /** The other side is gone: no closing handshake ends. */
  close(): void {
    this.readyState = 2
  }
}

let lines: Line[]

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('window', new EventTarget())
  vi.stubGlobal('document', Object.assign(new EventTarget(), { visibilityState: 'visible' }))
  vi.stubGlobal('location', new URL('https://parley.example/inbox'))
  lines = []
  openFeed({
    client: new QueryClient(),
    closing: () => {},
    open: (url) => {
      const line = new Line(url)
      lines.push(line)
      return line as unknown as WebSocket
    },
  })
})

afterEach(() => {
  closeFeed()
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

test('a line that falls silent without closing is left, and the next one goes on from the cursor', async () => {
  lines[0]!.opens()
  lines[0]!.says({ cursor: 'c1', events: [] })
  await vi.advanceTimersByTimeAsync(4 * FEED_BEAT_MS)
  expect(lines.map(({ cursor }) => cursor)).toEqual([null, 'c1'])
  expect(lines[0]!.readyState).toBe(2)
})

test('a line on which nothing happens but its beat is kept', async () => {
  lines[0]!.opens()
  for (let beats = 0; beats < 12; beats++) {
    lines[0]!.says({ hints: [] })
    await vi.advanceTimersByTimeAsync(FEED_BEAT_MS)
  }
  expect(lines).toHaveLength(1)
})

test('a line that never opens is left too', async () => {
  await vi.advanceTimersByTimeAsync(4 * FEED_BEAT_MS)
  expect(lines.length).toBeGreaterThan(1)
})

test('a server that takes each line and cuts it without a word is come back to ever more slowly', async () => {
  const refuse = () => {
    lines.at(-1)!.opens()
    lines.at(-1)!.dispatchEvent(new Event('close'))
  }
  for (let tries = 0; tries < 8; tries++) {
    refuse()
    await vi.advanceTimersByTimeAsync(15_000)
  }
  refuse()
  const before = lines.length
  await vi.advanceTimersByTimeAsync(7_000)
  expect(lines).toHaveLength(before)
  await vi.advanceTimersByTimeAsync(8_000)
  expect(lines).toHaveLength(before + 1)
})

test('a network that the browser knows to be gone is told at once, and no longer than it is', async () => {
  lines[0]!.opens()
  expect(feedState()).toBe('live')
  window.dispatchEvent(new Event('offline'))
  expect(feedState()).toBe('offline')
  await vi.advanceTimersByTimeAsync(2_000)
  expect(feedState()).toBe('offline')
  lines.at(-1)!.opens()
  expect([feedState(), lines.length > 1]).toEqual(['live', true])
})

test('a line names whose page it is for, and one that is another’s by now is not come back to', async () => {
  let others = 0
  onAnotherMember(() => void others++)
  drawFor('ann' as never)
  lines[0]!.dispatchEvent(new Event('close'))
  await vi.advanceTimersByTimeAsync(1_000)
  expect(lines.map(({ member }) => member)).toEqual([null, 'ann'])
  lines[1]!.opens()
  lines[1]!.says({ closing: 'another_member' })
  await vi.advanceTimersByTimeAsync(60_000)
  expect([lines.length, others]).toEqual([2, 1])
})

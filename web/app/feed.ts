/**
 * The window's one socket. Frames come with a cursor; reconnect, reload and another node are one path: go on from the cursor.
 *
 * open → reset (load afresh) or events → … → cut → wait with jitter → open with the cursor
 *
 * A page's chunk registers once, at module level, how events change the cache and which answers they touch: `onEvents(apply, touches)`.
 */
import { useSyncExternalStore } from 'react'
import { FEED_BEAT_MS } from '#contract/feed/beat.ts'
import type { FeedEvent, FeedFrame, FeedHint } from '#contract/feed/event.ts'
import type { QueryClient, QueryKey } from '@tanstack/react-query'
import { memberOfPage, noteRefusal } from './drawn-for.ts'
import { overtakenIn } from './overtaken.ts'

/** `offline` once it has been cut for longer than a blink. */
export type FeedState = 'connecting' | 'live' | 'reconnecting' | 'offline'
export type Applier = (events: readonly FeedEvent[], client: QueryClient) => void
/** The keys of all answers that would be another one after this event; a beginning of a key names all that lie below. */
export type Touches = (event: FeedEvent) => readonly QueryKey[]

export interface FeedDeps {
  readonly client: QueryClient
  /** Session ended or role changed. */
  readonly closing: (why: 'signed_out' | 'forbidden') => void
  readonly open?: (url: string) => WebSocket
}

const FIRST_WAIT_MS = 300
const LONGEST_WAIT_MS = 15_000
const OFFLINE_AFTER_MS = 4_000
/** A socket that was silent for so long is left for a fresh one: its node froze, the network forgot it, the laptop slept. */
const SILENT_MS = FEED_BEAT_MS * 2.5

const appliers = new Map<Applier, Touches>()
const hintListeners = new Set<(hints: readonly FeedHint[]) => void>()
const stateListeners = new Set<() => void>()
let state: FeedState = 'connecting'
let close: (() => void) | null = null

/** For the lifetime of the page. `apply` is called with every frame's events, in the feed's order. */
export const onEvents = (apply: Applier, touches: Touches): void => void appliers.set(apply, touches)

/** @returns how to stop listening */
export function onHints(listen: (hints: readonly FeedHint[]) => void): () => void {
  hintListeners.add(listen)
  return () => void hintListeners.delete(listen)
}

export const feedState = (): FeedState => state

export const useFeedState = (): FeedState =>
  useSyncExternalStore((changed) => {
    stateListeners.add(changed)
    return () => void stateListeners.delete(changed)
  }, feedState)

function setState(next: FeedState): void {
  if (next === state) return
  state = next
  for (const changed of stateListeners) changed()
}

/** Opens it once; further calls change nothing until `closeFeed`. */
export function openFeed({ client, closing, open = (url) => new WebSocket(url) }: FeedDeps): void {
  if (close) return
  let cursor: string | null = null
  let socket: WebSocket | null = null
  let tries = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let offline: ReturnType<typeof setTimeout> | undefined
  /** When the present socket was begun, or last said something. */
  let heardAt = 0
  let ended = false

  function connect(): void {
    clearTimeout(timer)
    const url = new URL('/api/feed', location.href)
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
    if (cursor !== null) url.searchParams.set('cursor', cursor)
    const member = memberOfPage()
    if (member !== null) url.searchParams.set('member', member)
    const mine = open(url.href)
    socket = mine
    heardAt = Date.now()
    mine.addEventListener('open', () => {
      clearTimeout(offline)
      offline = undefined
      setState('live')
      // Whatever gave up while there was no line.
      void client.refetchQueries({ type: 'active', predicate: ({ state: { status } }) => status === 'error' })
    })
    mine.addEventListener('message', ({ data }) => {
      heardAt = Date.now()
      // Not by being opened: a server that has no time for us opens it too, and cuts it.
      tries = 0
      take(JSON.parse(String(data)) as FeedFrame)
    })
    mine.addEventListener('close', () => {
      if (socket === mine) wait()
    })
  }

  function take(frame: FeedFrame): void {
    if ('events' in frame) {
      for (const [apply, touches] of appliers) {
        // Before they are applied: a read that begins because of them is young enough.
        overtakenIn(client).note(frame.events.flatMap(touches))
        apply(frame.events, client)
      }
      cursor = frame.cursor
    } else if ('reset' in frame) {
      // Also the first frame of a new page: what was fetched before it may have missed something.
      cursor = frame.reset
      // A first read that is under way is not begun anew by this.
      overtakenIn(client).note([[]])
      void client.invalidateQueries()
    } else if ('hints' in frame) {
      for (const listen of hintListeners) listen(frame.hints)
    } else if (frame.closing === 'another_member') {
      stop()
      noteRefusal(frame.closing)
    } else if (frame.closing !== 'restarting') {
      stop()
      closing(frame.closing)
    }
  }

  /** Half of the wait is by chance, so that a restarted server is not met by all windows at once. */
  function wait(): void {
    socket = null
    if (ended) return
    const most = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** tries++)
    if (state !== 'offline') setState('reconnecting')
    offline ??= setTimeout(() => setState('offline'), OFFLINE_AFTER_MS)
    timer = setTimeout(connect, most / 2 + (Math.random() * most) / 2)
  }

  const isSilent = () => Date.now() - heardAt >= SILENT_MS

  /** A laptop that woke, a network that came back: at once, with a fresh socket. */
  function retry(): void {
    const old = socket
    if (old && old.readyState === WebSocket.OPEN && !isSilent()) return
    socket = null
    old?.close()
    tries = 0
    connect()
  }
  /** The browser knows that its network is gone: said at once. Only the network between us counts, so another line is tried at once too. */
  function lost(): void {
    const old = socket
    clearTimeout(timer)
    tries = 0
    setState('offline')
    wait()
    old?.close()
  }
  /** Also of one that never opened. */
  const watch = setInterval(() => {
    if (!socket || !isSilent()) return
    socket.close()
    wait()
  }, FEED_BEAT_MS / 2)
  const seen = () => {
    if (document.visibilityState === 'visible') retry()
  }

  function stop(): void {
    ended = true
    clearTimeout(timer)
    clearTimeout(offline)
    clearInterval(watch)
    window.removeEventListener('online', retry)
    window.removeEventListener('offline', lost)
    document.removeEventListener('visibilitychange', seen)
    socket?.close()
    socket = null
    close = null
    setState('connecting')
  }

  window.addEventListener('online', retry)
  window.addEventListener('offline', lost)
  document.addEventListener('visibilitychange', seen)
  close = stop
  connect()
}

export const closeFeed = (): void => close?.()

/**
 * Where the thread stands on the screen. It opens at the aimed message, the unread line or the end; stays at the end while it is
 * there; and does not move when older messages come in above, or when its reader opens something himself.
 */
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react'

/** Closer than this to an edge counts as there, and asks for more. */
const NEAR_END = 48
const AHEAD = 900

export interface ThreadScrollOptions {
  /** Changes when another thread, or another stretch of it, is shown. */
  threadKey: string
  isReady: boolean
  /** The element to open at; null: the end. */
  openAt: string | null
  firstId: string | null
  lastId: string | null
  /** The member's own words on their way: where they begin, the thread goes to its end. */
  ownId: string | null
  hasOlder: boolean
  hasNewer: boolean
  grow: (way: 'older' | 'newer') => Promise<void>
}

export function useThreadScroll(options: ThreadScrollOptions) {
  const { threadKey, isReady, openAt, firstId, lastId, ownId, hasOlder, hasNewer, grow } = options
  const box = useRef<HTMLDivElement>(null)
  const content = useRef<HTMLDivElement>(null)
  const [isAtEnd, setAtEnd] = useState(true)
  const stands = useRef({ key: '', atEnd: true, top: 0, height: 0 })

  // Before the paint: at its place when it opens, and unmoved when it grew above.
  useLayoutEffect(() => {
    const element = box.current
    if (!element || !isReady) return
    if (stands.current.key !== threadKey) {
      const aim = openAt ? document.getElementById(openAt) : null
      if (aim) aim.scrollIntoView({ block: 'center' })
      else element.scrollTop = element.scrollHeight
      stands.current = { key: threadKey, atEnd: false, top: 0, height: 0 }
      note(element)
    } else if (stands.current.atEnd && !hasNewer) element.scrollTop = element.scrollHeight
  }, [threadKey, isReady, openAt, lastId, hasNewer])

  const own = useRef(ownId)
  useLayoutEffect(() => {
    const element = box.current
    if (element && ownId !== null && ownId !== own.current) {
      element.scrollTop = element.scrollHeight
      stands.current = { ...stands.current, atEnd: true, top: element.scrollTop, height: element.scrollHeight }
      setAtEnd(true)
    }
    own.current = ownId
  }, [ownId])

  const first = useRef<string | null>(null)
  useLayoutEffect(() => {
    const element = box.current
    if (
      element &&
      first.current !== null &&
      first.current !== firstId &&
      stands.current.key === threadKey &&
      !stands.current.atEnd
    )
      element.scrollTop = stands.current.top + (element.scrollHeight - stands.current.height)
    first.current = firstId
    if (element) note(element)
  }, [firstId, threadKey])

  function note(element: HTMLElement): void {
    const isNear = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END
    // A thread that grew under somebody who stood at its end: he has not left it, the observer below follows.
    const atEnd = isNear || (stands.current.atEnd && element.scrollTop >= stands.current.top)
    stands.current = { ...stands.current, atEnd, top: element.scrollTop, height: element.scrollHeight }
    setAtEnd(atEnd)
  }

  // A picture that came, a composer that grew: the end stays the end.
  useEffect(() => {
    const element = box.current
    if (!element || !content.current) return
    const watch = new ResizeObserver(() => {
      if (stands.current.atEnd && !hasNewer) element.scrollTop = element.scrollHeight
      note(element)
    })
    watch.observe(content.current)
    watch.observe(element)
    return () => watch.disconnect()
  }, [hasNewer, isReady])

  const onScroll = useCallback(() => {
    const element = box.current
    if (!element) return
    note(element)
    if (hasOlder && element.scrollTop < AHEAD) void grow('older')
    if (hasNewer && element.scrollHeight - element.scrollTop - element.clientHeight < AHEAD) void grow('newer')
  }, [hasOlder, hasNewer, grow])

  // A short first page does not scroll: what is missing is asked for at once.
  useEffect(() => {
    const element = box.current
    if (element && isReady && hasOlder && element.scrollHeight <= element.clientHeight + AHEAD) void grow('older')
  }, [isReady, hasOlder, firstId, grow])

  /** The reader himself changes what stands here: it grows or shrinks, and where he stands is looked at afterwards. */
  const hold = useCallback(() => void (stands.current = { ...stands.current, atEnd: false }), [])

  const toEnd = useCallback(() => {
    const element = box.current
    if (element) element.scrollTop = element.scrollHeight
  }, [])

  return { box, content, isAtEnd, onScroll, hold, toEnd }
}

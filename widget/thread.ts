/** The talk as a list that follows its end, redraws only what changed, and says new words to screen readers. */
import { bubble, type BubbleDoes } from './bubble.ts'
import { h, icon } from './dom.ts'
import type { RoomView, ShownMessage } from './room.ts'
import type { Words } from './words.ts'

export interface Thread {
  readonly element: HTMLElement
  draw(view: RoomView): void
  toEnd(): void
}

const JOIN_MS = 5 * 60_000
/** This near to the end counts as being there. */
const NEAR = 80

export function thread(given: {
  does: Omit<BubbleDoes, 'show'>
  words: Words
  teamName: string
  greeting: string
}): Thread {
  const { words, teamName } = given
  const drawn = new Map<string, { sign: string; node: HTMLElement }>()
  const list = h('ol', { class: 'list' })
  const log = h('div', { role: 'log', 'aria-live': 'polite', 'aria-label': words.title }, list)
  const dots = h(
    'div',
    { class: 'typing', hidden: true },
    h('span', { class: 'hidden' }, `${teamName} ${words.typing}`),
    h('i'),
    h('i'),
    h('i'),
  )
  const greeting = h(
    'div',
    { class: 'message theirs greeting' },
    h('div', { class: 'bubble', dir: 'auto' }, h('p', { class: 'text' }, given.greeting)),
  )
  const scroller = h(
    'div',
    { class: 'thread', tabindex: '0', role: 'region', 'aria-label': words.title },
    greeting,
    log,
    dots,
  )
  const newer = h(
    'button',
    { type: 'button', class: 'newer', hidden: true, onclick: () => toEnd() },
    words.newer,
    icon('down'),
  )
  const element = h('div', { class: 'stage' }, scroller, newer)
  const does: BubbleDoes = {
    ...given.does,
    show: (id) => {
      const node = drawn.get(id)?.node
      node?.scrollIntoView({ block: 'center' })
      node?.classList.add('found')
      setTimeout(() => node?.classList.remove('found'), 1200)
    },
  }
  let isAtEnd = true
  scroller.addEventListener('scroll', () => {
    isAtEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR
    if (isAtEnd) newer.hidden = true
  })
  // Pictures and the keyboard of a phone change heights: whoever was at the end stays there.
  const keep = new ResizeObserver(() => {
    if (isAtEnd) toEnd()
  })
  keep.observe(list)
  keep.observe(scroller)

  function toEnd(): void {
    scroller.scrollTop = scroller.scrollHeight
    isAtEnd = true
    newer.hidden = true
  }

  function draw({ messages, isTeamTyping }: RoomView): void {
    const byId = new Map(messages.map((message) => [message.id, message]))
    const wanted: { key: string; sign: string; make(): HTMLElement }[] = []
    let before: ShownMessage | undefined
    for (const message of messages) {
      const day = dayOf(message)
      if (day !== (before && dayOf(before)))
        wanted.push({
          key: `day ${day}`,
          sign: '',
          make: () => h('li', { class: 'day' }, h('span', {}, dayName(message, words))),
        })
      const quoted = message.replyTo === undefined ? undefined : byId.get(message.replyTo)
      const isJoined =
        before !== undefined &&
        before.from === message.from &&
        timeOf(message) - timeOf(before) < JOIN_MS &&
        day === dayOf(before)
      wanted.push({
        key: message.id,
        sign: JSON.stringify([message, isJoined, quoted?.content, quoted?.deleted]),
        make: () => bubble({ message, quoted, isJoined, teamName }, does, words),
      })
      before = message
    }
    const hadMore = drawn.size
    arrange(wanted)
    dots.hidden = !isTeamTyping
    if (isAtEnd) toEnd()
    else if (drawn.size > hadMore && messages.at(-1)?.from === 'team') newer.hidden = false
    else if (drawn.size > hadMore && messages.at(-1)?.from === 'you') toEnd()
  }

  function arrange(wanted: { key: string; sign: string; make(): HTMLElement }[]): void {
    const keys = new Set(wanted.map(({ key }) => key))
    for (const [key, { node }] of drawn) {
      if (keys.has(key)) continue
      node.remove()
      drawn.delete(key)
    }
    let next: Element | null = list.firstElementChild
    for (const { key, sign, make } of wanted) {
      const known = drawn.get(key)
      let node = known?.node
      if (!node || known?.sign !== sign) {
        const fresh = make()
        if (node) {
          if (next === node) next = fresh
          node.replaceWith(fresh)
        }
        node = fresh
        drawn.set(key, { sign, node })
      }
      if (next === node) next = node.nextElementSibling
      else list.insertBefore(node, next)
    }
  }

  return { element, draw, toEnd }
}

const timeOf = ({ at }: ShownMessage): number => (at ? Date.parse(at) : Date.now())
const dayOf = (message: ShownMessage): string => new Date(timeOf(message)).toDateString()

function dayName(message: ShownMessage, words: Words): string {
  const date = new Date(timeOf(message))
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(date).setHours(0, 0, 0, 0)) / 86_400_000)
  if (days === 0) return words.today
  if (days === 1) return words.yesterday
  return date.toLocaleDateString(words.language, {
    day: 'numeric',
    month: 'long',
    ...(days > 300 ? { year: 'numeric' } : {}),
  })
}

/** A loaded stretch of one thread, and how it grows: pure, so that the feed, a page and an answer all meet in one place. */
import type { MessageView } from '#contract/calls/conversations.ts'
import type { ConversationId } from '#contract/ids.ts'

export interface ThreadPages {
  /** Oldest first. */
  items: MessageView[]
  /** Cursor of older ones; null: the beginning is loaded. */
  older: string | null
  /** Cursor of newer ones; null: the end is loaded, and the feed adds to it. */
  newer: string | null
}

interface Page {
  /** Newest first, as the server gives them. */
  items: MessageView[]
  next: string | null
  newer: string | null
}

export const fromPage = (page: Page): ThreadPages => ({
  items: page.items.toReversed(),
  older: page.next,
  newer: page.newer,
})

export const withOlder = (pages: ThreadPages, page: Page): ThreadPages => ({
  ...pages,
  items: joined(page.items.toReversed(), pages.items),
  older: page.next,
})

export const withNewer = (pages: ThreadPages, page: Page): ThreadPages => ({
  ...pages,
  items: joined(pages.items, page.items.toReversed()),
  newer: page.newer,
})

/** The message as it is now: replaced, put at its place, or taken out when it is shown in another conversation. */
export function withMessage(pages: ThreadPages, message: MessageView, thread: ConversationId): ThreadPages {
  const index = pages.items.findIndex((each) => each.id === message.id)
  if (message.conversation !== thread) return index < 0 ? pages : { ...pages, items: pages.items.toSpliced(index, 1) }
  if (index >= 0 && pages.items[index]!.placed === message.placed)
    return { ...pages, items: pages.items.with(index, message) }
  const rest = index < 0 ? pages.items : pages.items.toSpliced(index, 1)
  const place = rest.findLastIndex((each) => isBefore(each, message)) + 1
  // Outside the loaded stretch: the page that holds it will bring it.
  if (place === 0 && pages.older !== null) return { ...pages, items: rest }
  if (place === rest.length && pages.newer !== null) return { ...pages, items: rest }
  return { ...pages, items: rest.toSpliced(place, 0, message) }
}

const isBefore = (one: MessageView, other: MessageView): boolean =>
  one.placed === other.placed ? one.seq < other.seq : one.placed < other.placed

function joined(above: MessageView[], below: MessageView[]): MessageView[] {
  const known = new Set(below.map((each) => each.id))
  return [...above.filter((each) => !known.has(each.id)), ...below]
}

/** Keeps the loaded list true while the feed tells of changed rows, without asking the server again. */
import type { ConversationRow } from '#contract/calls/conversations.ts'
import type { MemberId } from '#contract/ids.ts'
import type { ListQuery, ViewName } from '../search.ts'

type Rule = (row: ConversationRow, me: MemberId) => boolean

/** The same rules as the server's, which has them as SQL (`server/conversations/lists.ts`). */
const VIEW_RULES: Record<ViewName, Rule> = {
  mine: (row, me) => row.assignee === me && row.status !== 'closed' && row.status !== 'snoozed',
  unassigned: (row) => row.assignee === null && row.status === 'open',
  waiting: (row) => row.status === 'open' && row.waitingSince !== null,
  failed: (row) => row.failed > 0,
  snoozed: (row) => row.status === 'snoozed',
  all: (row) => row.status !== 'closed',
  closed: (row) => row.status === 'closed',
}

/** Whether a row stands in this list. null: only the server can tell (names and channels are not in the row). */
export function belongs(row: ConversationRow, query: ListQuery, me: MemberId): boolean | null {
  if (row.joinedInto !== null || row.last === null) return false
  if (query.status ? row.status !== query.status : !VIEW_RULES[query.view](row, me)) return false
  if (query.assignee) {
    const wanted = query.assignee === 'none' ? null : query.assignee === 'me' ? me : query.assignee
    if (row.assignee !== wanted) return false
  }
  return query.q || query.channel ? null : true
}

const isBefore = (one: ConversationRow, other: ConversationRow): boolean =>
  one.lastAt === other.lastAt ? one.id > other.id : one.lastAt > other.lastAt

interface Page {
  items: ConversationRow[]
  next: string | null
}

/**
 * The pages with this row as it is now: at its place by time, or gone. A row that belongs below the last loaded page is left to
 * that page. Frames of the feed hold nothing of one member's own, so what is known of it is kept.
 */
export function withRow<P extends Page>(pages: P[], row: ConversationRow, isIn: boolean): P[] {
  const known = pages.flatMap((page) => page.items).find((each) => each.id === row.id)
  const fresh = withOwn(row, known)
  const without = pages.map((page) =>
    page.items.some((each) => each.id === row.id)
      ? { ...page, items: page.items.filter((each) => each.id !== row.id) }
      : page,
  )
  if (!isIn) return without
  const at = without.findIndex((page) => page.next === null || page.items.some((each) => isBefore(fresh, each)))
  if (at < 0) return without
  return without.map((page, index) => {
    if (index !== at) return page
    const below = page.items.findIndex((each) => isBefore(fresh, each))
    const place = below < 0 ? page.items.length : below
    return { ...page, items: page.items.toSpliced(place, 0, fresh) }
  })
}

/** The row with what is the member's own: where it does not say, as it was known. */
export const withOwn = (row: ConversationRow, known: ConversationRow | undefined): ConversationRow => ({
  ...row,
  readCount: row.readCount ?? known?.readCount ?? null,
  hasDraft: row.hasDraft ?? known?.hasDraft ?? null,
})

/** Incoming messages that this member has not seen; null when nobody has told yet. */
export const unreadOf = (row: ConversationRow): number =>
  row.readCount === null ? 0 : Math.max(0, row.inCount - row.readCount)

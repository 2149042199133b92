/**
 * How far we have read of rows that come into a list. A frame does not say, and a row that was not in the list is known from nowhere: the
 * server is asked, or what came back unread would look read. Of a handful each is asked for; of more the list is, once.
 */
import { getConversation, type ConversationRow } from '#contract/calls/conversations.ts'
import type { ConversationId } from '#contract/ids.ts'
import { keyOf } from '../../../app/acts.ts'
import { call } from '../../../app/call.ts'
import { client } from '../../../app/client.ts'
import { unreadOf, withOwn } from './belongs.ts'
import { LIST, type ListPages } from './use-conversations.ts'

const HANDFUL = 5
const SOON_MS = 400

const waiting = new Set<ConversationId>()
const asked = new Set<ConversationId>()
let timer: ReturnType<typeof setTimeout> | undefined

/** The row with what is known of it here: but not that something is unread in it, for it may have been read elsewhere since. */
export function marked(row: ConversationRow): ConversationRow {
  if (row.readCount !== null) return row
  const known = withOwn(row, client.getQueryData(keyOf(getConversation, { params: { id: row.id } })))
  return unreadOf(known) > 0 ? { ...known, readCount: null } : known
}

/** Many rows in one moment, as of an undo of many, or of those that were put away until nine. */
export function askReadSoon(id: ConversationId): void {
  waiting.add(id)
  timer ??= setTimeout(() => {
    timer = undefined
    const ids = [...waiting].filter((each) => isUnmarked((row) => row.id === each))
    waiting.clear()
    if (ids.length <= HANDFUL) for (const each of ids) void askRead(each)
    else
      void client.invalidateQueries({
        queryKey: [LIST],
        predicate: ({ state }) => rowsOf(state.data as ListPages).some((row) => row.readCount === null),
      })
  }, SOON_MS)
}

async function askRead(id: ConversationId): Promise<void> {
  if (asked.has(id)) return
  asked.add(id)
  // What was lost is asked again with the next frame of this row.
  const answer = await call(getConversation, { params: { id } }).catch(() => null)
  asked.delete(id)
  if (!answer) return
  // Only what is our own, and only where it is not known: the rest of the answer may be older than what was told meanwhile.
  changeRows((row) => (row.id === id && row.readCount === null ? withOwn(row, answer) : row))
}

/** In every loaded list; a list without a changed row stays the same object. */
export function changeRows(told: (row: ConversationRow) => ConversationRow): void {
  client.setQueriesData<ListPages>({ queryKey: [LIST] }, (data) => {
    if (!data?.pages.some((page) => page.items.some((row) => told(row) !== row))) return data
    return { ...data, pages: data.pages.map((page) => ({ ...page, items: page.items.map(told) })) }
  })
}

const isUnmarked = (which: (row: ConversationRow) => boolean): boolean =>
  client
    .getQueriesData<ListPages>({ queryKey: [LIST] })
    .some(([, data]) => rowsOf(data).some((row) => row.readCount === null && which(row)))

const rowsOf = (data: ListPages | undefined): ConversationRow[] => data?.pages.flatMap(({ items }) => items) ?? []

/** The conversations of one view, page by page; the feed keeps them true (`apply-events.ts`). */
import { useInfiniteQuery, type InfiniteData } from '@tanstack/react-query'
import { listConversations, type ConversationRow } from '#contract/calls/conversations.ts'
import type { Page } from '#contract/endpoint.ts'
import { call } from '../../../app/call.ts'
import type { ListQuery } from '../search.ts'

export const LIST = 'inbox.list'
export type ListPages = InfiniteData<Page<ConversationRow>, string | null>

const AT_ONCE = 50

export function useConversations(query: ListQuery) {
  const list = useInfiniteQuery({
    queryKey: [LIST, query],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      call(
        listConversations,
        { query: { ...query, limit: AT_ONCE, ...(pageParam ? { cursor: pageParam } : {}) } },
        { signal },
      ),
    getNextPageParam: (page) => page.next,
  })
  return { ...list, rows: list.data?.pages.flatMap((page) => page.items) ?? [] }
}

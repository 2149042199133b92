/** One thread, from its end or around a message, growing both ways. Switching back to a thread costs nothing: the cache holds it. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useRef } from 'react'
import { listMessages, type MessageView } from '#contract/calls/conversations.ts'
import type { ConversationId, MessageId } from '#contract/ids.ts'
import { call } from '../../../app/call.ts'
import { client } from '../../../app/client.ts'
import { tellFailure } from '../../../app/tell.ts'
import { fromPage, withMessage, withNewer, withOlder, type ThreadPages } from './thread-pages.ts'

export const THREAD = 'inbox.thread'
const AT_ONCE = 50

const keyOf = (conversation: ConversationId, around: MessageId | null) => [THREAD, conversation, around] as const

export function useThread(conversation: ConversationId, around: MessageId | null) {
  const queries = useQueryClient()
  const key = keyOf(conversation, around)
  const thread = useQuery({
    queryKey: key,
    queryFn: async ({ signal }) =>
      fromPage(
        await call(
          listMessages,
          { params: { id: conversation }, query: { limit: AT_ONCE, ...(around ? { around } : {}) } },
          { signal },
        ),
      ),
  })
  const isLoading = useRef(false)

  const grow = useCallback(
    async (way: 'older' | 'newer') => {
      const pages = queries.getQueryData<ThreadPages>(keyOf(conversation, around))
      const cursor = pages?.[way]
      if (!cursor || isLoading.current) return
      isLoading.current = true
      try {
        const query = { limit: AT_ONCE, ...(way === 'older' ? { cursor } : { after: cursor }) }
        const page = await call(listMessages, { params: { id: conversation }, query })
        queries.setQueryData<ThreadPages>(keyOf(conversation, around), (before) =>
          before && before[way] === cursor ? (way === 'older' ? withOlder : withNewer)(before, page) : before,
        )
      } catch (error) {
        tellFailure(error)
      } finally {
        isLoading.current = false
      }
    },
    [queries, conversation, around],
  )

  return { ...thread, pages: thread.data ?? null, grow }
}

/** A message of a conversation: as it is shown, else as the server tells it; null where it is gone. */
export async function findMessage(conversation: ConversationId, id: MessageId): Promise<MessageView | null> {
  for (const [, pages] of client.getQueriesData<ThreadPages>({ queryKey: [THREAD] })) {
    const found = pages?.items.find((each) => each.id === id)
    if (found) return found
  }
  const query = { limit: 1, around: id }
  const page = await call(listMessages, { params: { id: conversation }, query }).catch(() => null)
  return page?.items.find((each) => each.id === id) ?? null
}

/** What stands above a message, as far as it is shown. */
export function shownBefore({ id }: Pick<MessageView, 'id'>): readonly MessageView[] {
  for (const [, pages] of client.getQueriesData<ThreadPages>({ queryKey: [THREAD] })) {
    const at = pages?.items.findIndex((each) => each.id === id) ?? -1
    if (at >= 0) return pages!.items.slice(0, at)
  }
  return []
}

/** What a send was answered with: only where the feed has not brought the message yet, for the feed may know of its tick by then. */
export function keepSent(message: MessageView): void {
  const threads = client.getQueriesData<ThreadPages>({ queryKey: [THREAD] })
  if (!threads.some(([, pages]) => pages?.items.some((each) => each.id === message.id))) keepMessage(message)
}

/** Acts whose answers are on their way, each with the messages that the feed told of meanwhile. */
const underWay = new Set<Set<MessageId>>()

/**
 * What an act made of a message. Its answer may come behind the feed, which knew already what became of it (a resend that is sent): what the
 * feed told is kept, and it will tell of this act too.
 */
export async function keepAnswer(asked: Promise<MessageView>): Promise<void> {
  const told = new Set<MessageId>()
  underWay.add(told)
  try {
    const message = await asked
    if (!told.has(message.id)) keepMessage(message)
  } finally {
    underWay.delete(told)
  }
}

/** From the feed: a message as it is now. */
export function keepTold(message: MessageView): void {
  for (const told of underWay) told.add(message.id)
  keepMessage(message)
}

/** Into every loaded thread that shows it, or did. */
function keepMessage(message: MessageView): void {
  for (const [key, pages] of client.getQueriesData<ThreadPages>({ queryKey: [THREAD] })) {
    const thread = key[1] as ConversationId
    if (!pages || (thread !== message.conversation && !pages.items.some((each) => each.id === message.id))) continue
    client.setQueryData<ThreadPages>(key, withMessage(pages, message, thread))
  }
}

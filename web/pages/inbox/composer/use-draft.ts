/** The text being written: the member's draft on the server, so that another device goes on with it. */
import { useQuery } from '@tanstack/react-query'
import { useCallback, useEffect, useLayoutEffect } from 'react'
import type { ConversationId } from '#contract/ids.ts'
import {
  isAhead,
  isBlind,
  joinOwed,
  keepAhead,
  owedDraft,
  dropOwed,
  saveAfterRest,
  saveNow,
  useOwedDraft,
  type Draft,
} from './draft-saves.ts'
import { setDrafted } from './drafted.ts'
import { NO_DRAFT } from './joined-drafts.ts'
import { draftQuery, keepDraft } from './kept-draft.ts'

export interface DraftOfConversation {
  draft: Draft
  setDraft: (draft: Draft) => void
  /** Sent, or thrown away. */
  clear: () => void
}

export function useDraft(conversation: ConversationId): DraftOfConversation {
  const isAsked = () => (owedDraft(conversation) === null || isAhead(conversation) ? 'always' : false)
  const { data, isFetching } = useQuery({
    ...draftQuery(conversation),
    // The feed tells nothing of drafts: another device may have gone on with it, or sent it.
    refetchOnMount: isAsked,
    refetchOnWindowFocus: isAsked,
  })
  /** What the server does not have yet: newer than all that it may answer. */
  const owed = useOwedDraft(conversation)
  const known = isFetching ? undefined : data

  // Before the next key, and before half of it is seen.
  useLayoutEffect(() => {
    if (!known) return
    const both = joinOwed(conversation, known)
    if (both || owedDraft(conversation) === null) setDrafted(conversation, (both ?? known).text.trim() !== '')
  }, [conversation, known])

  const keep = useCallback(
    (draft: Draft) => {
      keepDraft(conversation, draft)
      setDrafted(conversation, draft.text.trim() !== '')
    },
    [conversation],
  )

  const setDraft = useCallback(
    (draft: Draft) => {
      // What is shown is all there is: the server's own is known, or older than what is owed to it.
      const isWhole = !isAhead(conversation) && (known !== undefined || owedDraft(conversation) !== null)
      if (!isWhole) return keepAhead(conversation, draft, data)
      keep(draft)
      saveAfterRest(conversation, draft)
    },
    [conversation, data, known, keep],
  )

  const clear = useCallback(() => {
    const isSeen = !isBlind(conversation) && (data !== undefined || owedDraft(conversation) !== null)
    // The server's own was not seen, so it was not sent.
    if (!isSeen) return dropOwed(conversation)
    keep(NO_DRAFT)
    saveNow(conversation, NO_DRAFT)
  }, [conversation, data, keep])

  // Another conversation is opened: what is typed here does not wait for its rest.
  useEffect(() => () => saveNow(conversation), [conversation])

  return { draft: owed ?? data ?? NO_DRAFT, setDraft, clear }
}

/** The text being written: the member's draft on the server, so that another device goes on with it. */
import { useQuery } from '@tanstack/react-query'
import { useCallback, useEffect, useLayoutEffect, useState } from 'react'
import { getDraft } from '#contract/calls/conversations.ts'
import type { ConversationId } from '#contract/ids.ts'
import { read } from '../../../app/acts.ts'
import { dropOwed, isAhead, joinOwed, keepAhead, owedDraft, saveAfterRest, saveNow, type Draft } from './draft-saves.ts'
import { setDrafted } from './drafted.ts'
import { NO_DRAFT } from './joined-drafts.ts'
import { keepDraft } from './kept-draft.ts'

export interface DraftOfConversation {
  draft: Draft
  setDraft: (draft: Draft) => void
  /** Sent, or thrown away. */
  clear: () => void
}

export function useDraft(conversation: ConversationId): DraftOfConversation {
  const { data } = useQuery(read(getDraft, { params: { id: conversation } }))
  /** null until the member typed: then the server's own is shown. What it does not have yet is newer than all that it may answer. */
  const [own, setOwn] = useState<Draft | null>(() => owedDraft(conversation))

  const keep = useCallback(
    (draft: Draft) => {
      keepDraft(conversation, draft)
      setDrafted(conversation, draft.text.trim() !== '')
    },
    [conversation],
  )
  // Before the next key, and before half of it is seen.
  useLayoutEffect(() => {
    const both = data ? joinOwed(conversation, data) : null
    if (!both) return
    // oxlint-disable-next-line react/set-state-in-effect -- to join is an act of the saves, and none of drawing
    setOwn(both)
    setDrafted(conversation, both.text.trim() !== '')
  }, [conversation, data])

  /** What is shown is all there is: the server's own is known, or older than what was owed to it. */
  const isWhole = useCallback(
    () => !isAhead(conversation) && (data !== undefined || own !== null),
    [conversation, data, own],
  )

  const setDraft = useCallback(
    (draft: Draft) => {
      const ahead = !isWhole()
      setOwn(draft)
      if (ahead) return keepAhead(conversation, draft)
      keep(draft)
      saveAfterRest(conversation, draft)
    },
    [conversation, isWhole, keep],
  )

  const clear = useCallback(() => {
    if (isWhole()) {
      setOwn(NO_DRAFT)
      keep(NO_DRAFT)
      saveNow(conversation, NO_DRAFT)
    } else {
      // The server's own was not seen, so it was not sent.
      setOwn(null)
      dropOwed(conversation)
    }
  }, [conversation, isWhole, keep])

  // Another conversation is opened: what is typed here does not wait for its rest.
  useEffect(() => () => saveNow(conversation), [conversation])

  return { draft: own ?? data ?? NO_DRAFT, setDraft, clear }
}

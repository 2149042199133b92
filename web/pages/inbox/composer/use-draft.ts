/** The text being written: the member's draft on the server, so that another device goes on with it. */
import { useQuery } from '@tanstack/react-query'
import { useCallback, useEffect, useState } from 'react'
import { getDraft } from '#contract/calls/conversations.ts'
import type { ConversationId } from '#contract/ids.ts'
import { keyOf, read } from '../../../app/acts.ts'
import { client } from '../../../app/client.ts'
import { saveAfterRest, saveNow, type Draft } from './draft-saves.ts'
import { setDrafted } from './drafted.ts'

const NONE: Draft = { text: '', note: false }

export interface DraftOfConversation {
  draft: Draft
  setDraft: (draft: Draft) => void
  /** Sent, or thrown away. */
  clear: () => void
}

export function useDraft(conversation: ConversationId): DraftOfConversation {
  const { data } = useQuery(read(getDraft, { params: { id: conversation } }))
  /** null until the member typed: then the server's own is shown. */
  const [own, setOwn] = useState<Draft | null>(null)

  const show = useCallback(
    (draft: Draft) => {
      setOwn(draft)
      client.setQueryData(keyOf(getDraft, { params: { id: conversation } }), draft)
      setDrafted(conversation, draft.text.trim() !== '')
    },
    [conversation],
  )

  const setDraft = useCallback(
    (draft: Draft) => {
      show(draft)
      saveAfterRest(conversation, draft)
    },
    [conversation, show],
  )

  const clear = useCallback(() => {
    show(NONE)
    saveNow(conversation, NONE)
  }, [conversation, show])

  // Another conversation is opened: what is typed here does not wait for its rest.
  useEffect(() => () => saveNow(conversation), [conversation])

  return { draft: own ?? data ?? NONE, setDraft, clear }
}

/** The text being written: the member's draft on the server, so that another device goes on with it. */
import { useQuery } from '@tanstack/react-query'
import { useCallback, useEffect, useRef, useState } from 'react'
import { getDraft, saveDraft } from '#contract/calls/conversations.ts'
import type { ConversationId } from '#contract/ids.ts'
import { keyOf, read } from '../../../app/acts.ts'
import { call } from '../../../app/call.ts'
import { client } from '../../../app/client.ts'
import { setDrafted } from './drafted.ts'

export interface Draft {
  readonly text: string
  readonly note: boolean
}

const REST_MS = 700
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
  const unsaved = useRef<Draft | null>(null)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)

  const save = useCallback(() => {
    clearTimeout(timer.current)
    const draft = unsaved.current
    if (draft === null) return
    unsaved.current = null
    // A lost save costs nothing while this page lives: the next key saves again.
    void call(saveDraft, { params: { id: conversation }, body: draft }).catch(() => {})
  }, [conversation])

  const setDraft = useCallback(
    (draft: Draft) => {
      setOwn(draft)
      unsaved.current = draft
      client.setQueryData(keyOf(getDraft, { params: { id: conversation } }), draft)
      setDrafted(conversation, draft.text.trim() !== '')
      clearTimeout(timer.current)
      timer.current = setTimeout(save, REST_MS)
    },
    [conversation, save],
  )

  const clear = useCallback(() => {
    setDraft(NONE)
    save()
  }, [setDraft, save])

  // Another conversation is opened, or the tab goes: what is typed is saved first.
  useEffect(() => {
    window.addEventListener('pagehide', save)
    return () => {
      window.removeEventListener('pagehide', save)
      save()
    }
  }, [save])

  return { draft: own ?? data ?? NONE, setDraft, clear }
}

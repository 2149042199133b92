/** What this page knows of the conversations in which text waits: newer than what their rows say. A pencil on their rows. */
import { useSyncExternalStore } from 'react'
import type { ConversationId } from '#contract/ids.ts'

let drafted: ReadonlyMap<ConversationId, boolean> = new Map()
const listeners = new Set<() => void>()

export function setDrafted(conversation: ConversationId, isDrafted: boolean): void {
  if (drafted.get(conversation) === isDrafted) return
  drafted = new Map(drafted).set(conversation, isDrafted)
  for (const listener of listeners) listener()
}

export const useDrafted = (): ReadonlyMap<ConversationId, boolean> =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    () => drafted,
  )

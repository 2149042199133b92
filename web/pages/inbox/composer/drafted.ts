/** Conversations in which this browser has text waiting: a pencil on their rows. */
import { useSyncExternalStore } from 'react'
import type { ConversationId } from '#contract/ids.ts'

let drafted: ReadonlySet<ConversationId> = new Set()
const listeners = new Set<() => void>()

export function setDrafted(conversation: ConversationId, isDrafted: boolean): void {
  if (drafted.has(conversation) === isDrafted) return
  const next = new Set(drafted)
  if (isDrafted) next.add(conversation)
  else next.delete(conversation)
  drafted = next
  for (const listener of listeners) listener()
}

export const useDrafted = (): ReadonlySet<ConversationId> =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    () => drafted,
  )

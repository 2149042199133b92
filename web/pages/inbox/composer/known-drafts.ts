/**
 * What the server may hold of a draft as far as this tab knows: what it read of it, and what it sent, whether or not that arrived. What is
 * taken away is one of these. Another device may have gone on meanwhile: then it is none, and stays.
 */
import type { ConversationId } from '#contract/ids.ts'
import { MOST_KNOWN_DRAFTS } from '#contract/limits.ts'
import { onForgotten } from '../../../app/tab-memory.ts'

const known = new Map<ConversationId, readonly string[]>()

export function noteKnown(conversation: ConversationId, text: string): void {
  if (text === '') return
  const others = knownOf(conversation).filter((each) => each !== text)
  known.set(conversation, [...others, text].slice(-MOST_KNOWN_DRAFTS))
}

/** The newest last. */
export const knownOf = (conversation: ConversationId): readonly string[] => known.get(conversation) ?? []

onForgotten(() => known.clear())

/** Subject and copies of letters that are not sent yet, by conversation: they wait with the text and its files, over a reload of this tab too. */
import { useSyncExternalStore } from 'react'
import type { ConversationId } from '#contract/ids.ts'
import { onForgotten, remember, remembered } from '../../../app/tab-memory.ts'

export interface LetterHead {
  readonly subject: string
  readonly cc: string
}

export const NO_HEAD: LetterHead = { subject: '', cc: '' }

const NAME = 'heads'
let heads: Readonly<Record<ConversationId, LetterHead>> = remembered(NAME) ?? {}
const listeners = new Set<() => void>()

export const headOf = (conversation: ConversationId): LetterHead => heads[conversation] ?? NO_HEAD

export const useHead = (conversation: ConversationId): LetterHead =>
  useSyncExternalStore(subscribe, () => headOf(conversation))

export function setHead(conversation: ConversationId, head: LetterHead): void {
  const { [conversation]: _, ...others } = heads
  setAll(head.subject === '' && head.cc === '' ? others : { ...others, [conversation]: head })
}

function setAll(next: typeof heads): void {
  heads = next
  remember(NAME, heads)
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

onForgotten(() => setAll({}))

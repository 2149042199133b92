/**
 * Subject and copies of letters that are not sent yet, by conversation: they wait with the text and its files, over a reload of this tab
 * too. The server has none of it: the member is asked before a page that holds any is left, or signed out of.
 */
import { useSyncExternalStore } from 'react'
import type { ConversationId } from '#contract/ids.ts'
import { onForgotten, remember, remembered } from '../../../app/tab-memory.ts'
import { noteUnsent } from '../../../app/unsent.ts'
import { wordsIn } from '../../../app/words.ts'

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
  guard()
  for (const listener of listeners) listener()
}

function guard(): void {
  noteUnsent(NAME, Object.keys(heads).length > 0 ? loss : null)
}

function loss(): string {
  const t = wordsIn('inbox')
  return t('leave.head')
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

guard()
onForgotten(() => setAll({}))

/**
 * What the server may hold of a draft as far as this tab knows: what it said last, and what was sent to it since, whether or not that
 * arrived. What is taken away is one of these. Another device may have gone on meanwhile: then it is none, and stays.
 */
import type { ConversationId } from '#contract/ids.ts'
import { MOST_KNOWN_DRAFTS } from '#contract/limits.ts'
import { onForgotten, remember, remembered } from '../../../app/tab-memory.ts'

interface Known {
  /** Read, or saved and answered. */
  readonly said: string
  readonly tried: readonly string[]
}

const NAME = 'known drafts'
const NOTHING: Known = { said: '', tried: [] }

const known = new Map(Object.entries(remembered<Record<string, Known>>(NAME) ?? {}) as [ConversationId, Known][])

/** The server has this one now. */
export const noteSaved = (conversation: ConversationId, said: string): void => keep(conversation, { said, tried: [] })

/** It answered with this one, to a question; what is on its way is newer. */
export const noteRead = (conversation: ConversationId, said: string): void =>
  keep(conversation, { said, tried: (known.get(conversation) ?? NOTHING).tried })

/** Of those whose answers were lost the first and the last are the likeliest to have arrived. */
export function noteTried(conversation: ConversationId, text: string): void {
  const { said, tried } = known.get(conversation) ?? NOTHING
  const all = [...tried.filter((each) => each !== text), text]
  const most = MOST_KNOWN_DRAFTS - 1
  keep(conversation, { said, tried: all.length > most ? [all[0]!, ...all.slice(1 - most)] : all })
}

export function knownOf(conversation: ConversationId): readonly string[] {
  const { said, tried } = known.get(conversation) ?? NOTHING
  return [...new Set([said, ...tried])].filter((each) => each !== '')
}

function keep(conversation: ConversationId, now: Known): void {
  if (now.said === '' && now.tried.length === 0) known.delete(conversation)
  else known.set(conversation, now)
  remember(NAME, Object.fromEntries(known))
}

onForgotten(() => known.clear())

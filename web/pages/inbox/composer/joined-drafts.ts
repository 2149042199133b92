/** A text that was begun before the server's draft was known, and that draft: neither replaces the other. Pure. */
import type { Draft } from './draft-saves.ts'

export const NO_DRAFT: Draft = { text: '', note: false }

export function joinedDrafts(kept: Draft, typed: Draft): Draft {
  if (kept.text.trim() === '') return typed
  // For colleagues only, as soon as one of them is.
  const note = kept.note || typed.note
  return { text: typed.text.trim() === '' ? kept.text : `${kept.text}\n${typed.text}`, note }
}

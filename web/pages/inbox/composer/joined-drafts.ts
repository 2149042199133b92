/**
 * A text that was begun before the server's draft was known, and that draft: neither replaces the other. What goes on from the draft, or
 * from its last lines, says them once. Pure.
 */
import type { Draft } from './draft-saves.ts'

export const NO_DRAFT: Draft = { text: '', note: false }

export const isSame = (one: Draft, other: Draft): boolean => one.text === other.text && one.note === other.note

/** @param base  the server's own as it was shown when the other was begun */
export function joinedDrafts(kept: Draft, typed: Draft, base?: Draft): Draft {
  if (base && isSame(base, kept)) return typed
  // Nothing was typed yet.
  if (base?.text === typed.text) return joinedDrafts(kept, { ...typed, text: '' })
  if (kept.text.trim() === '') return typed
  // Of two that were joined the other's came along behind it.
  if (base && base.text !== '' && kept.text.startsWith(`${base.text}\n`))
    return { text: typed.text + kept.text.slice(base.text.length), note: kept.note || typed.note }
  // For colleagues only, as soon as one of them is.
  const note = kept.note || typed.note
  if (typed.text.trim() === '') return { text: kept.text, note }
  const known = lastLinesOf(kept.text).find((lines) => typed.text.startsWith(lines))
  const before = known === undefined ? `${kept.text}\n` : kept.text.slice(0, -known.length)
  return { text: before + typed.text, note }
}

/** All of them, all but the first, …; what is blank could begin anything. */
function lastLinesOf(text: string): string[] {
  const lines = text.split('\n')
  return lines.map((_, at) => lines.slice(at).join('\n')).filter((each) => each.trim() !== '')
}

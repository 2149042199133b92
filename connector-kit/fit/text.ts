/** Texts with entities: measured in a network's unit, cut where people would cut, never inside a grapheme. */
import type { Abilities } from '#contract/message/abilities.ts'
import type { Entity, Rich } from '#contract/message/content.ts'

type Unit = Abilities['text']['unit']

/** Length in the network's own unit; `sms`: septets or UTF-16 units, as one letter outside GSM 7 bit decides for all. */
export function lengthIn(unit: Unit, text: string): number {
  switch (unit) {
    case 'utf16':
    case 'sms':
      return text.length
    case 'codepoints': {
      let count = 0
      for (const _ of text) count++
      return count
    }
    case 'bytes':
      return Buffer.byteLength(text)
  }
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

/**
 * Cuts a text into pieces of at most `max` units: at a paragraph, else a line, else a sentence, else a word, else between graphemes.
 * A grapheme longer than a whole piece is cut between code points: nothing else would ever end. Entities are cut at the borders.
 */
export function splitRich(rich: Rich, max: number, unit: Unit): Rich[] {
  const pieces: Rich[] = []
  let from = 0
  while (from < rich.text.length) {
    const end = endOfPiece(rich.text, from, max, unit)
    pieces.push(sliceRich(rich, from, end))
    from = end
    // Where a piece ends between words, the space between belongs to neither.
    if (from < rich.text.length && /\s/.test(rich.text[from]!)) from++
  }
  return pieces.length > 0 ? pieces : [rich]
}

/** The part from `start` to before `end`, with what of its entities lies inside. */
export function sliceRich({ text, entities }: Rich, start: number, end: number): Rich {
  const inside = entities.flatMap((entity): Entity[] => {
    const from = Math.max(entity.offset, start)
    const to = Math.min(entity.offset + entity.length, end)
    return from < to ? [{ ...entity, offset: from - start, length: to - from }] : []
  })
  return { text: text.slice(start, end), entities: inside }
}

function endOfPiece(text: string, from: number, max: number, unit: Unit): number {
  const hard = reach(text, from, max, unit)
  if (hard >= text.length) return text.length
  const window = text.slice(from, hard + 1)
  // A border in the last two thirds is better than a full piece.
  const least = Math.floor((hard - from) / 3)
  for (const border of [/\n\n/g, /\n/g, /[.!?…](?=\s)/g, /\s/g]) {
    const last = [...window.matchAll(border)].findLast(
      (match) => match.index >= least && from + endOfBorder(match) <= hard,
    )
    if (last) return from + endOfBorder(last)
  }
  return betweenGraphemes(text, from, hard)
}

/** Sentences keep their sign; spaces and line breaks stay outside. */
const endOfBorder = (match: RegExpExecArray): number =>
  /^\s/.test(match[0]) ? match.index : match.index + match[0].length

/** The furthest index that still fits, never between the halves of a surrogate pair. */
function reach(text: string, from: number, max: number, unit: Unit): number {
  if (unit === 'utf16' || unit === 'sms') {
    const end = Math.min(text.length, from + max)
    return end < text.length && isLowSurrogate(text, end) && end - 1 > from ? end - 1 : end
  }
  let used = 0
  let at = from
  while (at < text.length) {
    const step = text.codePointAt(at)! > 0xffff ? 2 : 1
    used += unit === 'bytes' ? Buffer.byteLength(text.slice(at, at + step)) : 1
    if (used > max) break
    at += step
  }
  return Math.max(at, from + 1)
}

const isLowSurrogate = (text: string, at: number) => text.charCodeAt(at) >= 0xdc00 && text.charCodeAt(at) <= 0xdfff

/** Longest stretch in which a grapheme's beginning is looked for; a flag with its tags, a family with its joiners. */
const LONGEST_GRAPHEME = 64

function betweenGraphemes(text: string, from: number, hard: number): number {
  const start = Math.max(from, hard - LONGEST_GRAPHEME)
  let last = start
  for (const { index } of graphemes.segment(text.slice(start, hard + 1))) {
    if (start + index > hard) break
    last = start + index
  }
  return last > from ? last : hard
}

/** Puts texts one after the other, entities moved along. */
export function joinRich(parts: readonly (Rich | string)[]): Rich {
  let text = ''
  const entities: Entity[] = []
  for (const part of parts) {
    const rich = typeof part === 'string' ? { text: part, entities: [] } : part
    entities.push(...rich.entities.map((entity) => ({ ...entity, offset: entity.offset + text.length })))
    text += rich.text
  }
  return { text, entities }
}

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

/** How much one piece may hold. */
export interface Measure {
  max: number
  unit: Unit
  /** Most lines; absent = any. */
  lines?: number
}

/**
 * Cuts a text into pieces: at a paragraph, else a line, else a sentence, else a word, else between graphemes; never inside a link, a
 * mention or code that would fit a piece. A grapheme longer than a whole piece is cut between code points: nothing else would ever end.
 */
export function splitRich(rich: Rich, measure: Measure): Rich[] {
  const pieces: Rich[] = []
  let from = 0
  while (from < rich.text.length) {
    const end = endOfPiece(rich, from, measure)
    pieces.push(sliceRich(rich, from, end))
    from = end
    // Where a piece ends between words, the space between belongs to neither.
    while (from < rich.text.length && /\s/.test(rich.text[from]!)) from++
  }
  return pieces.length > 0 ? pieces : [rich]
}

/** At most `most` UTF-16 units of a plain text, never inside a grapheme. */
export const plainSlice = (text: string, most: number): string =>
  text.length <= most ? text : text.slice(0, betweenGraphemes(text, 0, reach(text, 0, most, 'utf16')))

/** The part from `start` to before `end`, with what of its entities lies inside. */
export function sliceRich({ text, entities }: Rich, start: number, end: number): Rich {
  const inside = entities.flatMap((entity): Entity[] => {
    const from = Math.max(entity.offset, start)
    const to = Math.min(entity.offset + entity.length, end)
    return from < to ? [{ ...entity, offset: from - start, length: to - from }] : []
  })
  return { text: text.slice(start, end), entities: inside }
}

function endOfPiece({ text, entities }: Rich, from: number, { max, unit, lines }: Measure): number {
  const hard = Math.min(reach(text, from, max, unit), endOfLines(text, from, lines))
  if (hard >= text.length) return text.length
  const end = borderBefore(text, from, hard)
  // What loses its meaning when cut goes over whole, if it is short enough to.
  const torn = entities.find(
    ({ kind, offset, length }) =>
      WHOLE.has(kind) && offset < end && end < offset + length && offset > from && length <= hard - from,
  )
  if (!torn) return end
  let before = graphemeAt(text, from, torn.offset)
  if (before <= from) return end
  while (before - 1 > from && /\s/.test(text[before - 1]!)) before--
  return before
}

const WHOLE: ReadonlySet<string> = new Set(['link', 'mention', 'code', 'emoji'])

function endOfLines(text: string, from: number, lines: number | undefined): number {
  if (lines === undefined) return text.length
  let at = from
  for (let line = 0; line < lines; line++) {
    const next = text.indexOf('\n', at)
    if (next < 0) return text.length
    at = next + 1
  }
  return at - 1
}

function borderBefore(text: string, from: number, hard: number): number {
  if (text[hard] === '\n') return hard
  const window = text.slice(from, hard + 1)
  // A border in the last two thirds is better than a full piece.
  const least = Math.max(1, Math.floor((hard - from) / 3))
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

/** The middle of a character: no place to cut. */
const isLowSurrogate = (text: string, at: number) => text.charCodeAt(at) >= 0xdc00 && text.charCodeAt(at) <= 0xdfff

/** Longest stretch in which a grapheme's beginning is looked for; a flag with its tags, a family with its joiners. */
const LONGEST_GRAPHEME = 64

function betweenGraphemes(text: string, from: number, hard: number): number {
  const last = graphemeAt(text, from, hard)
  return last > from ? last : hard
}

/** Where the grapheme begins that stands at `at`; not before `from`. */
function graphemeAt(text: string, from: number, at: number): number {
  const start = Math.max(from, at - LONGEST_GRAPHEME)
  let last = start
  // Half of a surrogate pair would count as a grapheme of its own.
  for (const { index } of graphemes.segment(text.slice(start, at + 2))) {
    if (start + index > at) break
    last = start + index
  }
  return last
}

/** A stretch widened to whole graphemes, so that what is written at its borders never stands inside a letter. */
export function wholeGraphemes(text: string, { offset, length }: Pick<Entity, 'offset' | 'length'>) {
  const end = offset + length
  const start = graphemeAt(text, 0, offset)
  if (end >= text.length) return { offset: start, length: text.length - start }
  const last = graphemeAt(text, 0, end)
  const [letter] = graphemes.segment(text.slice(last, last + LONGEST_GRAPHEME))
  return { offset: start, length: (last === end ? end : last + letter!.segment.length) - start }
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

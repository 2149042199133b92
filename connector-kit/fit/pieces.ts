/**
 * One visible thing per message: media that the network takes as an album stay together, a text that fits a caption stays with its
 * medium, a long one follows; texts are cut to the network's length.
 */
import type { Abilities } from '#contract/message/abilities.ts'
import { isMedia, type Part, type PartOf } from '#contract/message/content.ts'
import type { Applied } from './fit.ts'
import { joinRich, lengthIn, splitRich, type Measure } from './text.ts'

/** More than this many pieces of one text are a page, where we have one. */
const MOST_PIECES = 5

export interface Cutting {
  abilities: Abilities
  /** Our own page for the whole message. */
  page: string | undefined
  /** Choices stand under the last message, and no album carries any. */
  hasChoices: boolean
}

export function piecesOf(parts: readonly Part[], cutting: Cutting): { pieces: Part[][]; applied: Applied[] } {
  const { abilities, hasChoices } = cutting
  // A letter goes out whole.
  if (abilities.together) {
    const said = parts.filter((part) => part.kind !== 'text' || part.text !== '')
    return { pieces: said.length > 0 ? [said] : [], applied: [] }
  }
  const applied: Applied[] = []
  const pieces: Part[][] = []
  for (const [index, part] of parts.entries()) {
    if (part.kind === 'text') pieces.push(...textPieces(part, index, cutting, applied))
    else if (isMedia(part)) {
      const able = abilities.media?.[part.kind]
      const { caption, ...bare } = part
      const isApart =
        caption !== undefined && caption.text !== '' && !fitsCaption(caption.text, able?.caption, abilities)
      const before = pieces.at(-1)
      const isBehindMedia = before?.[0] !== undefined && isMedia(before[0])
      const isLast = hasChoices && index === parts.length - 1
      if (isBehindMedia && !isApart && !isLast && isOneAlbum([...before, part], abilities)) before.push(part)
      else {
        if (isBehindMedia) applied.push({ rule: 'album_apart', part: index })
        pieces.push([isApart ? (bare as Part) : part])
      }
      if (isApart) {
        applied.push({ rule: 'caption_apart', part: index })
        pieces.push(...textPieces({ kind: 'text', ...caption }, index, cutting, applied))
      }
    } else pieces.push([part])
  }
  return { pieces: captioned(pieces, abilities, applied), applied }
}

/** Each item's kind has albums of this size, and stands beside those of the others. */
function isOneAlbum(items: readonly Part[], { media = {} }: Abilities): boolean {
  const kinds = [...new Set(items.filter(isMedia).map(({ kind }) => kind))]
  return kinds.every(
    (kind) =>
      items.length <= (media[kind]?.album ?? 1) &&
      kinds.every((other) => other === kind || media[kind]?.mixes?.includes(other)),
  )
}

const fitsCaption = (words: string, most: number | undefined, { text }: Abilities): boolean =>
  most !== undefined && lengthIn(text.unit, words) <= most

/** `[image, text]` is an image with a caption, where that fits. */
function captioned(pieces: Part[][], abilities: Abilities, applied: Applied[]): Part[][] {
  const [media, words] = pieces
  const part = media?.[0]
  const text = words?.[0]
  if (pieces.length !== 2 || !part || !isMedia(part) || text?.kind !== 'text') return pieces
  const hasWords = media!.some((each) => isMedia(each) && each.caption?.text)
  if (hasWords || !fitsCaption(text.text, abilities.media?.[part.kind]?.caption, abilities)) {
    if (!applied.some(({ rule }) => rule === 'caption_apart')) applied.push({ rule: 'caption_apart' })
    return pieces
  }
  applied.push({ rule: 'caption_joined' })
  return [[{ ...part, caption: { text: text.text, entities: text.entities } } as Part, ...media!.slice(1)]]
}

function textPieces(
  part: PartOf<'text'>,
  index: number,
  { abilities, page }: Cutting,
  applied: Applied[],
): PartOf<'text'>[][] {
  if (part.text.trim() === '') return []
  const { max, unit, lines } = abilities.text
  const measure: Measure = { max, unit, ...(lines === undefined ? {} : { lines }) }
  const whole = splitRich(part, measure)
  if (whole.length === 1) return [[part]]
  const pieces = numbered(part, measure)
  if (pieces.length > MOST_PIECES && page !== undefined) {
    applied.push({ rule: 'text_as_link', part: index })
    return [[linked(part, page, measure)]]
  }
  applied.push({ rule: 'text_split', part: index, after: String(pieces.length) })
  return pieces.map((piece) => [{ kind: 'text', ...piece }])
}

/** The beginning of the text, then where the rest is. */
function linked(part: PartOf<'text'>, page: string, measure: Measure): PartOf<'text'> {
  const rest = `… ${page}`
  const room = measure.max - lengthIn(measure.unit, rest)
  const beginning = room > 0 ? splitRich(part, { ...measure, max: room })[0]! : { text: '', entities: [] }
  return { kind: 'text', ...joinRich([beginning, room > 0 ? rest : page]) }
}

/** `(1/3)` at the end of each piece; its own length is known only when all are counted. */
function numbered(part: PartOf<'text'>, measure: Measure) {
  for (let digits = 1; ; digits++) {
    // " (1/3)"
    const mark = 4 + 2 * digits
    // Where a number would eat half of the piece there is none.
    if (measure.max <= mark * 2) return splitRich(part, measure)
    const pieces = splitRich(part, { ...measure, max: measure.max - mark })
    if (String(pieces.length).length <= digits)
      return pieces.map((piece, index) => joinRich([piece, ` (${index + 1}/${pieces.length})`]))
  }
}

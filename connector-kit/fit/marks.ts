/** Marks that a network does not have: written out where they carry meaning, dropped where they only decorate. */
import type { Abilities } from '#contract/message/abilities.ts'
import type { Entity, EntityKind, Rich } from '#contract/message/content.ts'
import { wholeGraphemes } from './text.ts'

/** Words that go into the text: at the mark's beginning, inside it, at its end. */
type Insert = readonly [at: number, words: string]
type Written = (inner: string, entity: Entity) => Insert[]

const around =
  (before: string, after: string): Written =>
  (_, { offset, length }) => [
    [offset, before],
    [offset + length, after],
  ]

const WRITTEN: Partial<Record<EntityKind, Written>> = {
  link: (inner, { offset, length, value }) => (value && value !== inner ? [[offset + length, ` (${value})`]] : []),
  code: around('`', '`'),
  pre: around('```\n', '\n```'),
  // Each of its lines.
  quote: (inner, { offset }) => [...inner.matchAll(/^/gm)].map((line): Insert => [offset + line.index, '> ']),
  spoiler: around('[spoiler: ', ']'),
  // A word joiner behind the sign: somebody else may have that name there.
  mention: (inner, { offset }) => (inner.startsWith('@') ? [[offset + 1, '\u2060']] : [[offset, '@\u2060']]),
}

/** @returns the same text object when nothing had to change, and the rules that changed it */
export function fitMarks(rich: Rich, marks: Abilities['text']['marks']): { rich: Rich; rules: string[] } {
  const missing = rich.entities
    .filter((entity) => marks[entity.kind] === undefined)
    // A mark may end inside an emoji: written out there it would tear it, and half a sign is a lost one.
    .map((entity) => ({ ...entity, ...wholeGraphemes(rich.text, entity) }))
  if (missing.length === 0) return { rich, rules: [] }
  const kept = rich.entities.filter((entity) => marks[entity.kind] !== undefined)
  // Inner marks close first: the longer ones come later.
  const inserts = missing
    .toSorted((a, b) => a.length - b.length)
    .flatMap((entity) => {
      const inner = rich.text.slice(entity.offset, entity.offset + entity.length)
      return WRITTEN[entity.kind]?.(inner, entity) ?? []
    })
  const isMention = (entity: Entity) => entity.kind === 'mention'
  return {
    rich: insert({ text: rich.text, entities: kept }, inserts),
    rules: [
      ...(missing.every(isMention) ? [] : ['marks_written']),
      ...(missing.some(isMention) ? ['mention_as_name'] : []),
    ],
  }
}

/** Puts words into a text. A mark that stays spans what is put inside it, not what is put at its borders. */
function insert({ text, entities }: Rich, inserts: readonly Insert[]): Rich {
  const sorted = inserts.toSorted(([a], [b]) => a - b)
  let written = ''
  let from = 0
  for (const [at, words] of sorted) {
    written += text.slice(from, at) + words
    from = at
  }
  written += text.slice(from)
  const shift = (isBefore: (at: number) => boolean) =>
    sorted.reduce((sum, [at, words]) => (isBefore(at) ? sum + words.length : sum), 0)
  return {
    text: written,
    entities: entities.map((entity) => {
      const end = entity.offset + entity.length
      const offset = entity.offset + shift((at) => at <= entity.offset)
      return { ...entity, offset, length: end + shift((at) => at < end) - offset }
    }),
  }
}

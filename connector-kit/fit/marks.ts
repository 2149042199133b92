/** Marks that a network does not have: written out where they carry meaning, dropped where they only decorate. */
import type { Abilities } from '#contract/message/abilities.ts'
import type { Entity, EntityKind, Rich } from '#contract/message/content.ts'
import { joinRich, sliceRich } from './text.ts'

/** What stands before and after a mark that is written out. */
const WRITTEN: Partial<
  Record<EntityKind, (inner: string, value: string | undefined) => [before: string, after: string]>
> = {
  link: (inner, url) => ['', url && url !== inner ? ` (${url})` : ''],
  code: () => ['`', '`'],
  pre: () => ['```\n', '\n```'],
  quote: () => ['> ', ''],
  spoiler: () => ['[spoiler: ', ']'],
}

/** @returns the same text object when nothing had to change */
export function fitMarks(rich: Rich, marks: Abilities['text']['marks']): Rich {
  const missing = rich.entities.filter((entity) => marks[entity.kind] === undefined)
  if (missing.length === 0) return rich
  const kept: Rich = { text: rich.text, entities: rich.entities.filter((entity) => marks[entity.kind] !== undefined) }
  const inserts = missing.flatMap((entity): [at: number, words: string][] => {
    const inner = rich.text.slice(entity.offset, entity.offset + entity.length)
    const [before = '', after = ''] = WRITTEN[entity.kind]?.(inner, entity.value) ?? []
    return [
      [entity.offset, before],
      [entity.offset + entity.length, after],
    ]
  })
  return insert(
    kept,
    inserts.filter(([, words]) => words !== ''),
  )
}

/** Puts words into a text; entities that span an insertion grow with it. */
function insert(rich: Rich, inserts: [at: number, words: string][]): Rich {
  const sorted = inserts.toSorted(([a], [b]) => a - b)
  const parts: (Rich | string)[] = []
  let from = 0
  for (const [at, words] of sorted) {
    parts.push(sliceRich({ ...rich, entities: [] }, from, at), words)
    from = at
  }
  parts.push(sliceRich({ ...rich, entities: [] }, from, rich.text.length))
  const moved = (at: number, inclusive: boolean) =>
    at +
    sorted
      .filter(([place]) => place < at || (inclusive && place === at))
      .reduce((sum, [, words]) => sum + words.length, 0)
  const entities = rich.entities.map((entity): Entity => {
    const offset = moved(entity.offset, true)
    return { ...entity, offset, length: Math.max(1, moved(entity.offset + entity.length, false) - offset) }
  })
  return { text: joinRich(parts).text, entities }
}

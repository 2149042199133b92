/** Words with their marks while they are edited. Pure; the window and the server read them alike. */
import type { Content, Entity, Rich } from './content.ts'

/** The words that an edit replaces: what was written, in the text or under a picture; never the name of a file. */
export function writtenOf({ parts }: Content): Rich {
  const written = parts.flatMap((each): Rich[] =>
    each.kind === 'text' ? [each] : 'caption' in each && each.caption ? [each.caption] : [],
  )
  let text = ''
  const entities: Entity[] = []
  for (const [index, rich] of written.entries()) {
    if (index > 0) text += '\n'
    for (const entity of rich.entities) entities.push({ ...entity, offset: entity.offset + text.length })
    text += rich.text
  }
  return { text, entities }
}

/** The marks that still fit after the words were changed: those before the change stay, those behind it move, those touched by it go. */
export function keptMarks(before: Rich, text: string): Entity[] {
  const shorter = Math.min(before.text.length, text.length)
  let head = 0
  while (head < shorter && before.text[head] === text[head]) head++
  let tail = 0
  while (tail < shorter - head && before.text.at(-1 - tail) === text.at(-1 - tail)) tail++
  const moved = text.length - before.text.length
  const changedTo = before.text.length - tail
  return before.entities.flatMap((entity) => {
    const end = entity.offset + entity.length
    if (end <= head) return [entity]
    return entity.offset >= changedTo ? [{ ...entity, offset: entity.offset + moved }] : []
  })
}

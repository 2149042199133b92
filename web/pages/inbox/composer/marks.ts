/** What a member types for bold and the like, read into entities: `**bold**`, `__italic__`, `~~strike~~`, `` `code` ``. Pure. */
import type { Entity, EntityKind, Rich } from '#contract/message/content.ts'

const SIGNS: readonly (readonly [string, EntityKind])[] = [
  ['**', 'bold'],
  ['__', 'italic'],
  ['~~', 'strike'],
  ['`', 'code'],
]

/** A sign counts only as a pair around something that neither begins nor ends with a space: `2 ** 3` stays as typed. */
export function readMarks(typed: string): Rich {
  let text = ''
  const entities: Entity[] = []
  const open: { sign: string; kind: EntityKind; at: number }[] = []
  let at = 0
  while (at < typed.length) {
    const found = SIGNS.find(([sign]) => typed.startsWith(sign, at))
    const inCode = open.at(-1)?.kind === 'code'
    if (!found || (inCode && found[1] !== 'code')) {
      text += typed[at++]
      continue
    }
    const [sign, kind] = found
    const index = open.findLastIndex((each) => each.sign === sign)
    if (index >= 0 && !isSpace(text.at(-1)) && text.length > open[index]!.at) {
      const begun = open[index]!
      entities.push({ kind, offset: begun.at, length: text.length - begun.at })
      open.splice(index)
      at += sign.length
    } else if (index < 0 && isPair(typed, sign, at)) {
      open.push({ sign, kind, at: text.length })
      at += sign.length
    } else {
      text += sign
      at += sign.length
    }
  }
  return { text, entities: entities.toSorted((a, b) => a.offset - b.offset || b.length - a.length) }
}

const isSpace = (sign: string | undefined): boolean => sign === undefined || /\s/.test(sign)

function isPair(typed: string, sign: string, at: number): boolean {
  const from = at + sign.length
  if (isSpace(typed[from])) return false
  for (let end = typed.indexOf(sign, from + 1); end >= 0; end = typed.indexOf(sign, end + 1))
    if (!isSpace(typed[end - 1])) return true
  return false
}

/**
 * The other way round, for words that are edited: signs around what they can say. `rest`: marks without a sign, such as links, which the
 * member does not see here and which must not be lost.
 */
export function writeMarks({ text, entities }: Rich): { typed: string; rest: Entity[] } {
  const said: Entity[] = []
  for (const entity of entities) if (canSay(entity, text, said)) said.push(entity)
  const signs = said.flatMap(({ kind, offset, length }, index) => {
    const sign = signOf(kind)!
    return [
      { at: offset, sign, order: index + 1 },
      { at: offset + length, sign, order: -(index + 1) },
    ]
  })
  let typed = ''
  let from = 0
  for (const { at, sign } of signs.toSorted((a, b) => a.at - b.at || a.order - b.order)) {
    typed += text.slice(from, at) + sign
    from = at
  }
  typed += text.slice(from)
  // Words that hold such signs of their own would be read otherwise than they were written: then they stay as they are.
  const isSame = JSON.stringify(readMarks(typed)) === JSON.stringify({ text, entities: said })
  return isSame
    ? { typed, rest: entities.filter((each) => !said.includes(each)) }
    : { typed: text, rest: [...entities] }
}

const signOf = (kind: EntityKind): string | undefined => SIGNS.find(([, each]) => each === kind)?.[0]

function canSay({ kind, offset, length }: Entity, text: string, said: readonly Entity[]): boolean {
  const end = offset + length
  if (!signOf(kind) || isSpace(text[offset]) || isSpace(text[end - 1])) return false
  return said.every((other) => {
    const otherEnd = other.offset + other.length
    if (end <= other.offset || otherEnd <= offset) return true
    return offset >= other.offset && end <= otherEnd && other.kind !== 'code' && other.kind !== kind
  })
}

/** The typed text with a sign put around the selection, or taken away again. */
export function toggleMark(
  typed: string,
  from: number,
  to: number,
  kind: 'bold' | 'italic' | 'strike' | 'code',
): { typed: string; from: number; to: number } {
  const sign = SIGNS.find(([, each]) => each === kind)![0]
  const n = sign.length
  const isMarked = typed.slice(from - n, from) === sign && typed.slice(to, to + n) === sign
  return isMarked
    ? {
        typed: typed.slice(0, from - n) + typed.slice(from, to) + typed.slice(to + n),
        from: from - n,
        to: to - n,
      }
    : {
        typed: typed.slice(0, from) + sign + typed.slice(from, to) + sign + typed.slice(to),
        from: from + n,
        to: to + n,
      }
}

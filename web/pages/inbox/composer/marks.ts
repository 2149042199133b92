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

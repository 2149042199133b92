/** Cuts a rich text at the borders of its entities, so that each piece has one set of marks. Pure; UTF-16 offsets. */
import type { Entity, Rich } from '#contract/message/content.ts'

export interface Segment {
  text: string
  marks: Entity[]
}

const URL_IN_TEXT = /\bhttps?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]}»]/g

export function segmentsOf(rich: Rich): Segment[] {
  const { text } = rich
  const entities = [...rich.entities, ...bareLinks(rich)].filter((each) => each.offset < text.length && each.length > 0)
  const borders = new Set([0, text.length])
  for (const { offset, length } of entities) {
    borders.add(offset)
    borders.add(Math.min(text.length, offset + length))
  }
  const cuts = [...borders].toSorted((a, b) => a - b)
  const open = entities.toSorted((a, b) => a.offset - b.offset)
  let next = 0
  let marks: Entity[] = []
  // Each cut looks at what is open there, not at all there is: a letter may hold twenty thousand addresses.
  return cuts.slice(0, -1).map((from, index) => {
    marks = marks.filter((each) => each.offset + each.length > from)
    for (; open[next] && open[next]!.offset <= from; next++) marks.push(open[next]!)
    return { text: text.slice(from, cuts[index + 1]), marks }
  })
}

/** Addresses that the network did not mark: people expect to follow them. */
function bareLinks({ text, entities }: Rich): Entity[] {
  return [...text.matchAll(URL_IN_TEXT)]
    .map((match): Entity => ({ kind: 'link', offset: match.index, length: match[0].length, value: match[0] }))
    .filter((link) =>
      entities.every(
        (each) =>
          !['link', 'code', 'pre'].includes(each.kind) ||
          each.offset + each.length <= link.offset ||
          each.offset >= link.offset + link.length,
      ),
    )
}

/** What a message shows before somebody asks for all of it. A page of letters is 3,000 characters. */
const MOST_SHOWN = 8_000
/** How far back the cut looks for a gap between words. */
const GAP_WITHIN = 1_000

/** A text that a window can draw at once; the same one, where it is no longer than that. */
export function beginningOf(rich: Rich): Rich {
  if (rich.text.length <= MOST_SHOWN) return rich
  const most = rich.text.slice(0, MOST_SHOWN).replace(/[\uD800-\uDBFF]$/, '')
  // Half an address leads elsewhere.
  const words = most.replace(/\bhttps?:\/\/\S*$/, '')
  const gap = words.slice(-GAP_WITHIN).search(/\s\S*$/)
  const text = gap < 0 || words !== most ? words : words.slice(0, gap - Math.min(words.length, GAP_WITHIN))
  const isWhole = ({ offset, length }: Entity) => offset + length <= text.length
  return { text, entities: rich.entities.filter((each) => each.kind !== 'link' || isWhole(each)) }
}

/** Marks over one letter, as many as any language needs: a hundred thousand stop the window that draws them. */
export const withFewMarks = (text: string): string => text.replaceAll(/(\p{M}{12})\p{M}+/gu, '$1')

/** What turns the reading round, or is not seen at all: an address that holds it shows another than it is. */
const UNSEEN = /[\p{Cc}\p{Cf}]/u

/** Only what cannot run a script, reach this machine's own programs, or show another host than it leads to. */
export function safeUrl(url: string | undefined): string | null {
  if (!url || UNSEEN.test(url)) return null
  const whole = /^[a-z][a-z\d+.-]*:/i.test(url) ? url : `https://${url}`
  if (!URL.canParse(whole)) return null
  const { protocol, username, password, href } = new URL(whole)
  // https://bank.example@evil.example leads to the latter.
  if (username !== '' || password !== '') return null
  return ['http:', 'https:', 'mailto:', 'tel:'].includes(protocol) ? href : null
}

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

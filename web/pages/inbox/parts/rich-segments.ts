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
  return cuts.slice(0, -1).map((from, index) => {
    const to = cuts[index + 1]!
    return {
      text: text.slice(from, to),
      marks: entities.filter((each) => each.offset <= from && each.offset + each.length >= to),
    }
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

/** Only what cannot run a script or reach this machine's own programs. */
export function safeUrl(url: string | undefined): string | null {
  if (!url) return null
  const whole = /^[a-z][a-z\d+.-]*:/i.test(url) ? url : `https://${url}`
  try {
    const { protocol, href } = new URL(whole)
    return ['http:', 'https:', 'mailto:', 'tel:'].includes(protocol) ? href : null
  } catch {
    return null
  }
}

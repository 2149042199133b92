/** A text with its marks → the HTML of a letter. */
import type { Entity, Rich } from '#contract/message/content.ts'
import { escaped } from './html-words.ts'

const TAGS: Partial<Record<Entity['kind'], readonly [open: string, close: string]>> = {
  bold: ['<b>', '</b>'],
  italic: ['<i>', '</i>'],
  underline: ['<u>', '</u>'],
  strike: ['<s>', '</s>'],
  code: ['<code>', '</code>'],
  pre: ['<pre>', '</pre>'],
  quote: ['<blockquote style="margin:0 0 0 .8ex;border-left:1px solid #ccc;padding-left:1ex">', '</blockquote>'],
  heading: ['<b style="font-size:1.2em">', '</b>'],
}

/** Where entities cross, the inner one is closed and opened again, so that tags always nest. */
export function htmlOf({ text, entities }: Rich): string {
  const marks = entities.filter((entity) => tagsOf(entity) !== null && entity.offset + entity.length <= text.length)
  const edges = [
    ...new Set([0, text.length, ...marks.flatMap((mark) => [mark.offset, mark.offset + mark.length])]),
  ].toSorted((a, b) => a - b)
  let html = ''
  let open: Entity[] = []
  for (const [index, edge] of edges.entries()) {
    const over = marks
      .filter((mark) => mark.offset <= edge && mark.offset + mark.length > edge)
      .toSorted((a, b) => a.offset - b.offset || b.length - a.length)
    const same = open.findIndex((mark, at) => over[at] !== mark)
    const kept = same < 0 ? open.length : same
    for (const mark of open.slice(kept).toReversed()) html += tagsOf(mark)![1]
    for (const mark of over.slice(kept)) html += tagsOf(mark)![0]
    open = over
    const next = edges[index + 1]
    if (next !== undefined)
      html += linesOf(
        text.slice(edge, next),
        over.some((mark) => mark.kind === 'pre'),
      )
  }
  return html
}

function tagsOf({ kind, value }: Entity): readonly [string, string] | null {
  if (kind !== 'link') return TAGS[kind] ?? null
  return value && /^(https?:|mailto:|tel:)/i.test(value) ? [`<a href="${escaped(value)}">`, '</a>'] : null
}

const linesOf = (text: string, kept: boolean): string =>
  kept ? escaped(text) : escaped(text).replaceAll('\n', '<br>\n')

/** The same without marks, for those who read plain text: links keep their address, quotes their mark. */
export function plainOf({ text, entities }: Rich): string {
  const changes = entities
    .flatMap((entity): { at: number; add: string }[] => {
      const words = text.slice(entity.offset, entity.offset + entity.length)
      if (entity.kind === 'link' && entity.value && entity.value !== words && entity.value !== `mailto:${words}`)
        return [{ at: entity.offset + entity.length, add: ` (${entity.value})` }]
      if (entity.kind === 'quote')
        return [0, ...[...words.matchAll(/\n/g)].map(({ index }) => index + 1)].map((line) => ({
          at: entity.offset + line,
          add: '> ',
        }))
      return []
    })
    .toSorted((a, b) => b.at - a.at)
  return changes.reduce((now, { at, add }) => now.slice(0, at) + add + now.slice(at), text)
}

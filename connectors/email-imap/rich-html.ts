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
  heading: ['<h3 style="display:inline;font-size:1.2em">', '</h3>'],
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
      html += over.some((mark) => mark.kind === 'pre')
        ? escaped(text.slice(edge, next))
        : linesOf(text.slice(edge, next), edge === 0 || text[edge - 1] === '\n')
  }
  return html
}

function tagsOf({ kind, value }: Entity): readonly [string, string] | null {
  // As the HTML standard suggests for a program's language (§4.5.15).
  if (kind === 'pre' && value) return [`<pre><code class="language-${escaped(value)}">`, '</code></pre>']
  if (kind !== 'link') return TAGS[kind] ?? null
  return value && /^(https?:|mailto:|tel:)/i.test(value) ? [`<a href="${escaped(value)}">`, '</a>'] : null
}

/** Runs of spaces stay what they are: somebody lined words up. */
const linesOf = (text: string, beginsLine: boolean): string =>
  escaped(text)
    .replace(/^ /, beginsLine ? '&nbsp;' : ' ')
    .replaceAll(/ (?= )|(?<=\n) /g, '&nbsp;')
    .replaceAll('\n', '<br>\n')

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

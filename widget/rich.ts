/** Text with marks → nodes. Marks nest as they lie; addresses in plain words become links; only harmless schemes do. */
import type { Entity, Rich } from '#contract/message/content.ts'
import { h } from './dom.ts'

const BARE_LINK = /https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]}]/g
const SCHEMES = new Set(['https:', 'http:', 'mailto:', 'tel:'])

/** @returns null: an address that nobody should follow from here */
export function safeUrl(address: string | undefined): string | null {
  if (!address || !URL.canParse(address)) return null
  const url = new URL(address)
  return SCHEMES.has(url.protocol) && url.username === '' ? url.href : null
}

export function linkTo(url: string, ...children: (Node | string)[]): HTMLAnchorElement {
  // The true address can always be seen: words of a link may lie.
  return h('a', { href: url, target: '_blank', rel: 'noopener noreferrer nofollow', title: url }, ...children)
}

export function rich(
  { text, entities = [] }: { text: string; entities?: Rich['entities'] },
  spoilerLabel: string,
): Node[] {
  const marks = [...entities]
    .filter(({ offset, length }) => offset >= 0 && offset + length <= text.length)
    .toSorted((a, b) => a.offset - b.offset || b.length - a.length)
  return inside(text, 0, text.length, marks, spoilerLabel)
}

function inside(text: string, from: number, to: number, marks: Entity[], spoilerLabel: string): Node[] {
  const nodes: Node[] = []
  let at = from
  while (marks.length > 0) {
    const [mark] = marks as [Entity]
    if (mark.offset >= to) break
    marks.shift()
    const end = Math.min(to, mark.offset + mark.length)
    if (mark.offset < at) continue
    nodes.push(...linked(text.slice(at, mark.offset)))
    nodes.push(
      marked(mark, inside(text, mark.offset, end, marks, spoilerLabel), text.slice(mark.offset, end), spoilerLabel),
    )
    at = end
  }
  return [...nodes, ...linked(text.slice(at, to))]
}

const TAGS = {
  bold: 'b',
  italic: 'i',
  underline: 'u',
  strike: 's',
  code: 'code',
  pre: 'pre',
  quote: 'blockquote',
  heading: 'strong',
} as const

function marked(mark: Entity, nodes: Node[], words: string, spoilerLabel: string): Node {
  switch (mark.kind) {
    case 'link': {
      const url = safeUrl(mark.value ?? words)
      return url ? linkTo(url, words) : h('span', {}, ...nodes)
    }
    case 'spoiler': {
      const hidden = h('button', { type: 'button', class: 'spoiler', 'aria-label': spoilerLabel }, ...nodes)
      hidden.addEventListener('click', () => hidden.replaceWith(h('span', {}, ...nodes)))
      return hidden
    }
    case 'mention':
    case 'emoji':
      return h('span', { class: mark.kind }, ...nodes)
    case 'bold':
    case 'italic':
    case 'underline':
    case 'strike':
    case 'code':
    case 'pre':
    case 'quote':
    case 'heading':
      return h(TAGS[mark.kind], {}, ...nodes)
  }
}

function linked(words: string): Node[] {
  const nodes: Node[] = []
  let at = 0
  for (const found of words.matchAll(BARE_LINK)) {
    const url = safeUrl(found[0])
    if (!url) continue
    nodes.push(document.createTextNode(words.slice(at, found.index)), linkTo(url, found[0]))
    at = found.index + found[0].length
  }
  return at < words.length ? [...nodes, document.createTextNode(words.slice(at))] : nodes
}

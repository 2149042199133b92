/** Words of a letter that came as HTML alone. One pass, no tree: this is for reading and searching; the HTML itself is shown in its frame. */

const BREAKS = new Set([
  'br',
  'p',
  'div',
  'tr',
  'li',
  'h1',
  'h2',
  'h3',
  'h4',
  'h5',
  'h6',
  'table',
  'section',
  'article',
  'header',
  'footer',
  'ul',
  'ol',
  'hr',
  'pre',
])
/** Their content is nothing to read. */
const SILENT = new Set([
  'script',
  'style',
  'head',
  'title',
  'template',
  'noscript',
  'svg',
  'math',
  'object',
  'iframe',
  'select',
  'textarea',
  'xmp',
])
const NAMED: Record<string, string> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  copy: '©',
  reg: '®',
  laquo: '«',
  raquo: '»',
  mdash: '—',
  ndash: '–',
  hellip: '…',
  euro: '€',
  zwnj: '',
  zwj: '',
}

export function wordsOfHtml(html: string): string {
  let words = ''
  let at = 0
  /** How deep inside quoted letters: each of their lines gets a mark, as in a plain letter. */
  let quoted = 0
  const line = () => {
    if (!words.endsWith('\n')) words += '\n'
  }
  const say = (text: string) => {
    const said = decoded(text).replaceAll(/\s+/g, ' ')
    if (said === '' || (said === ' ' && (words === '' || words.endsWith('\n') || words.endsWith(' ')))) return
    if (quoted > 0 && (words === '' || words.endsWith('\n'))) words += '> '
    words += said
  }
  while (at < html.length) {
    const open = html.indexOf('<', at)
    if (open < 0) {
      say(html.slice(at))
      break
    }
    if (open > at) say(html.slice(at, open))
    if (html.startsWith('<!--', open)) {
      const end = html.indexOf('-->', open + 4)
      at = end < 0 ? html.length : end + 3
      continue
    }
    const close = html.indexOf('>', open)
    if (close < 0) break
    at = close + 1
    const [, slash, tag] = /^<(\/?)([a-z][a-z0-9]{0,15})/i.exec(html.slice(open, open + 20)) ?? []
    const name = tag?.toLowerCase()
    if (name === undefined) continue
    if (name === 'blockquote') {
      line()
      quoted = Math.max(0, quoted + (slash ? -1 : 1))
    } else if (SILENT.has(name) && !slash) {
      const end = endOf(html, name, at)
      at = end
    } else if (BREAKS.has(name)) line()
    else if (name === 'td' || name === 'th') say(' ')
  }
  return words
    .split('\n')
    .map((each) => each.trim())
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim()
}

function endOf(html: string, name: string, from: number): number {
  const close = new RegExp(`</${name}\\s*>`, 'gi')
  close.lastIndex = from
  const found = close.exec(html)
  return found ? close.lastIndex : html.length
}

const decoded = (text: string): string =>
  text.replaceAll(
    /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,8}));/gi,
    (whole, decimal?: string, hex?: string, name?: string) => {
      if (name) return NAMED[name.toLowerCase()] ?? whole
      const point = decimal ? Number(decimal) : Number.parseInt(hex!, 16)
      return point > 0 && point <= 0x10_ffff && (point < 0xd800 || point > 0xdfff) ? String.fromCodePoint(point) : ''
    },
  )

export const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** A plain letter as a page, where its text part was shortened: the whole stays to be read. */
export const pageOfText = (text: string): string =>
  `<!doctype html><meta charset="utf-8"><pre style="white-space:pre-wrap;font:inherit">${escaped(text)}</pre>`

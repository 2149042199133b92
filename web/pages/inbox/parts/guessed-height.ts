/**
 * How high a letter will be, guessed from its markup: its frame is another origin without scripts, so nobody can measure in it, and what
 * would be measured outside of it would stand outside of it. A wrong guess costs a scroll bar or some white. Pure.
 */

const LINE = 21
const LETTER = 7
const MARGIN = 14
const AROUND = 18
/** A picture that does not say how high it is; one that is not shown is a mark. */
const PICTURE = 140
const NO_PICTURE = 20

export const LEAST = 58
export const MOST = 420

/** What begins a line of its own, and what it keeps free below it. */
const BLOCKS: Readonly<Record<string, number>> = {
  address: 0,
  blockquote: MARGIN,
  center: 0,
  dd: 0,
  div: 0,
  dl: MARGIN,
  dt: 0,
  h1: 2 * LINE,
  h2: 2 * LINE,
  h3: LINE,
  h4: LINE,
  hr: LINE,
  li: 0,
  ol: MARGIN,
  p: MARGIN,
  pre: MARGIN,
  section: 0,
  table: 0,
  tr: 4,
  ul: MARGIN,
}

/** @param width  of the frame, in pixels */
export function guessedHeight(html: string, width: number): number {
  const perLine = Math.max(10, Math.floor((width - AROUND) / LETTER))
  let height = AROUND
  let run = 0
  let isKept = false
  const endLine = () => {
    height += Math.ceil(run / perLine) * LINE
    run = 0
  }
  for (const [, slash, name = '', attributes = '', words = ''] of bodyOf(html).matchAll(TOKENS)) {
    if (height > MOST) return MOST
    const tag = name.toLowerCase()
    if (tag === '') {
      const text = words.replaceAll(/&#?\w{1,10};/g, 'x')
      if (isKept) {
        const lines = text.split('\n')
        for (const line of lines.slice(0, -1)) {
          run += Math.max(1, line.length)
          endLine()
        }
        run += lines.at(-1)!.length
      } else run += text.trim() === '' && run === 0 ? 0 : text.replaceAll(/\s+/g, ' ').length
    } else if (tag === 'br') {
      run = Math.max(1, run)
      endLine()
    } else if (tag === 'img') height += pictureHeight(attributes, width)
    else if (tag in BLOCKS) {
      endLine()
      if (tag === 'pre') isKept = slash === ''
      if (slash !== '' || tag === 'hr') height += BLOCKS[tag]!
    }
  }
  endLine()
  return Math.min(MOST, Math.max(LEAST, height))
}

const TOKENS = /<(\/?)([a-z][a-z0-9]*)((?:[^>"']|"[^"]*"|'[^']*')*)>|([^<]+)/gi

const bodyOf = (html: string): string => {
  const start = html.indexOf('<body')
  return start < 0 ? html : html.slice(start)
}

function pictureHeight(attributes: string, width: number): number {
  const said = (name: string) => Number(new RegExp(`\\b${name}\\s*=\\s*["']?(\\d{1,5})\\b`, 'i').exec(attributes)?.[1])
  const [high, wide] = [said('height'), said('width')]
  if (high) return wide > width ? (high * width) / wide : high
  return / src\s*=/i.test(attributes) ? PICTURE : NO_PICTURE
}

/** A page of ours as a mail program shows it: its words, and how they are marked. A tag that no letter of ours holds is a fault. */
import type { Entity, EntityKind, Rich } from '#contract/message/content.ts'

const MARKS: Readonly<Record<string, EntityKind>> = {
  b: 'bold',
  i: 'italic',
  u: 'underline',
  s: 'strike',
  code: 'code',
  pre: 'pre',
  blockquote: 'quote',
  h3: 'heading',
  a: 'link',
}

const CHARACTERS: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', nbsp: ' ' }

export function rendered(html: string): Rich {
  let text = ''
  const entities: Entity[] = []
  const open: { tag: string; kind?: EntityKind; offset: number; value?: string }[] = []
  const isKept = () => open.some(({ tag }) => tag === 'pre')

  for (const [, slash, tag, attributes = '', words = ''] of html.matchAll(/<(\/?)(\w+)([^>]*)>|([^<]+)/g)) {
    if (tag === undefined) {
      const said = words.replaceAll('\r\n', '\n')
      text += decoded(isKept() ? said : said.replaceAll(/\s*\n\s*/g, '').replaceAll(/ {2,}/g, ' '))
    } else if (tag === 'br') text += '\n'
    else if (tag === 'img') continue
    else if (slash) close(tag)
    else {
      if (tag === 'div' && text !== '' && !text.endsWith('\n')) text += '\n'
      const value = valueIn(tag, attributes)
      const kind = MARKS[tag]
      // The language of a program stands on the code inside its block.
      const around = open.at(-1)
      if (tag === 'code' && around?.tag === 'pre') {
        if (value !== undefined) around.value = value
        open.push({ tag, offset: text.length })
        continue
      }
      if (!kind && tag !== 'div') throw new Error(`<${tag}> in a letter of ours`)
      open.push({ tag, offset: text.length, ...(kind ? { kind } : {}), ...(value === undefined ? {} : { value }) })
    }
  }
  if (open.length > 0) throw new Error(`<${open.at(-1)!.tag}> without an end`)
  return { text: text.trimEnd(), entities: entities.toSorted((a, b) => a.offset - b.offset || b.length - a.length) }

  function close(tag: string): void {
    const last = open.pop()
    if (last?.tag !== tag) throw new Error(`</${tag}> where <${last?.tag}> is open`)
    const { kind, offset, value } = last
    if (kind) entities.push({ kind, offset, length: text.length - offset, ...(value === undefined ? {} : { value }) })
  }
}

function valueIn(tag: string, attributes: string): string | undefined {
  const found = tag === 'a' ? / href="([^"]*)"/.exec(attributes) : / class="language-([^"]*)"/.exec(attributes)
  return found ? decoded(found[1]!) : undefined
}

const decoded = (text: string): string =>
  text.replaceAll(/&(\w+);/g, (whole, name: string) => {
    const character = CHARACTERS[name]
    if (character === undefined) throw new Error(`${whole} in a letter of ours`)
    return character
  })

/** parse_mode HTML. https://core.telegram.org/bots/api#html-style */
import type { ApiEntity } from '../api-types.ts'
import { refuse } from '../refusal.ts'
import type { Formatted } from './formatting.ts'

const TAGS: Readonly<Record<string, string>> = {
  b: 'bold',
  strong: 'bold',
  i: 'italic',
  em: 'italic',
  u: 'underline',
  ins: 'underline',
  s: 'strikethrough',
  strike: 'strikethrough',
  del: 'strikethrough',
  'tg-spoiler': 'spoiler',
  span: 'spoiler',
  code: 'code',
  pre: 'pre',
  a: 'text_link',
  blockquote: 'blockquote',
  'tg-emoji': 'custom_emoji',
}

const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"' }

interface Opened {
  tag: string
  at: number
  attributes: Record<string, string>
}

export function parseHtml(source: string): Formatted {
  let text = ''
  const entities: ApiEntity[] = []
  const open: Opened[] = []
  const bytesBefore = (index: number) => Buffer.byteLength(source.slice(0, index))

  for (let index = 0; index < source.length;) {
    const char = source[index]!
    if (char === '&') {
      const [whole, decoded] = characterAt(source, index)
      text += decoded
      index += whole
    } else if (char === '<') {
      const match = /^<(\/?)([a-z-]*)((?:\s+[a-z-]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>]+))?)*)\s*>/i.exec(
        source.slice(index),
      )
      if (!match) cannot(`Unclosed start tag at byte offset ${bytesBefore(index)}`)
      const [whole, slash, name, attributes] = match as unknown as [string, string, string, string]
      const tag = name.toLowerCase()
      if (slash) close(tag, bytesBefore(index))
      else {
        if (!TAGS[tag]) cannot(`Unsupported start tag "${tag}" at byte offset ${bytesBefore(index)}`)
        const told = attributesOf(attributes)
        if (tag === 'span' && told.class !== 'tg-spoiler')
          cannot(`Tag "span" must have class "tg-spoiler" at byte offset ${bytesBefore(index)}`)
        open.push({ tag, at: text.length, attributes: told })
      }
      index += whole.length
    } else {
      text += char
      index++
    }
  }
  const last = open.at(-1)
  if (last) cannot(`Can't find end tag corresponding to start tag "${last.tag}"`)
  return { text, entities: joinPre(entities) }

  function close(tag: string, offset: number): void {
    const opened = open.pop()
    if (!opened) return cannot(`Unexpected end tag at byte offset ${offset}`)
    if (tag !== '' && tag !== opened.tag)
      cannot(`Unmatched end tag at byte offset ${offset}, expected "</${opened.tag}>", found "</${tag}>"`)
    const entity = entityOf(opened, text)
    if (entity) entities.push(entity)
  }
}

function entityOf({ tag, at, attributes }: Opened, text: string): ApiEntity | undefined {
  const place = { offset: at, length: text.length - at }
  if (place.length === 0) return undefined
  switch (tag) {
    case 'a':
      return { type: 'text_link', ...place, url: attributes.href ?? text.slice(at) }
    case 'blockquote':
      return { type: 'expandable' in attributes ? 'expandable_blockquote' : 'blockquote', ...place }
    case 'tg-emoji':
      return { type: 'custom_emoji', ...place, custom_emoji_id: attributes['emoji-id'] ?? '' }
    case 'code': {
      const language = /^language-(.+)$/.exec(attributes.class ?? '')?.[1]
      return { type: 'code', ...place, ...(language ? { language } : {}) }
    }
    default:
      return { type: TAGS[tag]!, ...place }
  }
}

/** `<pre><code class="language-x">` is one mark with a language. */
function joinPre(entities: ApiEntity[]): ApiEntity[] {
  const pres = entities.filter(({ type }) => type === 'pre')
  const isInPre = (entity: ApiEntity) =>
    entity.type === 'code' && pres.some((pre) => pre.offset === entity.offset && pre.length === entity.length)
  return entities
    .filter((entity) => !isInPre(entity))
    .map(({ type, offset, length, url, custom_emoji_id: emoji }) => {
      const inner = entities.find((each) => each.type === 'code' && each.offset === offset && each.length === length)
      const language = type === 'pre' ? inner?.language : undefined
      return {
        type,
        offset,
        length,
        ...(url ? { url } : {}),
        ...(emoji ? { custom_emoji_id: emoji } : {}),
        ...(language ? { language } : {}),
      }
    })
}

function characterAt(source: string, index: number): [length: number, decoded: string] {
  const match = /^&(?:#(\d+)|#x([\da-f]+)|([a-z]+));?/i.exec(source.slice(index, index + 12))
  if (!match) return [1, '&']
  const [whole, decimal, hex, name] = match
  const named = name === undefined ? undefined : NAMED[name.toLowerCase()]
  if (named) return [whole.length, named]
  const code = decimal ? Number(decimal) : hex ? Number.parseInt(hex, 16) : 0
  return code > 0 && code <= 0x10ffff ? [whole.length, String.fromCodePoint(code)] : [1, '&']
}

const attributesOf = (text: string): Record<string, string> =>
  Object.fromEntries(
    [...text.matchAll(/([a-z-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+)))?/gi)].map((match) => [
      match[1]!.toLowerCase(),
      decodeAll(match[2] ?? match[3] ?? match[4] ?? ''),
    ]),
  )

const decodeAll = (value: string): string =>
  value.replaceAll(/&(?:#\d+|#x[\da-f]+|[a-z]+);?/gi, (whole) => characterAt(whole, 0)[1])

const cannot = (words: string): never => refuse(400, `Can't parse entities: ${words}`)

/** parse_mode MarkdownV2, and the legacy Markdown. https://core.telegram.org/bots/api#markdownv2-style */
import type { ApiEntity } from '../api-types.ts'
import { refuse } from '../refusal.ts'
import type { Formatted } from './formatting.ts'

/** Longest first: `__` before `_`, `||` before nothing. */
const MARKS: readonly [mark: string, type: string][] = [
  ['__', 'underline'],
  ['||', 'spoiler'],
  ['*', 'bold'],
  ['_', 'italic'],
  ['~', 'strikethrough'],
]
const NAMES: Readonly<Record<string, string>> = {
  underline: 'Underline',
  spoiler: 'Spoiler',
  bold: 'Bold',
  italic: 'Italic',
  strikethrough: 'Strikethrough',
  code: 'Code',
  pre: 'Pre',
  text_link: 'TextUrl',
  custom_emoji: 'CustomEmoji',
}
const RESERVED = '_*[]()~`>#+-=|{}.!'

interface Opened {
  type: string
  mark: string
  at: number
  byte: number
}

export function parseMarkdownV2(source: string): Formatted {
  let text = ''
  let index = 0
  const entities: ApiEntity[] = []
  const open: Opened[] = []
  let quote: { at: number } | undefined
  const byteAt = (place: number) => Buffer.byteLength(source.slice(0, place))
  const isLineStart = () => index === 0 || source[index - 1] === '\n'

  while (index < source.length) {
    if (isLineStart()) lineBegins()
    if (index >= source.length) break
    const rest = source.slice(index)
    const char = rest[0]!
    if (char === '\\' && rest.length > 1 && rest.codePointAt(1)! <= 126) {
      text += rest[1]
      index += 2
    } else if (rest.startsWith('```')) pre()
    else if (char === '`') code()
    else if (rest.startsWith('![') || char === '[')
      begin(rest.startsWith('![') ? 'custom_emoji' : 'text_link', rest.startsWith('![') ? '![' : '[')
    else if (char === ']' && isLinkOpen()) link()
    else if (
      quote &&
      rest.startsWith('||') &&
      /^\|\|(\n(?!>)|$)/.test(rest) &&
      !open.some(({ type }) => type === 'spoiler')
    ) {
      endQuote('expandable_blockquote')
      index += 2
    } else if (!mark(rest)) {
      if (RESERVED.includes(char)) cannot(`Character '${char}' is reserved and must be escaped with the preceding '\\'`)
      text += char
      index++
    }
  }
  if (quote) endQuote('blockquote')
  const unclosed = open.at(-1)
  if (unclosed) cannot(`Can't find end of ${NAMES[unclosed.type]} entity at byte offset ${unclosed.byte}`)
  return { text, entities }

  function lineBegins(): void {
    const expandable = source.startsWith('**>', index)
    const isQuote = expandable || source[index] === '>'
    if (quote && (!isQuote || expandable)) endQuote('blockquote', 1)
    if (isQuote) {
      quote ??= { at: text.length }
      index += expandable ? 3 : 1
    }
  }

  function endQuote(type: string, newline = 0): void {
    const length = text.length - newline - quote!.at
    if (length > 0) entities.push({ type, offset: quote!.at, length })
    quote = undefined
  }

  function begin(type: string, sign: string): void {
    open.push({ type, mark: sign, at: text.length, byte: byteAt(index) })
    index += sign.length
  }

  function mark(rest: string): boolean {
    const found = MARKS.find(([sign]) => rest.startsWith(sign))
    if (!found) return false
    const [sign, type] = found
    const opened = open.at(-1)
    if (opened?.type === type) {
      open.pop()
      add(type, opened.at)
      index += sign.length
    } else if (open.some((each) => each.type === type)) {
      cannot(`Can't find end of ${NAMES[opened!.type]} entity at byte offset ${opened!.byte}`)
    } else begin(type, sign)
    return true
  }

  function isLinkOpen(): boolean {
    const type = open.at(-1)?.type
    return type === 'text_link' || type === 'custom_emoji'
  }

  function link(): void {
    const opened = open.pop()!
    const match = /^\]\(((?:\\.|[^)\\])*)\)/.exec(source.slice(index))
    if (!match) return cannot(`Can't find end of a URL at byte offset ${byteAt(index)}`)
    const url = match[1]!.replaceAll(/\\(.)/g, '$1')
    if (opened.type === 'custom_emoji')
      add('custom_emoji', opened.at, { custom_emoji_id: /id=(\d+)/.exec(url)?.[1] ?? '' })
    else add('text_link', opened.at, { url })
    index += match[0].length
  }

  function pre(): void {
    const match = /^```(?:([\w+#-]+)(?=\n))?\n?((?:\\[\s\S]|[^`\\]|`(?!``))*)```/.exec(source.slice(index))
    if (!match) return cannot(`Can't find end of Pre entity at byte offset ${byteAt(index)}`)
    const at = text.length
    text += match[2]!.replaceAll(/\\([`\\])/g, '$1').replace(/\n$/, '')
    add('pre', at, match[1] ? { language: match[1] } : {})
    index += match[0].length
  }

  function code(): void {
    const match = /^`((?:\\[\s\S]|[^`\\])*)`/.exec(source.slice(index))
    if (!match) return cannot(`Can't find end of Code entity at byte offset ${byteAt(index)}`)
    const at = text.length
    text += match[1]!.replaceAll(/\\(.)/g, '$1')
    add('code', at)
    index += match[0].length
  }

  function add(type: string, at: number, more: Partial<ApiEntity> = {}): void {
    if (text.length > at) entities.push({ type, offset: at, length: text.length - at, ...more })
  }
}

const LEGACY =
  /\\([_*`[])|\*([^*]+)\*|_([^_]+)_|```(?:[\w+#-]+\n|\n)?([\s\S]*?)```|`([^`]+)`|\[([^\]]+)\]\(([^)]+)\)|([_*`])/g

/** No nesting, no escapes inside. */
export function parseMarkdown(source: string): Formatted {
  let text = ''
  let from = 0
  const entities: ApiEntity[] = []
  for (const match of source.matchAll(LEGACY)) {
    text += source.slice(from, match.index)
    from = match.index + match[0].length
    const [, escaped, bold, italic, pre, code, label, url, stray] = match
    if (stray)
      cannot(`Can't find end of the entity starting at byte offset ${Buffer.byteLength(source.slice(0, match.index))}`)
    const type = bold ? 'bold' : italic ? 'italic' : pre ? 'pre' : code ? 'code' : label ? 'text_link' : undefined
    const inner = escaped ?? bold ?? italic ?? pre ?? code ?? label ?? ''
    if (type) entities.push({ type, offset: text.length, length: inner.length, ...(url ? { url } : {}) })
    text += inner
  }
  return { text: text + source.slice(from), entities }
}

const cannot = (words: string): never => refuse(400, `Can't parse entities: ${words}`)

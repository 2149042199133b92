/** A text as it will stand on the screen: its marks read, addresses and commands found, blanks at the ends gone. */
import type { ApiEntity, ApiUser } from '../api-types.ts'
import { refuse } from '../refusal.ts'
import { parseHtml } from './html.ts'
import { parseMarkdown, parseMarkdownV2 } from './markdown.ts'
import { foundIn } from './self-evident.ts'

export interface Formatted {
  text: string
  entities: ApiEntity[]
}

export interface FormatOptions {
  parseMode?: string | undefined
  entities?: unknown
  /** Telegram names a mentioned person anew, or drops the mark of one it does not know. */
  userById: (id: number) => ApiUser | undefined
}

export function format(given: string, { parseMode, entities, userById }: FormatOptions): Formatted {
  const marked = entities === undefined ? parsed(given, parseMode) : { text: given, entities: checked(entities, given) }
  const trimmed = trim(marked)
  const told = trimmed.entities.flatMap((entity) => settled(entity, userById))
  return { text: trimmed.text, entities: inOrder([...told, ...foundIn(trimmed.text, told)]) }
}

function parsed(text: string, parseMode: string | undefined): Formatted {
  switch ((parseMode ?? '').toLowerCase()) {
    case '':
      return { text, entities: [] }
    case 'html':
      return parseHtml(text)
    case 'markdownv2':
      return parseMarkdownV2(text)
    case 'markdown':
      return parseMarkdown(text)
    default:
      return refuse(400, 'Unsupported parse_mode')
  }
}

const TYPES = new Set(
  `mention hashtag cashtag bot_command url email phone_number bold italic underline strikethrough spoiler blockquote
   expandable_blockquote code pre text_link text_mention custom_emoji date_time`.split(/\s+/),
)

function checked(entities: unknown, text: string): ApiEntity[] {
  if (!Array.isArray(entities)) return refuse(400, "Can't parse entities: expected an Array of MessageEntity")
  return (entities as ApiEntity[]).map((entity) => {
    const { type, offset, length } = entity
    if (!TYPES.has(type)) refuse(400, `Can't parse MessageEntity: Unsupported type "${type}"`)
    const isInside =
      Number.isInteger(offset) &&
      Number.isInteger(length) &&
      offset >= 0 &&
      length > 0 &&
      offset + length <= text.length
    if (!isInside)
      refuse(400, `Can't parse entities: Entity beginning at UTF-16 offset ${offset} ends after the end of the text`)
    return entity
  })
}

/** A link without an address, or a person nobody knows, is plain text. */
function settled(entity: ApiEntity, userById: FormatOptions['userById']): ApiEntity[] {
  const { type, offset, length } = entity
  const personId = /^tg:\/\/user\?id=(\d+)$/.exec(entity.url ?? '')?.[1]
  if (type === 'text_link' && personId === undefined)
    return entity.url ? [{ type, offset, length, url: withScheme(entity.url) }] : []
  if (type === 'text_mention' || type === 'text_link') {
    const user = userById(Number(personId ?? entity.user?.id))
    return user ? [{ type: 'text_mention', offset, length, user }] : []
  }
  const { language, custom_emoji_id: emoji } = entity
  return [
    {
      type,
      offset,
      length,
      ...(type === 'pre' && language ? { language } : {}),
      ...(type === 'custom_emoji' && emoji ? { custom_emoji_id: emoji } : {}),
    },
  ]
}

/** Seen: addresses come back with a scheme, and a bare host with a slash. */
function withScheme(url: string): string {
  const full = /^[a-z][a-z0-9+.-]*:/i.test(url) ? url : `http://${url}`
  return /^https?:\/\/[^/]+$/i.test(full) ? `${full}/` : full
}

function trim({ text, entities }: Formatted): Formatted {
  const start = text.length - text.trimStart().length
  const shown = text.trim()
  return {
    text: shown,
    entities: entities.flatMap((entity) => {
      const from = Math.max(0, entity.offset - start)
      const to = Math.min(shown.length, entity.offset + entity.length - start)
      return to > from ? [{ ...entity, offset: from, length: to - from }] : []
    }),
  }
}

/** By place, the outer before the inner. */
const inOrder = (entities: ApiEntity[]): ApiEntity[] =>
  entities.toSorted((a, b) => a.offset - b.offset || b.length - a.length)

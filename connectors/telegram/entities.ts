/**
 * Marks in texts, both ways. Both sides count UTF-16 units, so offsets stay as they are.
 *
 * What the text says by itself (addresses, hashtags, commands, @names) has no mark of ours: a link whose label is its own address would
 * be written twice on networks without links. https://core.telegram.org/bots/api#messageentity
 */
import type { Entity, EntityKind, Rich } from '#contract/message/content.ts'
import type { TheirEntity } from './payloads.ts'

const KINDS: Readonly<Record<string, EntityKind>> = {
  bold: 'bold',
  italic: 'italic',
  underline: 'underline',
  strikethrough: 'strike',
  spoiler: 'spoiler',
  blockquote: 'quote',
  expandable_blockquote: 'quote',
  code: 'code',
  pre: 'pre',
  text_link: 'link',
  text_mention: 'mention',
  custom_emoji: 'emoji',
}

const THEIRS: Readonly<Record<EntityKind, string | null>> = {
  bold: 'bold',
  italic: 'italic',
  underline: 'underline',
  strike: 'strikethrough',
  spoiler: 'spoiler',
  quote: 'blockquote',
  code: 'code',
  pre: 'pre',
  // Plain messages have no headings.
  heading: 'bold',
  link: 'text_link',
  mention: 'text_mention',
  // Only bots with a bought name may send them; the plain emoji stands in the text.
  emoji: null,
}

export const richOf = (text: string, entities: readonly TheirEntity[] = []): Rich => ({
  text,
  entities: entities.flatMap((entity) => ourEntity(entity, text.length)),
})

function ourEntity(theirs: TheirEntity, end: number): Entity[] {
  const kind = Object.hasOwn(KINDS, theirs.type) ? KINDS[theirs.type] : undefined
  const inside = theirs.offset >= 0 && theirs.length > 0 && theirs.offset + theirs.length <= end
  if (!kind || !inside) return []
  const value = theirs.url ?? theirs.language ?? theirs.custom_emoji_id ?? (theirs.user && String(theirs.user.id))
  return [{ kind, offset: theirs.offset, length: theirs.length, ...(value ? { value } : {}) }]
}

export const theirEntities = ({ text, entities }: Rich): TheirEntity[] =>
  entities.flatMap((entity) => theirEntity(entity, text))

function theirEntity({ kind, offset, length, value }: Entity, text: string): TheirEntity[] {
  const type = THEIRS[kind]
  if (!type) return []
  const at = { type, offset, length }
  switch (kind) {
    case 'link':
      return value ? [{ ...at, url: value }] : []
    case 'pre':
      return [value ? { ...at, language: value } : at]
    case 'mention':
      // A person without a public name is mentioned by id; `@name` in the text needs no mark.
      return value && /^\d+$/.test(value)
        ? [{ ...at, user: { id: Number(value), is_bot: false, first_name: text.slice(offset, offset + length) } }]
        : []
    case 'bold':
    case 'italic':
    case 'underline':
    case 'strike':
    case 'spoiler':
    case 'quote':
    case 'code':
    case 'heading':
    case 'emoji':
      return [at]
  }
}

/**
 * Albums of networks that tell them item by item: several messages there are one message here. Each item's media carry the
 * platform's name of that item, so that an edit, a deletion or a latecomer finds its place. Pure.
 */
import { isMedia, type Content, type Part } from '#contract/message/content.ts'

/** One message of an album, as it stands in the whole. */
export const asItem = (content: Content, item: string): Content => ({
  ...content,
  parts: content.parts.map((part) => (isMedia(part) ? { ...part, item } : part)),
})

/** @param orderOf  where an item stands on its platform, as far as that is known; the others stay where they are */
export function withItem(album: Content, item: Content, orderOf: (item: string) => string | undefined): Content {
  const parts = [...album.parts]
  for (const part of item.parts) {
    const order = orderIn(part, orderOf)
    const at = order === undefined ? -1 : parts.findIndex((each) => isBehind(orderIn(each, orderOf), order))
    parts.splice(at < 0 ? parts.length : at, 0, part)
  }
  return { ...album, parts }
}

/** @returns what the whole album is once this item was edited; the edit itself where the target is no item of an album */
export function withEditedItem(album: Content, item: string, edited: Content): Content {
  const first = album.parts.findIndex((part) => isOf(part, item))
  if (first < 0) return edited
  const media = asItem(edited, item).parts.filter(isMedia)
  const others = album.parts.filter((part) => !isOf(part, item))
  return { ...album, parts: others.toSpliced(first, 0, ...media) }
}

/** @returns null when nothing else is left of it */
export function withoutItem(album: Content, item: string): Content | null {
  const parts = album.parts.filter((part) => !isOf(part, item))
  return parts.length < album.parts.length && parts.some(isMedia) ? { ...album, parts } : null
}

const isOf = (part: Part, item: string): boolean => isMedia(part) && part.item === item

const orderIn = (part: Part, orderOf: (item: string) => string | undefined): string | undefined =>
  isMedia(part) && part.item !== undefined ? orderOf(part.item) : undefined

/** Platforms' numbers: longer is larger. */
const isBehind = (one: string | undefined, other: string): boolean =>
  one !== undefined && (one.length > other.length || (one.length === other.length && one > other))

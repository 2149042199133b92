/** Cursors of lists: opaque outside, keyset inside. */
import { Refused } from './problem.ts'

/** What a cursor may hold, checked before the database sees it. */
const KINDS = {
  number: Number.isSafeInteger,
  uuid: (value: unknown) => typeof value === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value),
  /** As PostgreSQL or JavaScript writes it. */
  time: (value: unknown) =>
    typeof value === 'string' &&
    /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d(:\d\d)?)$/.test(value) &&
    !Number.isNaN(Date.parse(value.replace(/[+-]\d\d(:\d\d)?$/, 'Z'))),
} as const
type Kind = keyof typeof KINDS

/** @param key  what orders the list, of the last item */
export const writePageCursor = (key: readonly (string | number)[]): string =>
  Buffer.from(JSON.stringify(key)).toString('base64url')

/** @throws Refused `bad_cursor` for anything that is not a cursor of this list */
export function readPageCursor<const Shape extends readonly Kind[]>(
  text: string | undefined,
  shape: Shape,
): { [Index in keyof Shape]: Shape[Index] extends 'number' ? number : string } | null {
  if (text === undefined) return null
  try {
    const key: unknown = JSON.parse(Buffer.from(text, 'base64url').toString())
    if (Array.isArray(key) && key.length === shape.length && shape.every((kind, index) => KINDS[kind](key[index])))
      return key as never
  } catch {
    // Not even JSON: the same answer as for a cursor of another list.
  }
  throw new Refused('bad_cursor')
}

/** One page of a list that is short enough to be read whole; each item stands behind its id. */
export function pageOfAll<Item extends { id: string }>(
  all: readonly Item[],
  query: { limit: number; cursor?: string | undefined },
): { items: Item[]; next: string | null } {
  const after = readPageCursor(query.cursor, ['uuid'])?.[0]
  const from = after === undefined ? 0 : all.findIndex((item) => item.id === after) + 1
  const items = all.slice(from, from + query.limit)
  return { items, next: from + query.limit < all.length ? writePageCursor([items.at(-1)!.id]) : null }
}

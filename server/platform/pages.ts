/** Cursors of lists: opaque outside, keyset inside. */
import { Refused } from './problem.ts'

/** @param key  what orders the list, of the last item; strings and numbers only */
export const writePageCursor = (key: readonly (string | number)[]): string =>
  Buffer.from(JSON.stringify(key)).toString('base64url')

/** @throws Refused `bad_cursor` for anything that is not a cursor of this list */
export function readPageCursor<const Shape extends readonly ('string' | 'number')[]>(
  text: string | undefined,
  shape: Shape,
): { [Index in keyof Shape]: Shape[Index] extends 'string' ? string : number } | null {
  if (text === undefined) return null
  try {
    const key: unknown = JSON.parse(Buffer.from(text, 'base64url').toString())
    if (Array.isArray(key) && key.length === shape.length && key.every((value, index) => typeof value === shape[index]))
      return key as never
  } catch {
    // Not even JSON: the same answer as for a cursor of another list.
  }
  throw new Refused('bad_cursor')
}

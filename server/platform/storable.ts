/**
 * Text as PostgreSQL keeps it: half of a surrogate pair (an emoji that a client cut in two) and NUL become U+FFFD. Lengths stay, so
 * that offsets of entities stay right. Without this a stranger's message with one such character could never be recorded.
 */
export function storable<T>(value: T): T {
  if (typeof value === 'string') return (UNSTORABLE.test(value) ? clean(value) : value) as T
  if (Array.isArray(value)) return value.map(storable) as T
  if (typeof value !== 'object' || value === null || !isPlain(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [storable(key), storable(each)])) as T
}

// eslint-disable-next-line no-control-regex -- NUL is what is looked for
const UNSTORABLE = /\0|\p{Surrogate}/u

/** Of JSON, or of a parser's own: a parsed query inherits from an empty object that itself inherits from nothing. */
const isPlain = (value: object): boolean => {
  const prototype = Object.getPrototypeOf(value) as object | null
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

const clean = (text: string): string => text.toWellFormed().replaceAll('\0', '\uFFFD')

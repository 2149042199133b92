/**
 * JSON whose integers beyond 2^53 arrive as strings, exactly as they were written: ids of several platforms are that long, and
 * a rounded id is somebody else's.
 * @throws SyntaxError, as `JSON.parse` does; RangeError for nesting that no platform has
 */
export function parseJson(text: string): unknown {
  // sixteen digits in a row are rare, and looking at every value costs five times the parsing
  return /\d{16}/.test(text) ? JSON.parse(text, exact as (key: string, value: unknown) => unknown) : JSON.parse(text)
}

/** The third argument of a reviver holds what stood there (ES2025). */
function exact(_key: string, value: unknown, { source }: { source?: string }): unknown {
  const isRounded = typeof value === 'number' && !Number.isSafeInteger(value) && source !== undefined
  return isRounded && /^-?\d+$/.test(source) ? source : value
}

/** Limits of JSON that count before anything parses it: a small body may still be a bomb of brackets or of keys. */

const MOST_DEPTH = 32
const MOST_KEYS = 10_000

const [QUOTE, BACKSLASH, COLON] = [0x22, 0x5c, 0x3a]
const OPEN = new Set([0x7b, 0x5b])
const CLOSE = new Set([0x7d, 0x5d])
/** Blanks and the bytes of a byte order mark, which parsers pass over. */
const BLANK = new Set([0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf])

/** @returns false for JSON that is too deep or has too many keys; true for everything that is no JSON */
export function isModest(bytes: Uint8Array): boolean {
  const first = bytes.find((byte) => !BLANK.has(byte))
  if (first === undefined || !OPEN.has(first)) return true
  let depth = 0
  let keys = 0
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!
    if (byte === QUOTE) at = endOfText(bytes, at)
    else if (OPEN.has(byte)) {
      if (++depth > MOST_DEPTH) return false
    } else if (CLOSE.has(byte)) depth--
    else if (byte === COLON && ++keys > MOST_KEYS) return false
  }
  return true
}

function endOfText(bytes: Uint8Array, from: number): number {
  let at = from + 1
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1
  return at
}

import { isUtf8 } from 'node:buffer'
import { fileTypeFromBuffer } from 'file-type'
import { extensionOf } from './clean-file-name.ts'

/** So many first bytes decide; formats that are archives of a known shape show it within them. */
export const HEAD_BYTES = 65_536

export const OPAQUE = 'application/octet-stream'

/** Text has no magic bytes. A name may say which text it is, but never that text is anything else. */
const TEXTS: Record<string, string> = {
  csv: 'text/csv',
  css: 'text/css',
  eml: 'message/rfc822',
  htm: 'text/html',
  html: 'text/html',
  ics: 'text/calendar',
  json: 'application/json',
  md: 'text/markdown',
  svg: 'image/svg+xml',
  vcf: 'text/vcard',
  xml: 'application/xml',
}

/**
 * The media type, by magic bytes alone: what a sender or a name claims is not believed. Without parameters.
 * @param head  the first 64 KB, or all
 */
export async function detectType(head: Buffer, name: string): Promise<string> {
  // a broken file may lead the detector past the end: that is no type
  const found = await fileTypeFromBuffer(head).catch(() => undefined)
  if (found) return (found.mime.split(';')[0] as string).trim()
  return head.length > 0 && isText(head) ? (TEXTS[extensionOf(name)] ?? 'text/plain') : OPAQUE
}

function isText(head: Buffer): boolean {
  if (head.includes(0)) return false
  // the head may end inside a character
  return [0, 1, 2, 3].some((cut) => isUtf8(head.subarray(0, head.length - cut)))
}

/** What most file systems and all message headers take. */
const MOST_BYTES = 255
const NAMELESS = 'file'

/**
 * A name that shows what it is and nothing else: normalised (NFC), without control, bidi and zero-width characters, without a path,
 * at most 255 bytes of UTF-8 with its extension kept. Clean before any check: `invoice\u202Efdp.exe` reads as `invoiceexe.pdf`.
 */
export function cleanFileName(name: string): string {
  const visible = name
    .toWellFormed()
    // line breaks, separators and exotic spaces become plain ones before invisible things vanish
    .replaceAll(/[\t-\r\u0085\p{Z}]+/gu, ' ')
    // Cc control · Cf bidi, zero-width, soft hyphen, tags · Co, Cn what has no shape · fillers that are letters by name only
    .replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\u034F\u115F\u1160\u17B4\u17B5\u3164\uFFA0]/gu, '')
    .replaceAll(/ +/g, ' ')
    .normalize('NFC')
  const last = visible.split(/[/\\]/).at(-1) as string
  const safe = last
    .replaceAll(/[<>:"|?*]/g, '_')
    // a leading dot hides a file, a trailing one or a space is dropped by Windows, which then sees another extension
    .replaceAll(/^[. ]+|[. ]+$/g, '')
  const usable = RESERVED.test(safe) ? `_${safe}` : safe
  return shortened(usable) || NAMELESS
}

/** Names that Windows takes for devices, with any extension. */
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i

/** The extension without its dot, in lower case; empty when there is none. */
export const extensionOf = (name: string): string => /\.([\p{L}\p{N}_-]{1,16})$/u.exec(name)?.[1]?.toLowerCase() ?? ''

/** The name with another extension. */
export function withExtension(name: string, extension: string): string {
  const old = extensionOf(name)
  return shortened(`${old ? name.slice(0, -old.length - 1) : name}.${extension}`)
}

function shortened(name: string): string {
  if (Buffer.byteLength(name) <= MOST_BYTES) return name
  const extension = extensionOf(name)
  const tail = extension ? name.slice(-extension.length - 1) : ''
  const room = MOST_BYTES - Buffer.byteLength(tail)
  let head = ''
  let bytes = 0
  // by what people see as one character: half of a flag or of an accent is another character
  for (const { segment } of graphemes.segment(name.slice(0, name.length - tail.length))) {
    bytes += Buffer.byteLength(segment)
    if (bytes > room) break
    head += segment
  }
  return (head.replace(/[. ]+$/, '') || NAMELESS) + tail
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

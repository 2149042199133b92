/**
 * How each type may be served. Only what we encoded ourselves, sound and video play in place; everything else is handed over as a
 * file, and a browser that opens it all the same finds a sandbox without scripts, forms and origin.
 */

/** In place. The four pictures are stored under these types only when they were re-encoded (see intake.ts). */
const INLINE = new Set([
  'image/jpeg',
  'image/png',
  'image/webp',
  'image/gif',
  'audio/aac',
  'audio/amr',
  'audio/flac',
  'audio/mp4',
  'audio/mpeg',
  'audio/ogg',
  'audio/wav',
  'audio/x-m4a',
  'video/3gpp',
  'video/mp4',
  'video/mpeg',
  'video/ogg',
  'video/quicktime',
  'video/webm',
  'video/x-m4v',
])

/** As a file, under its own name, because phones choose the app by it; a browser runs none of them. Others are just bytes. */
const NAMED =
  /^(application\/(pdf|zip|gzip|rtf|epub\+zip|x-7z-compressed|x-rar-compressed|vnd\.[\w.+-]+)|text\/(csv|calendar|vcard)|audio\/[\w.+-]+|video\/[\w.+-]+)$/

export interface Serving {
  readonly inline: boolean
  readonly headers: Readonly<Record<string, string>>
}

/**
 * @param type      as it was stored, by magic bytes
 * @param name      as it was stored, cleaned
 * @param download  the reader asked for a file
 */
export function serving({ type, name, download = false }: { type: string; name: string; download?: boolean }): Serving {
  const inline = INLINE.has(type) && !download
  return {
    inline,
    headers: {
      'content-type':
        INLINE.has(type) || NAMED.test(type)
          ? type
          : type.startsWith('text/')
            ? 'text/plain; charset=utf-8'
            : 'application/octet-stream',
      'content-disposition': `${inline ? 'inline' : 'attachment'}; ${disposition(name)}`,
      'x-content-type-options': 'nosniff',
      'content-security-policy': "sandbox; default-src 'none'",
      'referrer-policy': 'no-referrer',
    },
  }
}

/** RFC 6266: the name in ASCII for the old, in UTF-8 for all others. */
function disposition(name: string): string {
  const plain = name.replaceAll(/[^\x20-\x7e]|["\\%]/g, '_')
  const encoded = encodeURIComponent(name).replaceAll(
    /['()*!]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return plain === name ? `filename="${plain}"` : `filename="${plain}"; filename*=UTF-8''${encoded}`
}

/** A byte range of a request (`bytes=0-99`, `bytes=-500`), for a file of so many bytes. Null: the whole file. */
export function rangeOf(
  header: string | undefined,
  bytes: number,
): { start: number; end: number } | 'unsatisfiable' | null {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? []
  if (first === '' && last === '') return null
  const start = first === '' ? Math.max(bytes - Number(last), 0) : Number(first)
  const end = first === '' || last === '' ? bytes : Math.min(Number(last) + 1, bytes)
  return start < end ? { start, end } : 'unsatisfiable'
}

import { cleanFileName, extensionOf, withExtension } from './clean-file-name.ts'
import { detectType, HEAD_BYTES, OPAQUE } from './detect-type.ts'
import { FileRefused } from './file-refused.ts'
import { isDrawable, reencodeImage } from './reencode-image.ts'

/** Pictures up to here are drawn in memory; larger ones stay files. */
const MOST_IMAGE_BYTES = 32 * 1024 * 1024

/** A file as it may be stored. */
export interface TakenIn {
  readonly bytes: AsyncIterable<Uint8Array>
  readonly type: string
  readonly name: string
  readonly width: number | null
  readonly height: number | null
  readonly thumbnail: Buffer | null
}

/**
 * Looks at what comes, and decides what is kept: pictures encoded anew, everything else as it came, under the type that its bytes show.
 * A picture's type is given only to what was encoded anew, so the type alone says later whether it may be shown in place.
 * @throws FileRefused; too_large also while `bytes` is being read
 */
export async function takeIn(source: AsyncIterable<Uint8Array>, maxBytes: number, givenName: string): Promise<TakenIn> {
  const limited = counted(source, maxBytes)[Symbol.asyncIterator]()
  const begun: Buffer[] = []
  try {
    const head = await gather(limited, begun, HEAD_BYTES)
    const name = cleanFileName(givenName)
    const type = await detectType(head, name)
    const plain = { type, name, width: null, height: null, thumbnail: null }
    if (!isDrawable(type)) return { ...plain, bytes: rest(begun, limited) }

    const image = await gather(limited, begun, MOST_IMAGE_BYTES + 1)
    const drawn = image.length > MOST_IMAGE_BYTES ? null : await reencodeImage(image, type)
    if (!drawn) return { ...plain, type: OPAQUE, bytes: rest(begun, limited) }
    const { width, height, thumbnail } = drawn
    // what has only a thumbnail keeps a type that is never shown in place
    if (!drawn.image)
      return { name, type: isShownInPlace(type) ? OPAQUE : type, width, height, thumbnail, bytes: only(image) }
    return {
      type: drawn.image.type,
      name: nameFor(name, drawn.image.type, drawn.image.extension),
      bytes: only(drawn.image.bytes),
      width,
      height,
      thumbnail,
    }
  } catch (error) {
    await limited.return?.(undefined)
    throw error
  }
}

const isShownInPlace = (type: string) =>
  ['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif'].includes(type)

/** `photo.jpeg` may stay, `photo.avif` that became webp may not, nor `photo.exe`. */
function nameFor(name: string, type: string, extension: string): string {
  const fits = type === 'image/jpeg' ? ['jpg', 'jpeg', 'jpe', 'jfif'] : [extension]
  return fits.includes(extensionOf(name)) ? name : withExtension(name, extension)
}

async function* counted(source: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Buffer> {
  let seen = 0
  for await (const chunk of source) {
    seen += chunk.length
    if (seen > maxBytes) throw new FileRefused('too_large', `more than ${maxBytes} bytes`)
    yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
  }
}

/** Reads on until at least so many bytes are there, or all. */
async function gather(source: AsyncIterator<Buffer>, begun: Buffer[], bytes: number): Promise<Buffer> {
  let length = begun.reduce((sum, chunk) => sum + chunk.length, 0)
  while (length < bytes) {
    const { done, value } = await source.next()
    if (done) break
    begun.push(value)
    length += value.length
  }
  return Buffer.concat(begun)
}

/** What was read already, then what is still to come. */
async function* rest(begun: readonly Buffer[], source: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* begun
    for (let next = await source.next(); !next.done; next = await source.next()) yield next.value
  } finally {
    await source.return?.()
  }
}

async function* only(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes
}

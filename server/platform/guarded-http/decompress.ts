import { Transform } from 'node:stream'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream'
import { promisify } from 'node:util'
import zlib from 'node:zlib'
import { WireFailure } from './wire-failure.ts'

/** Encodings that servers use, and what undoes them. We ask for none of them; some answer with one all the same. */
const ENCODINGS: Record<
  string,
  { stream: () => Transform; whole: (input: Buffer, options: { maxOutputLength: number }) => Promise<Buffer> }
> = {
  gzip: { stream: () => zlib.createGunzip(), whole: promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.gunzip) },
  'x-gzip': { stream: () => zlib.createGunzip(), whole: promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.gunzip) },
  deflate: { stream: () => zlib.createInflate(), whole: promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.inflate) },
  br: {
    stream: () => zlib.createBrotliDecompress(),
    whole: promisify<Buffer, zlib.BrotliOptions, Buffer>(zlib.brotliDecompress),
  },
  zstd: {
    stream: () => zlib.createZstdDecompress(),
    whole: promisify<Buffer, zlib.ZstdOptions, Buffer>(zlib.zstdDecompress),
  },
}

/** One inside the other is a trick, not a need. */
const MOST_LAYERS = 1

/** @throws WireFailure unreadable, too_large: what it unpacks to counts, so a bomb stops at the limit */
export async function unpacked(
  body: Buffer,
  contentEncoding: string | undefined,
  maxBytes: number,
  where: string,
): Promise<Buffer> {
  let bytes = body
  for (const layer of layersOf(contentEncoding, where)) {
    try {
      // an empty body may carry the header too (204, HEAD)
      if (bytes.length > 0) bytes = await layer.whole(bytes, { maxOutputLength: maxBytes })
    } catch (cause) {
      if (isTooLarge(cause))
        throw new WireFailure('too_large', `${where}: more than ${maxBytes} bytes unpacked`, { written: true, cause })
      throw new WireFailure('unreadable', `${where}: cannot be unpacked`, { written: true, cause })
    }
  }
  return bytes
}

/** The same for a body that is still coming: the stream ends with the failure. */
export function unpackedStream(
  body: Readable,
  contentEncoding: string | undefined,
  maxBytes: number,
  where: string,
): Readable {
  const layers = layersOf(contentEncoding, where)
  if (layers.length === 0) return body
  const counted = limit(maxBytes, where)
  pipeline([body, ...layers.map((layer) => layer.stream()), counted], (error) => {
    // pipeline destroys all its streams with the first error; this one is what our caller sees
    if (error && !counted.destroyed) counted.destroy(error)
  })
  return counted
}

function layersOf(contentEncoding: string | undefined, where: string) {
  const names = (contentEncoding ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity')
  // Not `constructor`, which every object has.
  const layers = names.toReversed().map((name) => (Object.hasOwn(ENCODINGS, name) ? ENCODINGS[name] : undefined))
  if (layers.length > MOST_LAYERS || layers.includes(undefined))
    throw new WireFailure('unreadable', `${where}: encoded as "${names.join(', ').slice(0, 40)}"`, { written: true })
  return layers.filter((layer) => layer !== undefined)
}

function limit(maxBytes: number, where: string): Transform {
  let seen = 0
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      seen += chunk.length
      if (seen > maxBytes)
        done(new WireFailure('too_large', `${where}: more than ${maxBytes} bytes unpacked`, { written: true }))
      else done(null, chunk)
    },
  })
}

const isTooLarge = (error: unknown) =>
  error instanceof RangeError || (error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE'

/**
 * Files are sealed in frames, so that they stream in both directions and a part can be read without the rest.
 * Each file has a key of its own, derived from the workspace's data key; frames are numbered, and the last one is marked: one that is
 * swapped, changed or missing at the end does not open.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { Transform } from 'node:stream'
import type { TransformCallback } from 'node:stream'
import { SealBroken } from './seal.ts'
import type { Sealer } from './secrets.ts'

/** Where each file's own key comes from. */
export type FileKeys = Pick<Sealer, 'fileKey'>

// format (1) · key version (4) · salt (16), then the frames: sealed (65,536, the last one 0 to 65,536) · tag (16)
const FORMAT = 2
export const HEADER_BYTES = 21
const FRAME = 65_536
const TAG = 16
const SEALED_FRAME = FRAME + TAG

/** What goes in is the file, what comes out may be stored. */
export function sealingFile(sealer: FileKeys, file: string): Transform {
  const salt = randomBytes(16)
  const { key, version } = sealer.fileKey(salt, file)
  const header = Buffer.alloc(HEADER_BYTES)
  header[0] = FORMAT
  header.writeUInt32BE(version, 1)
  salt.copy(header, 5)

  let waiting: Buffer[] = []
  let length = 0
  let frame = 0

  function* frames(chunk: Buffer): Generator<Buffer> {
    waiting.push(chunk)
    length += chunk.length
    // a full frame waits for one more byte: only then is it not the last
    if (length <= FRAME) return
    const bytes = Buffer.concat(waiting, length)
    let at = 0
    for (; bytes.length - at > FRAME; at += FRAME) yield sealFrame(key, frame++, false, bytes.subarray(at, at + FRAME))
    waiting = [Buffer.from(bytes.subarray(at))]
    length = bytes.length - at
  }

  const cipher = new Transform({
    transform: (chunk: Buffer, _encoding, done: TransformCallback) => {
      for (const sealed of frames(chunk)) cipher.push(sealed)
      done()
    },
    flush: (done) => {
      cipher.push(sealFrame(key, frame, true, Buffer.concat(waiting, length)))
      done()
    },
  })
  cipher.push(header)
  return cipher
}

/** How long the file is that a stored one of so many bytes holds. @throws SealBroken, for a length that no stored file has */
export function plainLength(storedBytes: number): number {
  const sealed = storedBytes - HEADER_BYTES
  const last = sealed % SEALED_FRAME
  const whole = (sealed - last) / SEALED_FRAME
  if (sealed < TAG || (last > 0 && last < TAG)) throw new SealBroken('cut short')
  return whole * FRAME + (last === 0 ? 0 : last - TAG)
}

/** A way to read stored bytes: `length` of them from `position`, fewer only at the end. */
export type ReadAt = (position: number, length: number) => Promise<Buffer>

/**
 * The file's bytes from `start` to before `end`, frame by frame.
 * @param storedBytes  length of what is stored
 * @throws SealBroken when something was changed, moved or cut off
 */
export async function* openFile(
  sealer: FileKeys,
  file: string,
  readAt: ReadAt,
  storedBytes: number,
  { start = 0, end = Number.POSITIVE_INFINITY }: { start?: number; end?: number } = {},
): AsyncGenerator<Buffer, void, undefined> {
  const length = plainLength(storedBytes)
  const to = Math.min(end, length)
  const header = await readAt(0, HEADER_BYTES)
  if (header.length < HEADER_BYTES || header[0] !== FORMAT) throw new SealBroken('not a stored file')
  const { key } = sealer.fileKey(header.subarray(5), file, header.readUInt32BE(1))
  const last = Math.max(Math.ceil((storedBytes - HEADER_BYTES) / SEALED_FRAME) - 1, 0)
  // an empty file has a frame too, and its mark is worth checking
  for (let frame = Math.floor(start / FRAME); frame <= last && (frame * FRAME < to || length === 0); frame++) {
    const position = HEADER_BYTES + frame * SEALED_FRAME
    const expected = Math.min(SEALED_FRAME, storedBytes - position)
    const sealed = await readAt(position, expected)
    if (sealed.length < expected) throw new SealBroken('cut short')
    const plain = openFrame(key, frame, frame === last, sealed)
    const from = Math.max(start - frame * FRAME, 0)
    const part = plain.subarray(from, Math.max(Math.min(to - frame * FRAME, plain.length), from))
    if (part.length > 0) yield part
    if (length === 0) return
  }
}

function nonceOf(frame: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12)
  nonce.writeUInt32BE(frame, 7)
  nonce[11] = isLast ? 1 : 0
  return nonce
}

function sealFrame(key: Buffer, frame: number, isLast: boolean, plain: Buffer): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonceOf(frame, isLast), { authTagLength: TAG })
  const sealed = cipher.update(plain)
  cipher.final()
  return Buffer.concat([sealed, cipher.getAuthTag()])
}

function openFrame(key: Buffer, frame: number, isLast: boolean, sealed: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(frame, isLast), { authTagLength: TAG })
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG))
  const plain = decipher.update(sealed.subarray(0, sealed.length - TAG))
  try {
    decipher.final()
  } catch {
    throw new SealBroken('changed, moved or cut short')
  }
  return plain
}

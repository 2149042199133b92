import { createCipheriv, createDecipheriv, randomFillSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

/** Where a sealed value stands. It opens there and nowhere else: a value moved to another row, column or workspace is refused. */
export interface Place {
  readonly table: string
  readonly column: string
  readonly row: string
}

/** A sealed value that does not open: moved, damaged, or sealed with a key that is gone. */
export class SealBroken extends Error {
  constructor(words: string) {
    super(words)
    this.name = 'SealBroken'
  }
}

// format (1) · key version (4) · nonce (12) · sealed · tag (16)
const FORMAT = 1
const HEADER = 17
const TAG = 16
/** How many bytes a sealed value is longer than the plain one. */
export const SEAL_BYTES = HEADER + TAG

/** AES-256-GCM with a random nonce: at most 2³² values per key, so keys are renewed by age. */
export function sealWith(key: KeyObject, version: number, plain: Uint8Array, bound: string): Buffer {
  const sealed = Buffer.allocUnsafe(plain.length + SEAL_BYTES)
  sealed[0] = FORMAT
  sealed.writeUInt32BE(version, 1)
  const nonce = freshNonce()
  nonce.copy(sealed, 5)
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG })
  cipher.setAAD(Buffer.from(`${bound}|${version}`))
  cipher.update(plain).copy(sealed, HEADER)
  cipher.final()
  cipher.getAuthTag().copy(sealed, HEADER + plain.length)
  return sealed
}

/** @throws SealBroken */
export function openWith(key: KeyObject, sealed: Uint8Array, bound: string): Buffer {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength)
  const version = versionOf(bytes)
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(5, HEADER), { authTagLength: TAG })
  decipher.setAAD(Buffer.from(`${bound}|${version}`))
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG))
  const plain = decipher.update(bytes.subarray(HEADER, bytes.length - TAG))
  try {
    decipher.final()
  } catch {
    throw new SealBroken('sealed for another place, or damaged')
  }
  return plain
}

/** Which version of its workspace's key a value was sealed with. @throws SealBroken, for what was never sealed */
export function versionOf(sealed: Uint8Array): number {
  if (sealed.length < SEAL_BYTES || sealed[0] !== FORMAT) throw new SealBroken('not a sealed value')
  return Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength).readUInt32BE(1)
}

// one call of the random source costs more than a seal, so it is asked for many nonces at once
const pool = Buffer.alloc(12 * 256)
let used = pool.length

function freshNonce(): Buffer {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  return pool.subarray(used, (used += 12))
}

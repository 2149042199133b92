import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { OuterKey } from './outer-key.ts'
import { SealBroken } from './seal.ts'

// format (1) · id of the outer key (8) · nonce (12) · data key (32) · tag (16)
const FORMAT = 1
const LENGTH = 69

/** A data key as the database may hold it, bound to its workspace and version. */
export function wrap(by: OuterKey, dataKey: Uint8Array, workspace: string, version: number): Buffer {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', by.wrapping, nonce, { authTagLength: 16 })
  cipher.setAAD(Buffer.from(`data_key|${workspace}|${version}`))
  return Buffer.concat([
    Buffer.from([FORMAT]),
    by.id,
    nonce,
    cipher.update(dataKey),
    cipher.final(),
    cipher.getAuthTag(),
  ])
}

/** @throws SealBroken when none of the keys wrapped it */
export function unwrap(keys: readonly OuterKey[], wrapped: Uint8Array, workspace: string, version: number): Buffer {
  const bytes = Buffer.from(wrapped)
  const by = keys.find((key) => isWrappedBy(key, bytes))
  if (bytes.length !== LENGTH || bytes[0] !== FORMAT) throw new SealBroken('not a wrapped key')
  if (!by) throw new SealBroken('the data key was wrapped by another PARLEY_KEY, or by a key file that is not here')
  const decipher = createDecipheriv('aes-256-gcm', by.wrapping, bytes.subarray(9, 21), { authTagLength: 16 })
  decipher.setAAD(Buffer.from(`data_key|${workspace}|${version}`))
  decipher.setAuthTag(bytes.subarray(53))
  const key = decipher.update(bytes.subarray(21, 53))
  try {
    decipher.final()
  } catch {
    throw new SealBroken('a data key was damaged, or belongs to another workspace')
  }
  return key
}

export const isWrappedBy = (key: OuterKey, wrapped: Uint8Array) => key.id.equals(Buffer.from(wrapped).subarray(1, 9))

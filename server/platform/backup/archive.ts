/**
 * A backup is one file: a tar, compressed (zstd), sealed in frames (file-cipher.ts) under a key derived from the outer key.
 *
 *   "PARLEY BACKUP 1\n" (16) · which outer key (8) · sealed frames, the last one marked
 *
 * The outer key is not in it: who steals the file has nothing, and who loses the key has nothing either.
 */
import { hkdfSync } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { pipeline, Readable } from 'node:stream'
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib'
import { openFile, sealingFile, type FileKeys } from '../secrets/file-cipher.ts'
import type { OuterKey } from '../secrets/outer-key.ts'
import { SealBroken } from '../secrets/seal.ts'
import { StartFailure } from '../start-failure.ts'
import { readTar, tarOf, type Entry } from './tar.ts'

const MAGIC = Buffer.from('PARLEY BACKUP 1\n')
const ID_BYTES = 8
const LEAD_BYTES = MAGIC.length + ID_BYTES
const NAME = 'backup'

const keysOf = (outer: OuterKey): FileKeys => ({
  fileKey: (salt) => ({ key: Buffer.from(hkdfSync('sha256', outer.wrapping, salt, 'parley backup', 32)), version: 1 }),
})

/** Whole or not at all: written aside, flushed, then given its name. @returns its size in bytes */
export async function writeArchive(path: string, outer: OuterKey, entries: AsyncIterable<Entry>): Promise<number> {
  const aside = `${path}.part`
  const handle = await open(aside, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    throw new StartFailure(`The backup cannot be written to ${aside}: ${error.message}.`)
  })
  try {
    const compress = createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: 3 } })
    const sealed = pipeline(
      Readable.from(tarOf(entries), { objectMode: false }),
      compress,
      sealingFile(keysOf(outer), NAME),
      () => {},
    )
    await handle.writeFile(Buffer.concat([MAGIC, outer.id]))
    let bytes = LEAD_BYTES
    for await (const chunk of sealed as AsyncIterable<Buffer>) {
      await handle.writeFile(chunk)
      bytes += chunk.length
    }
    await handle.sync()
    await handle.close()
    await rename(aside, path)
    return bytes
  } catch (error) {
    await handle.close().catch(() => {})
    await rm(aside, { force: true })
    throw error
  }
}

/**
 * The entries of a backup, each proved before it is given out.
 * @param keys  the outer keys at hand
 * @throws StartFailure when it is no backup, its key is not among these, or it was changed or cut short
 */
export async function* readArchive(path: string, keys: readonly OuterKey[]): AsyncGenerator<Entry> {
  const handle = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    throw new StartFailure(`The backup ${path} cannot be read: ${error.message}.`)
  })
  try {
    const { size } = await handle.stat()
    const readAt = async (position: number, length: number) => {
      const buffer = Buffer.alloc(length)
      const { bytesRead } = await handle.read(buffer, 0, length, position)
      return buffer.subarray(0, bytesRead)
    }
    const lead = await readAt(0, LEAD_BYTES)
    if (!lead.subarray(0, MAGIC.length).equals(MAGIC)) throw new StartFailure(`${path} is not a backup of Parley.`)
    const outer = keys.find(({ id }) => id.equals(lead.subarray(MAGIC.length)))
    if (!outer)
      throw new StartFailure(
        `${path} was sealed with a key that is not here: give the key file that was kept of that Parley (--key FILE), or its PARLEY_KEY.`,
      )
    const plain = openFile(keysOf(outer), NAME, (at, length) => readAt(at + LEAD_BYTES, length), size - LEAD_BYTES)
    const unpacked = pipeline(
      Readable.from(inWords(plain, path), { objectMode: false }),
      createZstdDecompress(),
      () => {},
    )
    try {
      yield* readTar(unpacked as AsyncIterable<Buffer>)
    } finally {
      unpacked.destroy()
    }
  } finally {
    await handle.close()
  }
}

/** Bodies are read by the caller, out of reach of a catch here: so the bytes themselves fail with the words for the operator. */
async function* inWords(plain: AsyncIterable<Buffer>, path: string): AsyncGenerator<Buffer> {
  try {
    yield* plain
  } catch (error) {
    if (!(error instanceof SealBroken)) throw error
    throw new StartFailure(`${path} is damaged: it was ${error.message}.`)
  }
}

/**
 * The outer key wraps the data keys of all workspaces. It comes from `PARLEY_KEY`, or lives in a file beside the data that only its
 * owner may read. It is never in the database and never in a backup: who has both has everything.
 */
import { createHash, hkdfSync, randomBytes } from 'node:crypto'
import { chmod, link, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder } from '../make-folder.ts'
import { StartFailure } from '../start-failure.ts'

export interface OuterKey {
  /** Eight bytes by which a wrapped key knows who wrapped it. */
  readonly id: Buffer
  readonly wrapping: Buffer
}

export interface OuterKeys {
  /** Wraps what is new. */
  readonly current: OuterKey
  /** All that may unwrap, the current one first: while a rotation runs there are two. */
  readonly all: readonly OuterKey[]
  /** For people: where a second copy must be taken from. */
  readonly origin: string
}

/**
 * The keys to begin with. Where `PARLEY_KEY` is set the file is only read, so that what it had wrapped still opens.
 * @param key        `PARLEY_KEY`, 32 bytes
 * @param mayCreate  whether a missing file may be made now; asked only then. No: the database holds what another key has sealed
 * @throws StartFailure when the file is missing, damaged or open to others
 */
export async function readOuterKeys({
  dataDir,
  key,
  mayCreate,
}: {
  dataDir: string
  key: Uint8Array | null
  mayCreate: () => Promise<boolean>
}): Promise<OuterKeys> {
  const file = keyFile(dataDir)
  let inFile = await readKeyFile(file)
  if (key) return outerKeysOf([key, ...inFile], 'PARLEY_KEY')
  if (inFile.length === 0) {
    if (!(await mayCreate()))
      throw new StartFailure(
        `The database holds secrets sealed with a key that is not here: put the key file back at ${file}, or set PARLEY_KEY.`,
      )
    await makeFolder(dataDir)
    await writeKeys(file, [randomBytes(32)], 'keep')
    inFile = await readKeyFile(file)
  }
  return outerKeysOf(inFile, file)
}

/**
 * Puts a fresh key in front of the file's own. Until `dropOldOuterKeys` both are there, so a crash in between loses nothing.
 * Not for installations whose key is `PARLEY_KEY`: there the operator changes it and keeps the old one at hand.
 */
export async function addOuterKey(dataDir: string): Promise<OuterKeys> {
  const file = keyFile(dataDir)
  await writeKeys(file, [randomBytes(32), ...(await readKeyFile(file))], 'replace')
  return outerKeysOf(await readKeyFile(file), file)
}

/** The end of a rotation: everything is wrapped by the first key, the others are forgotten. */
export async function dropOldOuterKeys(dataDir: string): Promise<void> {
  const file = keyFile(dataDir)
  await writeKeys(file, (await readKeyFile(file)).slice(0, 1), 'replace')
}

function outerKey(bytes: Uint8Array): OuterKey {
  // the bytes serve other ends too (the program's database role), so each end derives its own
  return {
    id: createHash('sha256').update('parley outer key').update(bytes).digest().subarray(0, 8),
    wrapping: Buffer.from(hkdfSync('sha256', bytes, '', 'parley data keys', 32)),
  }
}

export const keyFile = (dataDir: string) => join(dataDir, 'key')

/** @param keys  32 bytes each, the current one first */
export function outerKeysOf(keys: readonly Uint8Array[], origin: string): OuterKeys {
  const all = keys.map(outerKey)
  return { current: all[0] as OuterKey, all, origin }
}

/** One key a line, base64, the current one first; no file, no keys. */
async function readKeyFile(file: string): Promise<Buffer[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw new StartFailure(`The key file ${file} cannot be read (${error.code}).`)
  })
  if (text === '') return []
  await closeToOthers(file)
  return keysIn(text, file)
}

/** @throws StartFailure that names the file */
export const keysIn = (text: string, file: string): Buffer[] =>
  text
    .trim()
    .split('\n')
    .map((line) => {
      const key = /^[\w+/]{43}=$/.test(line.trim()) ? Buffer.from(line.trim(), 'base64') : undefined
      if (!key) throw new StartFailure(`The key file ${file} is damaged: put back the copy that was kept of it.`)
      return key
    })

async function closeToOthers(file: string): Promise<void> {
  const isOpen = async () => ((await stat(file)).mode & 0o077) !== 0
  if (!(await isOpen())) return
  await chmod(file, 0o600).catch(() => {})
  if (await isOpen()) throw new StartFailure(`Others can read the key file ${file}: give it the rights 0600.`)
}

/** Whole or not at all: written aside, flushed, then given its name. */
async function writeKeys(file: string, keys: readonly Uint8Array[], existing: 'keep' | 'replace'): Promise<void> {
  const aside = `${file}.${randomBytes(6).toString('hex')}`
  const handle = await open(aside, 'wx', 0o600)
  try {
    await handle.writeFile(keys.map((key) => `${Buffer.from(key).toString('base64')}\n`).join(''))
    await handle.sync()
  } finally {
    await handle.close()
  }
  if (existing === 'replace') await rename(aside, file)
  else {
    // of two that start at once the first one's key stays
    await link(aside, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
    await rm(aside)
  }
  const folder = await open(join(file, '..'), 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/**
 * `parley restore FILE`: into an empty data folder (and, with DATABASE_URL, an empty database). The database gets a new lineage, so no
 * client takes its cursors for the old ones; every workspace is in hold, so nothing leaves until a member has decided.
 *
 *   key at hand? → folder empty? → unpack aside → give it its name → start it → new lineage, hold → say what waits
 */
import { copyFile, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve, sep } from 'node:path'
import { makeFolder } from '#server/platform/make-folder.ts'
import pg from 'pg'
import { heldInAll, holdEverything } from '../delivery/hold.ts'
import { readArchive } from '../platform/backup/archive.ts'
import { rowLoader, type Loader } from '../platform/backup/rows.ts'
import { whole, type Entry } from '../platform/backup/tar.ts'
import { connectionTo } from '../platform/connection.ts'
import { openDatabase } from '../platform/database.ts'
import { beginLineage } from '../platform/lineage.ts'
import { findBinaries } from '../platform/postgres/binaries.ts'
import { holdFolder } from '../platform/postgres/hold-folder.ts'
import { keyFile, keysIn, readOuterKeys, type OuterKeys } from '../platform/secrets/outer-key.ts'
import { readSettings, type Settings } from '../platform/settings.ts'
import { StartFailure } from '../platform/start-failure.ts'
import { End, Manifest } from './backup-manifest.ts'
import { usageOf } from './cards.ts'
import { reachDatabase, type Reached } from './reach-database.ts'
import { coloured, progress, whenWas } from './terminal.ts'
import { wordsOf } from './words-of.ts'

export async function restore(args: string[], env: NodeJS.ProcessEnv): Promise<void> {
  const { values, words } = wordsOf('restore', args, { key: { type: 'string' } }, 1)
  if (!words[0]) throw new StartFailure(`Which file? It goes: ${usageOf('restore')}`)
  const file = resolve(words[0])
  const { key } = values
  const there = await stat(file).catch(() => null)
  if (!there?.isFile())
    throw new StartFailure(`${file} ${there ? 'is no file' : 'is not there'}. It goes: ${usageOf('restore')}`)
  const settings = readSettings(env)
  const { dataDir } = settings
  await makeFolder(dataDir)
  await mustBeEmpty(dataDir)
  if (key) await bringKey(key, dataDir)
  let reached: Reached | undefined
  try {
    const keys = await keysAtHand(file, settings)
    const manifest = await manifestIn(file, keys)
    await mustFit(manifest, settings)
    if (manifest.kind === 'base') await unpackBase(file, keys, dataDir)
    reached = await reachDatabase(settings, {
      beside: false,
      ...(manifest.kind === 'rows' ? { upTo: Math.max(...manifest.migrations) } : {}),
    })
    if (manifest.kind === 'rows') {
      await loadRows(file, keys, dataDir, reached.ownerUrl)
      reached = await reached.again()
    }
    await beginLineage(reached.ownerUrl)
    await say(reached, manifest)
    await reached.stop()
  } catch (error) {
    await reached?.stop().catch(() => {})
    await clear(dataDir, key !== undefined)
    throw error
  }
}

async function say(reached: Reached, manifest: Manifest): Promise<void> {
  const database = openDatabase({ url: reached.programUrl, connections: 2 })
  try {
    await holdEverything(database)
    const { queued, newest } = await heldInAll(database)
    console.log(`${coloured('green', 'Restored:')} the copy of ${whenWas(new Date(manifest.at))}.`)
    console.log(
      newest
        ? `${coloured('yellow', `In hold: ${queued} queued, newest from ${whenWas(newest)}.`)} Nothing is sent until a member has decided (POST /api/hold).`
        : 'Nothing waits to be sent. Until a member has said so (POST /api/hold) nothing new is sent either.',
    )
    console.log('Start it with "parley start".')
  } finally {
    await database.close()
  }
}

// ---------------------------------------------------------------- before

/** The key may have been put there; the lock file holds nothing. */
const MAY_BE_THERE = new Set(['key', 'parley.lock'])

async function mustBeEmpty(dataDir: string): Promise<void> {
  const inside = (await readdir(dataDir)).filter((name) => !MAY_BE_THERE.has(name))
  if (inside.length > 0)
    throw new StartFailure(
      `The data folder ${dataDir} (PARLEY_DATA) is not empty: a backup is restored into a new one, so that nothing is overwritten.`,
    )
}

async function bringKey(from: string, dataDir: string): Promise<void> {
  const text = await readFile(from, 'utf8').catch((error: Error) => {
    throw new StartFailure(`The key file ${from} cannot be read: ${error.message}.`)
  })
  // Before it is a copy, of which nobody has heard.
  keysIn(text, from)
  await copyFile(from, keyFile(dataDir)).catch((error: Error) => {
    throw new StartFailure(`The key file ${from} cannot be copied: ${error.message}.`)
  })
}

async function keysAtHand(file: string, { dataDir, key }: Settings): Promise<OuterKeys> {
  if (!key && !(await stat(keyFile(dataDir)).catch(() => null)))
    throw new StartFailure(
      `${file} is sealed, and its key is not here: give the key file that was kept of that Parley with --key FILE, or set PARLEY_KEY to what it was.`,
    )
  return readOuterKeys({ dataDir, key, mayCreate: async () => false })
}

async function clear(dataDir: string, keyToo: boolean): Promise<void> {
  for (const name of await readdir(dataDir).catch(() => []))
    if (!MAY_BE_THERE.has(name) || (keyToo && name === 'key'))
      await rm(join(dataDir, name), { recursive: true, force: true })
}

async function manifestIn(file: string, keys: OuterKeys): Promise<Manifest> {
  for await (const entry of readArchive(file, keys.all)) {
    const manifest =
      entry.name === 'manifest.json' ? Manifest.safeParse(JSON.parse((await whole(entry.body)).toString())) : null
    if (manifest?.success) return manifest.data
    break
  }
  throw new StartFailure(`${file} was written by a newer Parley: restore it with that one.`)
}

async function mustFit({ kind, postgres }: Manifest, { databaseUrl }: Settings): Promise<void> {
  if (kind === 'base' && databaseUrl)
    throw new StartFailure(
      'This backup is a copy of the embedded PostgreSQL: restore it without DATABASE_URL. To move to another server, take one with "parley backup --logical".',
    )
  if (kind === 'base') {
    const { version } = await findBinaries()
    const major = (text: string) => text.split('.')[0]
    if (major(version) !== major(postgres))
      throw new StartFailure(
        `This backup is a copy of PostgreSQL ${postgres}, and this Parley brings ${version}. Restore it with the Parley that made it, and take one with "parley backup --logical" there.`,
      )
    return
  }
  if (databaseUrl) await mustBeFresh(databaseUrl)
}

async function mustBeFresh(url: string): Promise<void> {
  const owner = new pg.Client(connectionTo(url))
  owner.on('error', () => {})
  await owner.connect().catch((error: Error) => {
    throw new StartFailure(`The database cannot be reached: ${error.message}. Look at DATABASE_URL and at the server.`)
  })
  try {
    const { rows } = await owner.query<{ there: boolean }>(`select to_regnamespace('parley') is not null as there`)
    if (rows[0]!.there)
      throw new StartFailure(
        'The database of DATABASE_URL has a schema "parley" already: restore into a fresh database.',
      )
  } finally {
    await owner.end()
  }
}

// ---------------------------------------------------------------- unpacking

/** Everything under its own name but the database, which gets its name when all the rest is there. */
async function unpackBase(file: string, keys: OuterKeys, dataDir: string): Promise<void> {
  const hold = holdFolder(dataDir)
  try {
    await unpack(file, keys, async (entry) => {
      await put(entry, dataDir, entry.name.replace(/^postgres\/data\//, 'postgres/restoring/'))
    })
    await rename(join(dataDir, 'postgres/restoring'), join(dataDir, 'postgres/data'))
  } finally {
    hold.release()
  }
}

async function loadRows(file: string, keys: OuterKeys, dataDir: string, ownerUrl: string): Promise<void> {
  const loader: Loader = await rowLoader(ownerUrl)
  try {
    await unpack(file, keys, async (entry) => {
      if (entry.name.startsWith('rows/')) await loader.load(entry.name, (await whole(entry.body)).toString())
      else await put(entry, dataDir, entry.name)
    })
    await loader.finish()
  } catch (error) {
    await loader.cancel()
    throw error
  }
}

async function unpack(file: string, keys: OuterKeys, each: (entry: Entry) => Promise<void>): Promise<void> {
  const unpacking = progress('restoring')
  const seen = { entries: 0, bytes: 0 }
  let end: End | null = null
  for await (const entry of readArchive(file, keys.all)) {
    if (entry.name === 'end.json') {
      end = End.parse(JSON.parse((await whole(entry.body)).toString()))
      continue
    }
    seen.entries++
    seen.bytes += entry.bytes
    unpacking.add(entry.bytes)
    if (entry.name !== 'manifest.json') await each(entry)
  }
  unpacking.end()
  if (end?.entries !== seen.entries || end.bytes !== seen.bytes) throw new StartFailure(`${file} is not whole.`)
}

async function put(entry: Entry, dataDir: string, name: string): Promise<void> {
  const path = resolve(dataDir, name)
  // The archive is proved to be ours; a name that leads out would be our own mistake, and must not write elsewhere.
  if (!path.startsWith(dataDir + sep)) throw new Error(`a name that leads out of the folder: ${name}`)
  if (name.endsWith('/')) return void (await makeFolder(path))
  await makeFolder(dirname(path))
  const handle = await open(path, 'wx', 0o600)
  try {
    for await (const chunk of entry.body) await handle.writeFile(chunk)
  } finally {
    await handle.close()
  }
}

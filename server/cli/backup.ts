/**
 * `parley backup [FOLDER | FILE.backup]`: everything in one encrypted file, beside a running Parley. The database first, then the files: bytes are on
 * the disk before a row names them, so every row of the copy finds its file.
 *
 *   manifest.json → postgres/data/… (embedded) or rows/… (DATABASE_URL, --logical) → files/… → end.json
 */
import { opendir, open, readFile, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { makeFolder } from '#server/platform/make-folder.ts'
import pg from 'pg'
import { connectionTo } from '../platform/connection.ts'
import { readArchive, writeArchive } from '../platform/backup/archive.ts'
import { baseCopy } from '../platform/backup/base-copy.ts'
import { textEntry, whole, type Entry } from '../platform/backup/tar.ts'
import { rowEntries } from '../platform/backup/rows.ts'
import { readOuterKeys, type OuterKeys } from '../platform/secrets/outer-key.ts'
import { readSettings } from '../platform/settings.ts'
import { StartFailure } from '../platform/start-failure.ts'
import { reachDatabase } from './reach-database.ts'
import { End, Manifest } from './backup-manifest.ts'
import { coloured, progress, sizeOf, type Progress } from './terminal.ts'
import { wordsOf } from './words-of.ts'

export async function backup(args: string[], env: NodeJS.ProcessEnv): Promise<void> {
  const { values, words } = wordsOf('backup', args, { logical: { type: 'boolean', default: false } }, 1)
  const settings = readSettings(env)
  const path = await placeFor(words[0])
  const reached = await reachDatabase(settings, { beside: true, known: true })
  try {
    const keys = await readOuterKeys({ dataDir: settings.dataDir, key: settings.key, mayCreate: async () => false })
    const manifest = await manifestOf(reached.ownerUrl, settings.databaseUrl !== null || values.logical)
    // Nothing is left behind of a backup that cannot begin.
    await makeFolder(dirname(path)).catch((error: Error) => {
      throw new StartFailure(`The folder ${dirname(path)} cannot be made: ${error.message}.`)
    })
    const copying = progress('copying')
    const counted = { entries: 0, files: 0, bytes: 0 }
    const bytes = await writeArchive(
      path,
      keys.current,
      counting(entriesOf(manifest, reached.ownerUrl, settings.dataDir), counted, copying),
    )
    copying.end()
    await verify(path, keys)
    console.log(
      `${coloured('green', 'Backup written and read back:')} ${path} (${sizeOf(bytes)}; ${sizeOf(counted.bytes)} unpacked, ${counted.files} files of conversations).`,
    )
    console.log(
      `Nobody can open it without the key, which is not in it: ${
        keys.origin === 'PARLEY_KEY' ? 'the value of PARLEY_KEY' : keys.origin
      }.\n${coloured('yellow', 'Keep a second copy of that key, in another place than the backups.')} Without it they are worth nothing.`,
    )
  } finally {
    await reached.stop()
  }
}

/** `….backup` is a file; anything else is a folder. What is there is never overwritten. */
async function placeFor(given = '.'): Promise<string> {
  const named = `parley-${new Date().toISOString().slice(0, 19).replace('T', '-').replaceAll(':', '')}.backup`
  const path = resolve(given)
  const place = path.endsWith('.backup') ? path : join(path, named)
  if (await stat(place).catch(() => null)) throw new StartFailure(`${place} is there already: name another file.`)
  return place
}

async function manifestOf(ownerUrl: string, logical: boolean): Promise<Manifest> {
  const owner = new pg.Client(connectionTo(ownerUrl))
  owner.on('error', () => {})
  await owner.connect()
  try {
    const { rows } = await owner.query<{ postgres: string; lineage: string; migrations: number[]; now: Date }>(`
      select current_setting('server_version') as postgres, (select lineage::text from parley.program) as lineage,
             array(select number from parley.migration order by number) as migrations, clock_timestamp() as now`)
    const { postgres, lineage, migrations, now } = rows[0]!
    return { format: 1, kind: logical ? 'rows' : 'base', at: now.toISOString(), postgres, lineage, migrations }
  } finally {
    await owner.end()
  }
}

async function* entriesOf(manifest: Manifest, ownerUrl: string, dataDir: string): AsyncGenerator<Entry> {
  yield textEntry('manifest.json', JSON.stringify(manifest))
  if (manifest.kind === 'base') {
    for (const name of ['postgres.password', 'program.secret']) {
      const text = await readFile(join(dataDir, name), 'utf8').catch(absent)
      if (text !== null) yield textEntry(name, text)
    }
    yield* baseCopy(ownerUrl, join(dataDir, 'postgres/data'), 'postgres/data')
  } else yield* rowEntries(ownerUrl)
  yield* folderEntries(join(dataDir, 'files'), 'files')
}

/** Where PARLEY_KEY is set the program's login comes from that, and there is no file of it. */
function absent(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null
  throw error
}

/** The sealed bytes of conversations' files, as they lie. */
async function* folderEntries(folder: string, into: string): AsyncGenerator<Entry> {
  const inside = await opendir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (!inside) return
  for await (const entry of inside) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* folderEntries(path, `${into}/${entry.name}`)
    // half-written
    else if (entry.isFile() && !entry.name.endsWith('.part')) {
      const handle = await open(path).catch(() => null)
      if (!handle) continue
      const { size } = await handle.stat()
      yield { name: `${into}/${entry.name}`, bytes: size, body: handle.createReadStream() as AsyncIterable<Uint8Array> }
    }
  }
}

interface Counted {
  entries: number
  files: number
  bytes: number
}

/** Counts, and ends with what was counted: a reader then knows that nothing is missing. */
async function* counting(entries: AsyncIterable<Entry>, counted: Counted, shown: Progress): AsyncGenerator<Entry> {
  for await (const entry of entries) {
    counted.entries++
    counted.bytes += entry.bytes
    if (entry.name.startsWith('files/')) counted.files++
    shown.add(entry.bytes)
    yield entry
  }
  yield textEntry('end.json', JSON.stringify({ entries: counted.entries, bytes: counted.bytes } satisfies End))
}

/** Reads all of it back: every frame is proved, every entry is there. */
async function verify(path: string, keys: OuterKeys): Promise<void> {
  const reading = progress('reading back')
  const counted = { entries: 0, bytes: 0 }
  let end: End | null = null
  for await (const entry of readArchive(path, keys.all)) {
    if (entry.name === 'end.json') {
      end = End.parse(JSON.parse((await whole(entry.body)).toString()))
      continue
    }
    counted.entries++
    counted.bytes += entry.bytes
    reading.add(entry.bytes)
  }
  reading.end()
  if (end?.entries !== counted.entries || end.bytes !== counted.bytes)
    throw new StartFailure(
      `The backup ${path} was written and does not read back whole: look at the disk, and try again.`,
    )
}

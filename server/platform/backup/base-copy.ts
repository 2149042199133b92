/**
 * A copy of the embedded server's folder while it works: begun at a checkpoint, its files as they are read, and the log (WAL) written
 * meanwhile, with which PostgreSQL makes them one moment again.
 *
 *   a slot, so that the log is kept → pg_backup_start → the files → pg_backup_stop → backup_label, the log from start to stop
 */
import { randomBytes } from 'node:crypto'
import { open, readdir, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { connectionTo } from '../connection.ts'
import { folderEntry, textEntry, type Entry } from './tar.ts'

/** Of the running server, made anew at a start, or log; the folders themselves must be there. */
const LEFT_OUT = new Set([
  'postmaster.pid',
  'postmaster.opts',
  'pg_wal',
  'pg_replslot',
  'pg_dynshmem',
  'pg_notify',
  'pg_serial',
  'pg_snapshots',
  'pg_stat_tmp',
  'pg_subtrans',
])
/** Copied last: it says from where the log is to be read. */
const CONTROL = 'global/pg_control'
const AT_ONCE = 262_144
const SEGMENT = /^[0-9A-F]{24}$/

/**
 * @param ownerUrl  a superuser's: the embedded server's owner is one
 * @param folder    its data folder
 * @param into      the entries' names begin with it
 */
export async function* baseCopy(ownerUrl: string, folder: string, into: string): AsyncGenerator<Entry> {
  const owner = new pg.Client({ ...connectionTo(ownerUrl), query_timeout: 0 })
  owner.on('error', () => {})
  await owner.connect()
  try {
    // A temporary slot ends with its session, however that ends.
    await owner.query('select pg_create_physical_replication_slot($1, true, true)', [
      `parley_backup_${randomBytes(4).toString('hex')}`,
    ])
    const started = await one<{ segment: string }>(
      owner,
      `select pg_walfile_name(pg_backup_start('parley backup', true)) as segment`,
    )
    yield* filesOf(folder, into, '')
    yield await fileEntry(join(folder, CONTROL), `${into}/${CONTROL}`)
    const stopped = await one<{ segment: string; labelfile: string }>(
      owner,
      'select pg_walfile_name(lsn) as segment, labelfile from pg_backup_stop(false)',
    )
    yield textEntry(`${into}/backup_label`, stopped.labelfile)
    yield folderEntry(`${into}/pg_wal`)
    for (const name of (await readdir(join(folder, 'pg_wal'))).toSorted())
      if (SEGMENT.test(name) && name >= started.segment && name <= stopped.segment)
        yield await fileEntry(join(folder, 'pg_wal', name), `${into}/pg_wal/${name}`)
  } finally {
    await owner.end()
  }
}

async function one<Row extends pg.QueryResultRow>(owner: pg.Client, text: string): Promise<Row> {
  return (await owner.query<Row>(text)).rows[0]!
}

async function* filesOf(root: string, into: string, below: string): AsyncGenerator<Entry> {
  for (const entry of (await readdir(join(root, below), { withFileTypes: true })).toSorted(byName)) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`
    if (entry.isDirectory()) {
      yield folderEntry(`${into}/${path}`)
      if (!LEFT_OUT.has(path) && entry.name !== 'pgsql_tmp') yield* filesOf(root, into, path)
    } else if (entry.isFile() && !LEFT_OUT.has(path) && path !== CONTROL && entry.name !== 'pg_internal.init') {
      const found = await fileEntry(join(root, path), `${into}/${path}`).catch((error: NodeJS.ErrnoException) => {
        // Dropped since its folder was read: the log knows.
        if (error.code === 'ENOENT') return null
        throw error
      })
      if (found) yield found
    }
  }
}

const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1)

async function fileEntry(path: string, name: string): Promise<Entry> {
  const handle = await open(path)
  const { size } = await handle.stat()
  return { name, bytes: size, body: bytesOf(handle, size) }
}

/** Exactly as many bytes as were announced: a file that was cut meanwhile is filled up, and the log cuts it again. */
async function* bytesOf(handle: FileHandle, size: number): AsyncGenerator<Uint8Array> {
  try {
    for (let at = 0; at < size;) {
      const buffer = Buffer.alloc(Math.min(AT_ONCE, size - at))
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, at)
      const got = bytesRead === 0 ? buffer : buffer.subarray(0, bytesRead)
      yield got
      at += got.length
    }
  } finally {
    await handle.close()
  }
}

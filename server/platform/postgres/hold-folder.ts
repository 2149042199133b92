/**
 * One Parley per data folder. The hold is a lock of the kernel on an empty file: it ends with the process, however it ends, so nothing
 * has to be cleaned up by hand, and it sees through containers that share the folder, where process ids mean nothing.
 * Node has no `flock`; SQLite, which it brings, takes exactly such a lock. Nothing is ever written to that file.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StartFailure } from '../start-failure.ts'

/** @throws StartFailure when another Parley holds the folder. */
export function holdFolder(dataDir: string): { release(): void } {
  const note = join(dataDir, 'parley.pid')
  const file = new DatabaseSync(join(dataDir, 'parley.lock'), { timeout: 0 })
  try {
    file.exec('pragma journal_mode = off; pragma locking_mode = exclusive; begin exclusive')
  } catch (error) {
    file.close()
    if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) throw error
    throw new StartFailure(
      `Another Parley${holder(note)} already runs on the data folder ${dataDir}. ` +
        'Stop that one, or give this one a folder of its own with PARLEY_DATA.',
    )
  }
  writeFileSync(note, `${process.pid}\n`)
  return {
    release: () => {
      rmSync(note, { force: true })
      file.close()
    },
  }
}

const SQLITE_BUSY = 5

function holder(note: string): string {
  try {
    return ` (process ${Number.parseInt(readFileSync(note, 'utf8'), 10)})`
  } catch {
    return ''
  }
}

/**
 * One Parley per data folder. The hold is a lock of the kernel on an empty file: it ends with the process, however it ends, so nothing
 * has to be cleaned up by hand, and it sees through containers that share the folder, where process ids mean nothing.
 * Node has no `flock`; SQLite, which it brings, takes exactly such a lock. Nothing is ever written to that file, and this process must
 * not open it anywhere else: closing any handle of a file drops the process's locks on it.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StartFailure } from '../start-failure.ts'

/** @throws StartFailure when another Parley holds the folder; an error with the code of a file error when it cannot be used. */
export function holdFolder(dataDir: string): { release(): void } {
  const note = join(dataDir, 'parley.pid')
  let file: DatabaseSync | undefined
  try {
    file = new DatabaseSync(join(dataDir, 'parley.lock'), { timeout: 0 })
    file.exec('pragma journal_mode = off; pragma locking_mode = exclusive; begin exclusive')
  } catch (error) {
    file?.close()
    const { errcode } = error as { errcode?: number }
    const code = AS_FILE_ERROR[errcode ?? 0]
    if (code !== undefined) throw Object.assign(error as Error, { code })
    if (errcode !== SQLITE_BUSY)
      throw new StartFailure(
        `The data folder ${dataDir} (PARLEY_DATA) cannot be locked (${(error as Error).message}): choose one on a disk of this machine.`,
      )
    throw new StartFailure(
      `Another Parley${holder(note)} already runs on the data folder ${dataDir}. ` +
        'Stop that one, or give this one a folder of its own with PARLEY_DATA.',
    )
  }
  const held = file
  writeFileSync(note, `${process.pid}\n`)
  return {
    release: () => {
      rmSync(note, { force: true })
      held.close()
    },
  }
}

/** https://www.sqlite.org/rescode.html */
const SQLITE_BUSY = 5
const AS_FILE_ERROR: Record<number, string> = { 3: 'EACCES', 8: 'EACCES', 13: 'ENOSPC', 14: 'EACCES' }

function holder(note: string): string {
  try {
    return ` (process ${Number.parseInt(readFileSync(note, 'utf8'), 10)})`
  } catch {
    return ''
  }
}

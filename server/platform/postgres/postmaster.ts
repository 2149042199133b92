/** What the file `postmaster.pid` in PostgreSQL's data folder says, and whether it is true. */
import { execFile } from 'node:child_process'
import { readFile, readlink, realpath, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

export interface Postmaster {
  readonly pid: number
  readonly port: number
  /** It takes connections; during crash recovery it does not yet. */
  readonly ready: boolean
  /** It was told to stop; the last writing may take long. */
  readonly stopping: boolean
}

/** Linux ends at 2^22, macOS at 99998. */
const ABOVE_EVERY_PID = 4_194_305

/*
 * 4242            process id
 * /data/postgres  data folder
 * 1764000000      started, seconds since 1970
 * 21873           port
 *                 socket folder
 * 127.0.0.1       address
 *  1234567 98765  shared memory
 * ready           state
 */
export async function readPostmaster(folder: string): Promise<Postmaster | null> {
  const lines = (await readFile(join(folder, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')
  const pid = Number(lines[0])
  const state = lines[7]?.trim()
  return pid > 0 && pid !== ABOVE_EVERY_PID
    ? { pid, port: Number(lines[3]), ready: state === 'ready', stopping: state === 'stopping' }
    : null
}

/** The server that works on this folder now, or null: gone, a zombie, or another process that was given the same id since. */
export async function findRunning(folder: string): Promise<Postmaster | null> {
  const postmaster = await readPostmaster(folder)
  return postmaster && (await worksIn(postmaster.pid, folder)) ? postmaster : null
}

async function worksIn(pid: number, folder: string): Promise<boolean> {
  if (process.platform === 'linux') {
    // PostgreSQL makes its data folder the working directory. A zombie has none.
    return (await readlink(`/proc/${pid}/cwd`).catch(() => null)) === (await realpath(folder))
  }
  const { stdout } = await promisify(execFile)('ps', ['-o', 'command=', '-p', String(pid)]).catch(() => ({
    stdout: '',
  }))
  return stdout.includes(folder)
}

/**
 * After a hard end the file names a process id that somebody else may have by now (in a container: almost surely), and PostgreSQL would
 * refuse to start. The file stays, for it also names the shared memory by which PostgreSQL knows that no child of the dead server is
 * left; only the id becomes one that no process can have. The caller holds the folder and has seen that no server runs.
 */
export async function disownStale(folder: string): Promise<void> {
  const file = join(folder, 'postmaster.pid')
  const text = await readFile(file, 'utf8').catch(() => '')
  if (Number.parseInt(text, 10) > 0) await writeFile(file, text.replace(/^\d+/, String(ABOVE_EVERY_PID)))
}

/**
 * Under which account PostgreSQL runs. It refuses root, and `initdb` wants a name for its user id. So:
 *
 *   an ordinary user        as it is
 *   root, or a nameless id  in a user namespace that maps it to `nobody`: the files stay root's, nothing has to be readable by others
 *   root without that       the folder's own user, or `nobody` (65534): PostgreSQL's files are given to it, its program is copied to
 *   (kernel, container)     where it can read it
 *
 * Each candidate is proved by running it; the first that can work in the folder is taken.
 */
import { execFile } from 'node:child_process'
import { chmod, chown, readdir, stat } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { StartFailure } from '../start-failure.ts'
import { type Binaries, copyBinaries } from './binaries.ts'

export interface Account {
  readonly binaries: Binaries
  /** What `spawn` must be given. */
  readonly ids: { readonly uid?: number; readonly gid?: number }
  /** The command, prefixed by what it needs. */
  readonly run: (command: readonly string[]) => string[]
  /** Gives a file or folder to the account, where that is another than ours. */
  readonly own: (path: string) => Promise<void>
}

/** `nobody`. Not any number: `initdb` looks the name up, and the namespace maps to no user that could own other files. */
const NOBODY = 65534

type Way = Pick<Account, 'ids' | 'run'>

const asWeAre: Way = { ids: {}, run: (command) => [...command] }
const inNamespace: Way = {
  ids: {},
  run: (command) => ['unshare', '--user', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`, '--', ...command],
}
const as = (uid: number, gid: number): Way => ({ ids: { uid, gid }, run: (command) => [...command] })

/**
 * @param dataDir  PARLEY_DATA; it exists
 * @param folder   PostgreSQL's own folder inside it; it exists and may hold a database already
 * @throws StartFailure when no way works
 */
export async function chooseAccount(dataDir: string, folder: string, binaries: Binaries): Promise<Account> {
  let trouble = 'there is no account for it'
  for (const way of await waysFor(dataDir, folder)) {
    const own = await give(way, dataDir, folder)
    const cannotWrite = await complaint(way, ['/bin/sh', '-c', 'cd "$1" && test -w .', 'sh', folder])
    if (cannotWrite !== null) {
      trouble = cannotWrite
      continue
    }
    const cannotRun = await complaint(way, [binaries.postgres, '--version'])
    return { ...way, own, binaries: cannotRun === null ? binaries : await copyFor(way, cannotRun) }
  }
  throw impossible(trouble)

  async function copyFor(way: Way, cannotRun: string): Promise<Binaries> {
    // As we are, a copy would be no different.
    if (way === asWeAre) throw impossible(cannotRun)
    const copy = await copyBinaries(binaries, join(dataDir, 'programs'))
    const stillCannot = await complaint(way, [copy.postgres, '--version'])
    if (stillCannot !== null) throw impossible(stillCannot)
    return copy
  }

  function impossible(why: string): StartFailure {
    const advice =
      process.getuid?.() === 0 ? 'It may not run as root: start Parley as an ordinary user, choose' : 'Choose'
    return new StartFailure(
      `PostgreSQL cannot work in ${folder} (${why}). ${advice} a data folder that every user can reach with PARLEY_DATA, or set DATABASE_URL.`,
    )
  }
}

async function waysFor(dataDir: string, folder: string): Promise<Way[]> {
  if (process.getuid?.() !== 0) return [isNamed() ? asWeAre : inNamespace]
  const [given, ...around] = await Promise.all([folder, dataDir, dirname(dataDir)].map((path) => stat(path)))
  const owners = [given!, ...around, { uid: NOBODY, gid: NOBODY }]
    .filter(({ uid }) => uid !== 0)
    .map(({ uid, gid }) => as(uid, gid))
  // What was given to a user stays that user's.
  return given!.uid === 0 ? [inNamespace, ...owners] : owners
}

function isNamed(): boolean {
  try {
    return userInfo().username !== ''
  } catch {
    return false
  }
}

/** Gives PostgreSQL's folder to the account, and lets it pass through ours. */
async function give({ ids: { uid, gid } }: Way, dataDir: string, folder: string): Promise<Account['own']> {
  if (uid === undefined || gid === undefined) return async () => {}
  const own = (path: string) => chown(path, uid, gid)
  await chmod(dataDir, (await stat(dataDir)).mode | 0o011)
  if ((await stat(folder)).uid !== uid) {
    for (const path of await readdir(folder, { recursive: true })) await own(join(folder, path))
    await own(folder)
  }
  return own
}

/** Runs a command the account's way. @returns what the machine says against it, null when it works */
async function complaint({ ids, run }: Way, command: readonly string[]): Promise<string | null> {
  const [program = '', ...args] = run(command)
  return promisify(execFile)(program, args, { cwd: '/', ...ids }).then(
    () => null,
    (error: { stderr?: string; message: string }) =>
      error.stderr?.trim().split('\n')[0] || error.message.split('\n')[0]!,
  )
}

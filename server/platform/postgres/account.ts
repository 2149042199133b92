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
import { chmod, chown, mkdir, readdir, stat } from 'node:fs/promises'
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
  const tried: string[] = []
  for await (const way of waysFor(dataDir, folder)) {
    const own = await prepare(way, dataDir, folder)
    for (const some of [() => binaries, () => copyBinaries(binaries, join(dataDir, 'programs'))]) {
      const account = { ...way, own, binaries: await some() }
      const trouble = await tryOut(account, folder)
      if (trouble === null) return account
      tried.push(trouble)
      if (way === asWeAre) break
    }
  }
  throw new StartFailure(
    `PostgreSQL cannot work in ${folder} (${tried.at(-1) ?? 'no account'}). It may not run as root: ` +
      'start Parley as an ordinary user, choose a data folder that every user can reach with PARLEY_DATA, or set DATABASE_URL.',
  )
}

async function* waysFor(dataDir: string, folder: string): AsyncGenerator<Way> {
  if (process.getuid?.() !== 0) {
    yield isNamed() ? asWeAre : inNamespace
    return
  }
  const owner = await stat(folder)
  // It was given to somebody before, or an ordinary user began it.
  if (owner.uid !== 0) yield as(owner.uid, owner.gid)
  else yield inNamespace
  const above = await stat(dirname(dataDir))
  if (above.uid !== 0 && above.uid !== owner.uid) yield as(above.uid, above.gid)
  if (owner.uid !== NOBODY) yield as(NOBODY, NOBODY)
}

function isNamed(): boolean {
  try {
    return userInfo().username !== ''
  } catch {
    return false
  }
}

async function prepare(way: Way, dataDir: string, folder: string): Promise<Account['own']> {
  const { uid, gid } = way.ids
  if (uid === undefined || gid === undefined) return async () => {}
  const own = (path: string) => chown(path, uid, gid)
  // To be passed through, not to be read.
  await chmod(dataDir, (await stat(dataDir)).mode | 0o011)
  await mkdir(folder, { recursive: true })
  if ((await stat(folder)).uid !== uid) {
    for (const path of await readdir(folder, { recursive: true })) await own(join(folder, path))
    await own(folder)
  }
  return own
}

/** What is wrong with this account, in the machine's own words; null when it works. */
async function tryOut({ ids, run, binaries }: Account, folder: string): Promise<string | null> {
  const [command = '', ...args] = run([
    '/bin/sh',
    '-c',
    'cd "$1" && test -w . && "$2" --version',
    'sh',
    folder,
    binaries.postgres,
  ])
  return promisify(execFile)(command, args, { cwd: '/', ...ids }).then(
    () => null,
    ({ stderr, message }: { stderr?: string; message: string }) =>
      stderr?.trim().split('\n')[0] || message.split('\n')[0] || 'it fails',
  )
}

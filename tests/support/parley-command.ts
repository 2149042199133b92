/** Parley as its operator meets it: the command, in a process of its own, on a folder of its own. */
import { spawn } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { afterAll } from 'vitest'
import { clientOf, type Client } from './client.ts'
import { until } from './parts.ts'
import { freePort } from '#tests/support/free-port.ts'

const BIN = fileURLToPath(new URL('../../bin/parley.mjs', import.meta.url))

/** A guard against hanging: a crowded machine reads the program for a minute. */
export const START_MS = 170_000

export interface Ran {
  readonly code: number | null
  readonly out: string
  readonly error: string
}

/** The settings of this test run must not reach it; only what a shell has. */
const bare = (env: Record<string, string>): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  HOME: process.env.HOME,
  LANG: 'C.UTF-8',
  ...env,
})

/** Runs a command to its end, or until it is killed as by a failing machine. */
export function parley(
  args: readonly string[],
  env: Record<string, string>,
  { killAfterMs }: { killAfterMs?: number } = {},
): Promise<Ran> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [BIN, ...args], { env: bare(env) })
    const death = killAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs)
    let out = ''
    let error = ''
    child.stdout.on('data', (text: Buffer) => (out += text.toString()))
    child.stderr.on('data', (text: Buffer) => (error += text.toString()))
    child.once('close', (code) => {
      clearTimeout(death)
      resolve({ code, out, error })
    })
  })
}

export interface Running {
  /** Empty where its roles do not listen. */
  readonly url: string
  readonly pid: number
  /** All that it printed so far. */
  printed(): string
  log(): string
  stranger: Client
  /** @returns its exit code */
  stop(signal?: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): Promise<number | null>
}

/** `parley start` until it says that it is ready. */
export async function startParley(
  env: Record<string, string>,
  args: readonly string[] = [],
  bin = BIN,
): Promise<Running> {
  const port = env.PARLEY_PORT ?? String(await freePort())
  const child = spawn(process.execPath, [bin, 'start', ...args], { env: bare({ ...env, PARLEY_PORT: port }) })
  let out = ''
  let error = ''
  child.stdout.on('data', (text: Buffer) => (out += text.toString()))
  child.stderr.on('data', (text: Buffer) => (error += text.toString()))
  const ended = new Promise<number | null>((resolve) => child.once('close', (with_) => resolve(with_)))
  let code: number | null | undefined
  void ended.then((with_) => (code = with_))
  const stop: Running['stop'] = async (signal = 'SIGTERM') => {
    if (code === undefined) child.kill(signal)
    return ended
  }
  afterAll(() => stop('SIGKILL'))
  const [, url = ''] = await until(() => {
    if (code !== undefined) throw new Error(`Parley ended with ${code ?? child.signalCode}: ${error || out}`)
    return /Parley is ready(?: at (\S+)|: .+)\n/.exec(out)
  }, START_MS)
  return { url, pid: child.pid!, printed: () => out, log: () => error, stranger: clientOf(url), stop }
}

/** The first workspace, made beside a running Parley. @returns a client that calls with the owner's token */
export async function setUp(url: string, env: Record<string, string>): Promise<Client & { token: string }> {
  const made = await parley(
    ['setup', '--workspace', 'Shop', '--email', 'olga@shop.example', '--password', 'correct horse battery', '--json'],
    env,
  )
  if (made.code !== 0) throw new Error(made.error)
  const { token } = JSON.parse(made.out) as { token: string }
  return { ...clientOf(url, { authorization: `Bearer ${token}` }), token }
}

/** Removes these folders when the file's tests have ended, with a moment for a server that is still stopping. */
export function removeAfterwards(...folders: string[]): void {
  afterAll(async () => {
    for (const folder of folders) await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 500 })
  }, 120_000)
}

/** `parley demo` as a process of its own, on free ports. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const COMMAND = fileURLToPath(new URL('../../bin/parley.mjs', import.meta.url))
/** Parley, the page and two for each messenger. */
const PORTS = 12

export interface RunningDemo {
  readonly url: string
  readonly phones: string
  readonly email: string
  readonly password: string
  stop(): Promise<void>
}

export async function aRunningDemo(folder: string): Promise<RunningDemo> {
  const env = { ...process.env, PARLEY_DATA: join(folder, 'demo'), PARLEY_PORT: String(await freePorts()) }
  const child = spawn(process.execPath, [COMMAND, 'demo', '--language', 'en'], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = once(child, 'exit')
  const errors: string[] = []
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk.toString()))
  const said: string[] = []
  for await (const line of createInterface(child.stdout)) {
    said.push(line)
    if (line.startsWith('The phones')) break
  }
  const found = /ready at (\S+)\nSign in as (\S+), password: (.+)\nThe phones are at (\S+)/.exec(said.join('\n'))
  if (!found) throw new Error(`the demo did not start: ${said.join(' ')} ${errors.join('').slice(-2_000)}`)
  const [, url, email, password, phones] = found as unknown as [string, string, string, string, string]
  return {
    url,
    phones,
    email,
    password,
    stop: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
}

/** The first of several neighbouring ports that nobody uses. */
async function freePorts(): Promise<number> {
  for (;;) {
    const first = 20_000 + Math.floor(Math.random() * 30_000)
    const free = await Promise.all(Array.from({ length: PORTS }, (_, more) => isFree(first + more)))
    if (free.every(Boolean)) return first
  }
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })

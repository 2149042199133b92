/** The nodes as processes: started, killed, paused, started again. */
import { spawn, type ChildProcess } from 'node:child_process'
import { openSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

export interface ParleyNode {
  readonly name: string
  readonly url: string
  readonly pid: number
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>
  /** SIGSTOP, SIGCONT after so long. */
  pause(ms: number): Promise<void>
  /** SIGTERM. */
  stop(): Promise<void>
  /** Starts it (again); resolves when it is ready. */
  start(): Promise<void>
}

const SCRIPT = fileURLToPath(new URL('./node.ts', import.meta.url))
/** On a crowded machine; alone it takes two seconds. */
const START_MS = 180_000

export function aNode(
  name: string,
  options: { folder: string; port: number; env: Record<string, string> },
): ParleyNode {
  let child: ChildProcess | undefined
  let gone = Promise.resolve()
  const pidOf = () => child?.pid ?? 0
  const signal = (which: NodeJS.Signals) => void child?.kill(which)
  return {
    name,
    url: `http://127.0.0.1:${options.port}`,
    get pid() {
      return pidOf()
    },
    start: async () => {
      const log = openSync(join(options.folder, `${name}.log`), 'a')
      const started = spawn(process.execPath, [SCRIPT], {
        stdio: ['ignore', 'pipe', log],
        env: {
          PATH: process.env.PATH,
          // Nodes start again and again: what was compiled once is kept.
          NODE_COMPILE_CACHE: join(options.folder, 'compiled'),
          PARLEY_PORT: String(options.port),
          PARLEY_DATA: join(options.folder, name),
          ...options.env,
        },
      })
      child = started
      gone = new Promise((resolve) => started.once('close', () => resolve()))
      const ready = new Promise<void>((resolve) => {
        createInterface(started.stdout!).on('line', (line) => line === 'ready' && resolve())
      })
      await Promise.race([
        ready,
        gone.then(() => Promise.reject(new Error(`${name} ended before it was ready: see ${name}.log`))),
        delay(START_MS, undefined, { ref: false }).then(() => Promise.reject(new Error(`${name} did not start`))),
      ])
    },
    kill: async () => {
      signal('SIGKILL')
      await gone
    },
    pause: async (ms) => {
      signal('SIGSTOP')
      await delay(ms)
      signal('SIGCONT')
    },
    stop: async () => {
      signal('SIGTERM')
      await Promise.race([gone, delay(20_000, undefined, { ref: false }).then(() => signal('SIGKILL'))])
    },
  }
}

/**
 * The nodes as processes: started, killed, paused, started again. Each has a spare that has loaded and waits: a start costs a second and
 * more of a core, and a run of hundreds of kills would spend its time in it.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Moment } from '#server/platform/buggify.ts'
import { record } from './recorded.ts'

export interface ParleyNode {
  readonly name: string
  readonly url: string
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>
  /** It kills itself when it next passes there; is it not there in time, it is killed. @returns whether it came there */
  dieAt(moment: Moment, patienceMs: number): Promise<boolean>
  /** SIGSTOP, SIGCONT after so long. */
  pause(ms: number): Promise<void>
  /** SIGTERM; SIGKILL where it has not ended in time, which is told in `wrongs`. */
  stop(): Promise<void>
  /** Starts it (again); resolves when it is ready. */
  start(): Promise<void>
  /** After the last start: the spare ends. */
  close(): Promise<void>
  /** Ends that nobody ordered, and an order that was not obeyed. */
  readonly wrongs: readonly string[]
}

const SCRIPT = fileURLToPath(new URL('./node.ts', import.meta.url))
/** On a crowded machine, and while its database is away; alone it takes a second. */
const START_MS = 180_000
/** Longer than a database or a wire is away. */
const STOP_MS = 20_000

interface Process {
  readonly child: ChildProcess
  /** Resolves with how it ended. */
  readonly gone: Promise<string>
  /** Resolves when it has said so. */
  heard(line: 'warm' | 'ready'): Promise<void>
}

/** @param options.script  what is run instead of a Parley */
export function aNode(
  name: string,
  options: { folder: string; port: number; env: Record<string, string>; seed: number; script?: string },
): ParleyNode {
  let running: Process | undefined
  let spare: Process | undefined
  let born = 0
  const wrongs: string[] = []
  const ordered = new WeakSet<Process>()

  function load(): Process {
    const log = openSync(join(options.folder, `${name}.log`), 'a')
    const child = spawn(process.execPath, [options.script ?? SCRIPT], {
      stdio: ['pipe', 'pipe', log],
      // A session of its own: the kernel shares a crowded machine out by sessions, and a busy harness must not starve what it tries.
      detached: true,
      env: {
        PATH: process.env.PATH,
        // Nodes start again and again: what was compiled once is kept.
        NODE_COMPILE_CACHE: join(options.folder, 'compiled'),
        PARLEY_PORT: String(options.port),
        PARLEY_DATA: join(options.folder, name),
        FAULTS_SEED: String(options.seed + born++),
        ...options.env,
      },
    })
    closeSync(log)
    if (child.pid !== undefined) record(options.folder, child.pid)
    // It may be gone before it reads.
    child.stdin!.on('error', () => {})
    const said = { warm: Promise.withResolvers<void>(), ready: Promise.withResolvers<void>() }
    createInterface(child.stdout!).on('line', (line) => {
      if (line === 'warm' || line === 'ready') said[line].resolve()
    })
    const gone = new Promise<string>((resolve) => {
      child.once('close', (code, signal) => resolve(signal ?? `code ${code}`))
    })
    return { child, gone, heard: (line) => said[line].promise }
  }

  async function start(): Promise<void> {
    const until = performance.now() + START_MS
    for (let last = ''; performance.now() < until;) {
      running = spare ?? load()
      spare = undefined
      const { child, gone, heard } = running
      child.stdin!.write('go\n')
      const ended = await Promise.race([heard('ready').then(() => null), gone, delay(START_MS, 'late', { ref: false })])
      if (ended === null) {
        void lookAfter(running)
        spare = load()
        return
      }
      // Its database was away, or the wire to it: whoever watches over a program starts it again.
      last = ended
      child.kill('SIGKILL')
      console.error(`${name} ended before it was ready: ${last}`)
      await delay(500)
    }
    throw new Error(`${name} does not start: see ${name}.log`)
  }

  async function lookAfter(ready: Process): Promise<void> {
    const how = await ready.gone
    if (ordered.has(ready)) return
    running = undefined
    wrongs.push(`${name} ended by itself: ${how}, see ${name}.log`)
  }

  /** @returns how it ended by itself in time; `late`: it was killed; null: it was gone before */
  async function end(order: (child: ChildProcess) => void, patienceMs: number): Promise<string | null> {
    const ending = running
    running = undefined
    if (!ending) return null
    ordered.add(ending)
    order(ending.child)
    const how = await Promise.race([ending.gone, delay(patienceMs, 'late', { ref: false })])
    ending.child.kill('SIGKILL')
    await ending.gone
    return how
  }

  return {
    name,
    url: `http://127.0.0.1:${options.port}`,
    start,
    kill: async () => void (await end((child) => child.kill('SIGKILL'), STOP_MS)),
    dieAt: async (moment, patienceMs) => {
      const how = await end((child) => child.stdin!.write(`die at ${moment}\n`), patienceMs)
      if (how?.startsWith('code')) wrongs.push(`${name} ended by itself: ${how}, see ${name}.log`)
      return how === 'SIGKILL'
    },
    pause: async (ms) => {
      running?.child.kill('SIGSTOP')
      await delay(ms)
      running?.child.kill('SIGCONT')
    },
    stop: async () => {
      const how = await end((child) => child.kill('SIGTERM'), STOP_MS)
      if (how !== null && how !== 'code 0') wrongs.push(`${name} was to end in order: ${how}, see ${name}.log`)
    },
    close: async () => {
      spare?.child.kill('SIGKILL')
      await spare?.gone
    },
    wrongs,
  }
}

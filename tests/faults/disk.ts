/** Disks that are full, slow or broken. Each needs a tool that may be absent: it then says so in a clear word. */
import { execFile, spawn } from 'node:child_process'
import { readFile, statfs } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Skipped } from './killer.ts'

const run = promisify(execFile)

/** How long `strace` may take to hold every process of the server. */
const ATTACH_MS = 10_000

/**
 * Every fsync of a server is met by `strace`, of the children it makes from now on too.
 * @param inject  as strace has it: `delay_enter=200000`, `error=EIO:when=3+`
 * @returns       ends it; the server goes on as if nothing had been
 */
export async function meetFsync(postmaster: number, inject: string): Promise<() => Promise<void>> {
  const pids = [postmaster, ...(await childrenOf(postmaster))]
  const calls = 'fsync,fdatasync'
  const args = ['-f', '-qq', '-o', '/dev/null', '-e', `trace=${calls}`, '-e', `inject=${calls}:${inject}`]
  const tracer = spawn('strace', [...args, ...pids.flatMap((pid) => ['-p', String(pid)])], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  tracer.stderr.on('data', (words: Buffer) => (said += words.toString()))
  const ended = new Promise<string>((resolve) => {
    tracer.once('error', () => resolve('strace is not installed'))
    tracer.once('close', () => resolve(said.trim().split('\n').at(-1) || 'strace ended'))
  })
  const until = performance.now() + ATTACH_MS
  while (!(await isTraced(postmaster, tracer.pid))) {
    const word = await Promise.race([ended, delay(50, null)])
    if (word !== null) throw new Skipped(word)
    if (performance.now() > until) {
      tracer.kill('SIGKILL')
      throw new Skipped('strace does not get hold of PostgreSQL')
    }
  }
  return async () => {
    tracer.kill('SIGINT')
    await ended
  }
}

async function isTraced(pid: number, by: number | undefined): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return by !== undefined && status.includes(`TracerPid:\t${by}\n`)
}

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')
  return text.split(' ').filter(Boolean).map(Number)
}

/** A small disk in memory. */
export interface SmallDisk {
  /** No byte more fits, until it is freed. */
  fill(): Promise<void>
  free(): Promise<void>
  remove(): Promise<void>
}

/** @throws Skipped without root, or in a container that may not mount */
export async function mountSmallDisk(folder: string, megabytes: number): Promise<SmallDisk> {
  if (process.getuid?.() !== 0) throw new Skipped('a tmpfs can be mounted by root alone')
  const mount = (size: string, ...options: string[]) =>
    run('mount', ['-t', 'tmpfs', '-o', [...options, `size=${size}`].join(), 'tmpfs', folder])
  await mount(`${megabytes}m`).catch((error: { stderr?: string; message: string }) => {
    throw new Skipped(`no tmpfs can be mounted here: ${(error.stderr ?? error.message).trim()}`)
  })
  return {
    fill: async () => {
      // The disk shrinks to what lies on it; while it grows meanwhile, the kernel refuses and is asked again.
      for (let tries = 0; ; tries++) {
        const { blocks, bfree, bsize } = await statfs(folder)
        try {
          return void (await mount(String((blocks - bfree) * bsize), 'remount'))
        } catch (error) {
          if (tries === 50) throw error
        }
      }
    },
    free: async () => void (await mount(`${megabytes}m`, 'remount')),
    remove: async () => void (await run('umount', ['-l', folder])),
  }
}

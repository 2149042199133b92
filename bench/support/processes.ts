/** Servers of a figure, each a process of its own. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface Server {
  readonly pid: number
  readonly url: string
  stop(): Promise<void>
}

/** Runs a script of ours that prints its address in its first line. */
export async function aServer(script: URL, env: Record<string, string> = {}, flags: string[] = []): Promise<Server> {
  const child = spawn(process.execPath, [...flags, fileURLToPath(script)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH, ...env },
  })
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const url = await Promise.race([
    new Promise<string>((resolve) => createInterface(child.stdout).once('line', resolve)),
    gone.then(() => Promise.reject(new Error(`${script.href} ended before it was ready`))),
  ])
  return {
    pid: child.pid!,
    url,
    stop: async () => {
      child.kill('SIGTERM')
      const cut = setTimeout(() => child.kill('SIGKILL'), 20_000)
      await gone
      clearTimeout(cut)
    },
  }
}

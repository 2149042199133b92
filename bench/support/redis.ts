/** Redis of the machine's packages, as queues are run on it: every write in its journal, which reaches the disk once a second. */
import { spawn, type ChildProcess } from 'node:child_process'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

export interface Redis {
  readonly pid: () => number
  /** SIGKILL, and started again on the same folder. */
  crash(): Promise<void>
  stop(): Promise<void>
}

/** @returns null where there is no `redis-server` */
export async function aRedis(folder: string, port: number): Promise<Redis | null> {
  const start = async (): Promise<ChildProcess | null> => {
    const child = spawn(
      'redis-server',
      [
        '--port',
        String(port),
        '--bind',
        '127.0.0.1',
        '--dir',
        folder,
        '--appendonly',
        'yes',
        '--appendfsync',
        'everysec',
        '--save',
        '',
      ],
      { stdio: 'ignore' },
    )
    const missing = new Promise<true>((resolve) => child.once('error', () => resolve(true)))
    while (!(await Promise.race([missing, answers(port)]))) await delay(20)
    return child.pid === undefined ? null : child
  }
  let running = await start()
  if (!running) return null
  const end = async (signal: NodeJS.Signals) => {
    const gone = new Promise((resolve) => running!.once('close', resolve))
    running!.kill(signal)
    await gone
  }
  return {
    pid: () => running!.pid!,
    crash: async () => {
      await end('SIGKILL')
      running = await start()
    },
    stop: () => end('SIGTERM'),
  }
}

const answers = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'))
    const done = (is: boolean) => {
      socket.destroy()
      resolve(is)
    }
    // While it reads its journal it says -LOADING.
    socket.once('data', (bytes) => done(bytes.toString().startsWith('+PONG')))
    socket.once('error', () => done(false))
  })

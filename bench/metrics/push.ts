/** 6: webhook → stored → every member's socket, at a fixed rate. */
import { setTimeout as delay } from 'node:timers/promises'
import { Pool } from 'undici'
import { SIGNATURE, signatureOf, type Told } from '#tests/faults/connectors/network.ts'
import { cpuMsOf } from '../support/cpu.ts'
import { theListeners, pushText, type Listeners } from '../support/listeners.ts'
import { aParley } from '../support/parley.ts'
import { aPigeonPlatform } from '../support/pigeon-platform.ts'
import { aServer } from '../support/processes.ts'
import { inRounds, type Row, type Taken } from '../support/rounds.ts'
import { Void, whyRefused } from '../support/void.ts'

const CONNECTIONS = 64
const CHATS = 200
/** Seconds; connections, plans and machine code are made in them: at fifty messages a second it takes some. */
const WARM_UP = 6
/** Posts fall due by the clock, whatever became of those before. */
const TICK_MS = 2

export async function push(options: {
  rounds: number
  seconds: number
  members: number
  perSecond: number
  say(words: string): void
}): Promise<{ rows: Row[]; notes: string[] }> {
  const { members, perSecond } = options
  const platform = await aPigeonPlatform()
  const parley = await aParley({ echo: false, connectors: platform.connectors, platform: platform.host })
  let number = 0
  let pushed = 0

  async function run(url: string, path: string, secret: string, listeners: Listeners, seconds: number) {
    const pool = new Pool(url, { connections: CONNECTIONS, pipelining: 1 })
    const posts: Promise<void>[] = []
    let sum = 0
    async function post(): Promise<void> {
      const told = {
        chat: `chat-${++number % CHATS}`,
        at: Date.now(),
        id: String(number),
        is: 'said',
        n: number,
      } as const
      sum += number
      const body = JSON.stringify({ key: String(number), text: pushText(number), ...told } satisfies Told)
      const headers = { 'content-type': 'application/json', [SIGNATURE]: signatureOf(body, secret) }
      const answer = await pool.request({ path, method: 'POST', body, headers })
      await answer.body.dump()
      if (answer.statusCode !== 200) throw new Void(whyRefused(answer.statusCode))
    }
    await listeners.begin()
    const began = performance.now()
    while (posts.length < perSecond * seconds) {
      const due = Math.min(((performance.now() - began) / 1000) * perSecond, perSecond * seconds)
      while (posts.length < due) posts.push(post())
      await delay(TICK_MS)
    }
    await Promise.all(posts)
    const took = (performance.now() - began) / 1000
    const latencies = await listeners.heard({ count: posts.length, sum })
    await pool.close()
    pushed += posts.length * members
    return { ops: posts.length * members, seconds: took, latencies }
  }

  async function measured(
    target: { url: string; path: string; secret: string; pids: readonly number[] },
    listeners: Listeners,
  ): Promise<Taken> {
    const { url, path, secret, pids } = target
    await run(url, path, secret, listeners, WARM_UP)
    const before = cpuMsOf(pids)
    const taken = await run(url, path, secret, listeners, options.seconds)
    await listeners.close()
    return { ...taken, cpuMs: cpuMsOf(pids) - before }
  }

  try {
    const channel = await parley.channel('pigeon', { apiUrl: platform.url })
    const path = `/hooks/${channel}`
    const secret = platform.secretOf(path)
    const cookies = await parley.members(members)
    const peerOf = (name: string, fanOut: 'ws' | 'socket.io') => ({
      name,
      measure: async () => {
        const env = { BENCH_SECRET: secret, BENCH_FAN_OUT: fanOut }
        const peer = await aServer(new URL('../peers/fan-out.ts', import.meta.url), env)
        try {
          const greet = fanOut === 'socket.io'
          const url = `${peer.url.replace('http', 'ws')}/${greet ? 'socket.io/?EIO=4&transport=websocket' : ''}`
          const listeners = await theListeners({ url, greet, headers: cookies.map(() => ({})) })
          return await measured({ url: peer.url, path, secret, pids: [peer.pid] }, listeners)
        } finally {
          await peer.stop()
        }
      },
    })
    const rows = await inRounds(
      options.rounds,
      [
        peerOf('raw ws, frame encoded once', 'ws'),
        peerOf('Socket.IO', 'socket.io'),
        {
          name: 'Parley, stored first',
          measure: async () => {
            const headers = cookies.map((cookie) => ({ cookie, origin: parley.url }))
            const url = `${parley.url.replace('http', 'ws')}/api/feed`
            const listeners = await theListeners({ url, greet: false, headers })
            return measured({ url: parley.url, path, secret, pids: parley.pids }, listeners)
          },
        },
      ],
      options.say,
      'cpu',
    )
    return {
      rows,
      notes: [
        `${pushed.toLocaleString('en')} pushes, each heard once by its socket; the rate is given, so the ratio is of CPU`,
      ],
    }
  } finally {
    await parley.stop()
    await platform.close()
  }
}

/** 1: signed webhooks over 256 connections; 200 only after COMMIT. */
import { Pool } from 'undici'
import { SIGNATURE, signatureOf, type Told } from '#tests/faults/connectors/network.ts'
import { cpuMsOf } from '../support/cpu.ts'
import { aParley } from '../support/parley.ts'
import { aPigeonPlatform } from '../support/pigeon-platform.ts'
import { aServer } from '../support/processes.ts'
import { inRounds, type Row, type Taken } from '../support/rounds.ts'
import { Void, whyRefused } from '../support/void.ts'

const CONNECTIONS = 256
const CHATS = 2_000
/** Seconds; counted as stored, not as measured. */
const WARM_UP = 1

export async function durableIngest(options: {
  rounds: number
  seconds: number
  say(words: string): void
}): Promise<{ rows: Row[]; notes: string[] }> {
  const platform = await aPigeonPlatform()
  const parley = await aParley({ echo: false, connectors: platform.connectors, platform: platform.host })
  try {
    const channel = await parley.channel('pigeon', { apiUrl: platform.url })
    const path = `/hooks/${channel}`
    const secret = platform.secretOf(path)
    const bare = await aServer(new URL('../peers/bare-fastify.ts', import.meta.url), { BENCH_SECRET: secret })
    let number = 0
    const next = () => hook(++number, secret)
    let acknowledged = 0
    try {
      const rows = await inRounds(
        options.rounds,
        [
          {
            name: 'bare Fastify, HMAC, no store',
            measure: async () => {
              await drive(bare.url, path, [bare.pid], next, WARM_UP)
              return drive(bare.url, path, [bare.pid], next, options.seconds)
            },
          },
          {
            name: 'Parley, 200 after COMMIT',
            measure: async () => {
              acknowledged += (await drive(parley.url, path, parley.pids, next, WARM_UP)).ops
              const taken = await drive(parley.url, path, parley.pids, next, options.seconds)
              acknowledged += taken.ops
              const began = cpuMsOf(parley.pids)
              await parley.drained()
              options.say(
                `           read into conversations afterwards: ${Math.round(cpuMsOf(parley.pids) - began)} CPU-ms`,
              )
              const [stored] = await parley.ask<{ n: number }>(
                `select count(*)::int as n from message where direction = 'in'`,
              )
              if (stored!.n !== acknowledged) throw new Void(`${acknowledged} acknowledged, ${stored!.n} stored`)
              return taken
            },
          },
        ],
        options.say,
      )
      return { rows, notes: [`${acknowledged} acknowledged, as many stored, each once`] }
    } finally {
      await bare.stop()
    }
  } finally {
    await parley.stop()
    await platform.close()
  }
}

/** Closed loop: each connection posts its next event when the last was answered. */
async function drive(
  url: string,
  path: string,
  pids: readonly number[],
  next: () => { body: string; headers: Record<string, string> },
  seconds: number,
): Promise<Taken> {
  const pool = new Pool(url, { connections: CONNECTIONS, pipelining: 1 })
  const latencies: number[] = []
  const cpuBefore = cpuMsOf(pids)
  const began = performance.now()
  async function connection(): Promise<void> {
    while (performance.now() < began + seconds * 1000) {
      const asked = performance.now()
      const { statusCode, body } = await pool.request({ path, method: 'POST', ...next() })
      await body.dump()
      if (statusCode !== 200) throw new Void(whyRefused(statusCode))
      latencies.push(performance.now() - asked)
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, connection))
  const taken = { seconds: (performance.now() - began) / 1000, cpuMs: cpuMsOf(pids) - cpuBefore }
  await pool.close()
  return { ops: latencies.length, latencies, ...taken }
}

function hook(number: number, secret: string) {
  const chat = `chat-${number % CHATS}`
  const text = `message ${number} `.padEnd(400, 'words ')
  const told: Told = { key: String(number), chat, at: Date.now(), id: String(number), is: 'said', n: number, text }
  const body = JSON.stringify(told)
  return { body, headers: { 'content-type': 'application/json', [SIGNATURE]: signatureOf(body, secret) } }
}

/**
 * The other half of 3: the same questions to a queue that people use for it. Customers talk through webhooks that are said again until they
 * are acknowledged; BullMQ's process and its Redis are killed by turns; every word is to be answered once.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Pool } from 'undici'
import { freePort } from '#tests/support/free-port.ts'
import { aServer } from '../support/processes.ts'
import { aRedis } from '../support/redis.ts'

export interface KillCounts {
  readonly kill: number
  readonly crash: number
  readonly acknowledged: number
  readonly received: number
  readonly lost: number
  readonly doubled: number
}

const CUSTOMERS = 32
const BETWEEN_MS = 1_500
/** A worker that was killed is noticed within seconds; nothing arrives for so long: nothing will. */
const SILENT_MS = 20_000
const PEER = new URL('../peers/bullmq-hook.ts', import.meta.url)

/** @returns null without Redis */
export async function killBullMq(options: { faults: number; say(words: string): void }): Promise<KillCounts | null> {
  const { faults, say } = options
  const folder = await mkdtemp(join(tmpdir(), 'parley-bench-redis-'))
  const redisPort = await freePort()
  const redis = await aRedis(folder, redisPort)
  if (!redis) {
    await rm(folder, { recursive: true, force: true })
    return null
  }
  const platform = await aCountingPlatform()
  const start = () => aServer(PEER, { BENCH_REDIS_PORT: String(redisPort), BENCH_PLATFORM: platform.url })
  let peer = await start()
  let talking = true
  let number = 0
  const acknowledged = new Set<string>()
  let kills = 0

  async function customer(): Promise<void> {
    while (talking) {
      const id = String(++number)
      // A platform says it again until it is taken, to whoever listens then.
      while (!(await isTaken(peer.url, id))) await delay(50)
      acknowledged.add(id)
    }
  }
  try {
    const customers = Array.from({ length: CUSTOMERS }, customer)
    for (let fault = 0; fault < faults; fault++) {
      await delay(BETWEEN_MS)
      if (fault % 2 === 0) {
        kills++
        process.kill(peer.pid, 'SIGKILL')
        peer = await start()
      } else await redis.crash()
      say(`  BullMQ ${fault + 1}/${faults}: acknowledged ${acknowledged.size}, received ${platform.received.size}`)
    }
    await delay(BETWEEN_MS)
    talking = false
    await Promise.all(customers)
    for (let last = -1, since = performance.now(); performance.now() - since < SILENT_MS; await delay(200)) {
      if ([...acknowledged].every((id) => platform.received.has(id))) break
      if (platform.received.size !== last) since = performance.now()
      last = platform.received.size
    }
    return {
      kill: kills,
      crash: faults - kills,
      acknowledged: acknowledged.size,
      received: platform.received.size,
      lost: [...acknowledged].filter((id) => !platform.received.has(id)).length,
      doubled: [...platform.received.values()].filter((times) => times > 1).length,
    }
  } finally {
    talking = false
    await peer.stop()
    await redis.stop()
    await platform.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function isTaken(url: string, id: string): Promise<boolean> {
  const pool = poolOf(url)
  try {
    const answer = await pool.request({ path: '/', method: 'POST', body: JSON.stringify({ id }) })
    await answer.body.dump()
    return answer.statusCode === 200
  } catch {
    return false
  }
}

const pools = new Map<string, Pool>()
function poolOf(url: string): Pool {
  let pool = pools.get(url)
  if (!pool) pools.set(url, (pool = new Pool(url, { connections: CUSTOMERS, headersTimeout: 5_000 })))
  return pool
}

/** How often each message came. */
async function aCountingPlatform() {
  const received = new Map<string, number>()
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { id } = JSON.parse(Buffer.concat(chunks).toString()) as { id: string }
      received.set(id, (received.get(id) ?? 0) + 1)
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received: received as ReadonlyMap<string, number>,
    close: async () => {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

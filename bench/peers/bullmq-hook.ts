/**
 * The peer of what SIGKILL costs: a webhook becomes a job of BullMQ and is answered once Redis has it; a worker answers the customer with the
 * same words. A job is named by its event, so that what a platform says twice is one. Prints its address.
 */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Queue, Worker } from 'bullmq'
import { Pool } from 'undici'

const { BENCH_REDIS_PORT = '', BENCH_PLATFORM = '' } = process.env
const redis = { host: '127.0.0.1', port: Number(BENCH_REDIS_PORT) }
const platform = new Pool(BENCH_PLATFORM, { connections: 64 })
/** Kept for as long as a platform may say the same again. */
const KEPT = { age: 3_600, count: 1_000_000 }

const queue = new Queue('events', {
  // Whoever waits for an answer is refused at once while Redis is away, and says it again.
  connection: { ...redis, enableOfflineQueue: false, maxRetriesPerRequest: 0 },
  defaultJobOptions: { attempts: 20, backoff: { type: 'fixed', delay: 200 }, removeOnComplete: KEPT },
})
const worker = new Worker<{ id: string }>(
  'events',
  async ({ data }) => {
    const answer = await platform.request({ path: '/send', method: 'POST', body: JSON.stringify(data) })
    await answer.body.dump()
  },
  // What a killed worker held is taken up again when its lock has run out.
  {
    connection: { ...redis, maxRetriesPerRequest: null },
    concurrency: 64,
    lockDuration: 5_000,
    stalledInterval: 2_000,
  },
)
queue.on('error', () => {})
worker.on('error', () => {})

async function take(request: IncomingMessage): Promise<number> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const { id } = JSON.parse(Buffer.concat(chunks).toString()) as { id: string }
  await queue.add('said', { id }, { jobId: `event-${id}` })
  return 200
}

const server = createServer((request, response) => {
  void take(request)
    .catch(() => 503)
    .then((status) => response.writeHead(status).end())
})
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
process.once('SIGTERM', () => process.exit(0))

/**
 * The smallest Bot API that a loop needs, and its users: each says a line, waits for the same line to come back by `sendMessage`, then
 * says the next. The full emulator would be what is measured.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Pool } from 'undici'
import { cpuMsOf } from './cpu.ts'
import type { Taken } from './rounds.ts'
import { Void, whyRefused } from './void.ts'

export interface BotApi {
  readonly url: string
  readonly token: string
  /** Where the bot wants its updates, once it has said so, and the secret it gave. */
  hook(): { url: string; secret: string } | null
  /** So many users talk for so long. Throws when an answer was lost, doubled, or another than what was said. */
  talk(options: {
    users: number
    seconds: number
    url: string
    secret: string
    pids: readonly number[]
  }): Promise<Taken>
  close(): Promise<void>
}

const PATIENCE_MS = 30_000

export async function aBotApi(): Promise<BotApi> {
  const token = '1000001:AAEmulatedTokenOfTheParleyBenchmark_1'
  let hook: { url: string; secret: string } | null = null
  let numbers = 0
  const waiting = new Map<number, { text: string; come(): void }>()
  let unasked = 0

  const server = createServer((asked, answer) => void serve(asked, answer))
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })

  async function serve(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of asked) chunks.push(chunk as Buffer)
    const body = JSON.parse(Buffer.concat(chunks).toString() || '{}') as Record<string, unknown>
    const method = asked.url!.slice(asked.url!.lastIndexOf('/') + 1)
    const text = JSON.stringify({ ok: true, result: resultOf(method, body) })
    answer.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }).end(text)
  }

  function resultOf(method: string, body: Record<string, unknown>): unknown {
    switch (method) {
      case 'getMe':
        return {
          id: 1_000_001,
          is_bot: true,
          first_name: 'Bench',
          username: 'bench_bot',
          can_read_all_group_messages: true,
        }
      case 'getWebhookInfo':
        return { url: hook?.url ?? '', has_custom_certificate: false, pending_update_count: 0 }
      case 'setWebhook':
        hook = { url: body.url as string, secret: (body.secret_token as string | undefined) ?? '' }
        return true
      case 'sendMessage': {
        const user = body.chat_id as number
        const expected = waiting.get(user)
        waiting.delete(user)
        if (expected?.text === body.text) expected!.come()
        else unasked++
        return { message_id: ++numbers, date: seconds(), chat: chatOf(user), text: body.text }
      }
      default:
        return true
    }
  }

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token,
    hook: () => hook,
    talk: async ({ users, seconds: duration, url, secret, pids }) => {
      const { origin, pathname } = new URL(url)
      const pool = new Pool(origin, { connections: Math.min(users, 256), pipelining: 1 })
      const latencies: number[] = []
      const cpuBefore = cpuMsOf(pids)
      const began = performance.now()
      async function user(id: number): Promise<void> {
        while (performance.now() < began + duration * 1000) {
          const said = performance.now()
          const text = `line ${++numbers}`
          const answered = new Promise<void>((resolve, reject) => {
            const timer = setTimeout(() => reject(new Void(`no answer to "${text}"`)), PATIENCE_MS)
            waiting.set(id, {
              text,
              come: () => {
                clearTimeout(timer)
                resolve()
              },
            })
          })
          // Awaited below; until then its failure must not end the process.
          answered.catch(() => {})
          const update = {
            update_id: numbers,
            message: { message_id: numbers, date: seconds(), chat: chatOf(id), from: { ...personOf(id) }, text },
          }
          const { statusCode, body } = await pool.request({
            path: pathname,
            method: 'POST',
            headers: { 'content-type': 'application/json', 'x-telegram-bot-api-secret-token': secret },
            body: JSON.stringify(update),
          })
          await body.dump()
          if (statusCode !== 200) throw new Void(whyRefused(statusCode))
          await answered
          latencies.push(performance.now() - said)
        }
      }
      await Promise.all(Array.from({ length: users }, (_, index) => user(500_000 + index)))
      const taken = { seconds: (performance.now() - began) / 1000, cpuMs: cpuMsOf(pids) - cpuBefore }
      await pool.close()
      if (unasked > 0) throw new Void(`${unasked} answers that nobody waited for`)
      return { ops: latencies.length, latencies, ...taken }
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

const seconds = () => Math.floor(Date.now() / 1000)
const personOf = (id: number) => ({ id, is_bot: false, first_name: `User ${id}` })
const chatOf = (id: number) => ({ id, type: 'private', first_name: `User ${id}` })

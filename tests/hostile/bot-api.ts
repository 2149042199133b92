/** The platform's side of a fuzz run: knows one bot, and keeps the secret that it shall prove itself with. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface BotApi {
  readonly url: string
  readonly secret: Promise<string>
  close(): Promise<void>
}

/** One call, as the bot with this token made it. */
export interface Asked {
  readonly method: string
  readonly token: string
  readonly body: Record<string, unknown>
}

/** @param answer  what this platform says to a call, whole; undefined: what any would say. It may keep what it hears */
export async function botApi(answer: (asked: Asked) => object | undefined = () => undefined): Promise<BotApi> {
  const secret = Promise.withResolvers<string>()
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const [, token = '', method = ''] = /\/bot([^/]+)\/(\w+)$/.exec(request.url ?? '') ?? []
      const isJson = request.headers['content-type']?.startsWith('application/json') ?? false
      const body = isJson ? (JSON.parse(Buffer.concat(chunks).toString()) as Asked['body']) : {}
      if (method === 'setWebhook') secret.resolve((body as Hook).secret_token)
      const said = answer({ method, token, body }) ?? { ok: true, result: ANSWERS[method] ?? true }
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(said))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    secret: secret.promise,
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

type Hook = { secret_token: string }

const ANSWERS: Readonly<Record<string, unknown>> = {
  getMe: { id: 123456, is_bot: true, first_name: 'Shop', username: 'parley_shop_bot' },
  getWebhookInfo: { url: '', has_custom_certificate: false, pending_update_count: 0 },
}

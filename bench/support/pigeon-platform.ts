/** The platform of the network that only tests know: takes registrations and says yes. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface PigeonPlatform {
  readonly connectors: URL
  readonly url: string
  /** `host:port`, which Parley may reach. */
  readonly host: string
  /** What a webhook at this path is signed with. */
  secretOf(path: string): string
  close(): Promise<void>
}

export async function aPigeonPlatform(): Promise<PigeonPlatform> {
  const secrets = new Map<string, string>()
  const server = createServer((asked, answer) => void answerTo(asked, answer))
  async function answerTo(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    let body = ''
    for await (const chunk of asked) body += String(chunk)
    if (asked.url?.endsWith('/register')) {
      const { url, secret } = JSON.parse(body) as { url: string; secret: string }
      secrets.set(new URL(url).pathname, secret)
    }
    answer.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  }
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    connectors: new URL('../../tests/faults/connectors/', import.meta.url),
    url: `http://${host}`,
    host,
    secretOf: (path) => secrets.get(path)!,
    close: async () => {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

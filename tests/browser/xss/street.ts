/** A page of a shop on another origin than Parley's, with many chats on it at once, each a channel of its own. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sitePage } from '#connectors/webchat/emulator/site-page.ts'

export interface Street {
  readonly url: string
  /** Where these channels' chats are. */
  pageOf(channels: readonly string[]): string
  close(): Promise<void>
}

/** @param parley  the address of the Parley whose chats they are */
export async function street(parley: () => string): Promise<Street> {
  const server = createServer((request, response) => {
    const [first = '', ...others] = new URL(request.url!, 'http://street.test').searchParams.getAll('chat')
    const { headers, body } = sitePage(`${parley()}/hooks/${first}`)
    const [tag = ''] = /<script.*<\/script>/.exec(body) ?? []
    const more = others.map((channel) => tag.replace(first, channel)).join('\n')
    response.writeHead(200, headers).end(body.replace('</html>', `${more}\n</html>`))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    pageOf: (channels) => `${url}/?${channels.map((channel) => `chat=${channel}`).join('&')}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

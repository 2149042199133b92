/** A channel whose server cannot be spoken to is refused with a code that the window has words for, and with what would open the way. */
import { createServer, type Server } from 'node:net'
import { once } from 'node:events'
import { afterAll, expect, test } from 'vitest'
import { freePort } from '#tests/support/free-port.ts'
import { wholeParley } from '#tests/support/whole-parley.ts'

const closed = await freePort()
const { server: dumb, port: dumbPort } = await saying('hello\r\n')
afterAll(() => dumb.close())
const { owner } = await wholeParley({ reaches: [`http://127.0.0.1:${closed}`, `http://127.0.0.1:${dumbPort}`] })

const connect = async (apiUrl: string) => {
  const response = await owner.ask('POST', '/api/channels', {
    body: { connector: 'telegram', name: 'Shop', settings: { token: '1:AAa', apiUrl } },
  })
  const { code, values } = (await response.json()) as { code: string; values?: Record<string, unknown> }
  return { code, ...values }
}

test.each([
  ['https://10.1.2.3:8443', { code: 'private_host', place: '10.1.2.3:8443' }],
  ['https://[fd00::1]:8443', { code: 'private_host', place: '[fd00::1]:8443' }],
  ['https://localhost:8443', { code: 'private_host', place: 'localhost:8443' }],
  ['http://localhost:8081', { code: 'plain_http', place: 'localhost:8081' }],
  ['https://no-such-name.invalid', { code: 'name_unknown' }],
  [`http://127.0.0.1:${closed}`, { code: 'refused_there' }],
  [`https://127.0.0.1:${dumbPort}`, { code: 'no_tls' }],
  [`http://127.0.0.1:${dumbPort}`, { code: 'not_understood' }],
])('%s is refused as %o', async (apiUrl, told) => {
  expect(await connect(apiUrl)).toMatchObject({
    words: expect.stringContaining(new URL(apiUrl).host) as string,
    ...told,
  })
})

test('of two private servers that one channel names both are told at once, so that one restart opens both', async () => {
  const response = await owner.ask('POST', '/api/channels', {
    body: {
      connector: 'email-imap',
      name: 'Mail',
      settings: {
        address: 'shop@shop.example',
        user: 'shop',
        password: 'x',
        imap: { host: 'localhost', port: 993, tls: true },
        smtp: { host: '10.1.2.4', port: 465, tls: true },
      },
    },
  })
  expect(await response.json()).toMatchObject({
    code: 'unreachable',
    values: { code: 'private_host', place: 'localhost:993,10.1.2.4:465' },
  })
})

async function saying(words: string): Promise<{ server: Server; port: number }> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.end(words))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, port: (server.address() as { port: number }).port }
}

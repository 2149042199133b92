import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { afterEach, expect, test, vi } from 'vitest'
import { guardedHttp, parseProxy, WireFailure } from './guarded-http.ts'
import type { GuardedHttp, HttpRequest } from './guarded-http.ts'
import type { Resolve } from './resolve.ts'
import {
  closeAll,
  connectProxy,
  httpServer,
  httpsServer,
  socks5Server,
  tcpServer,
  testRoot,
} from '#tests/support/test-servers.ts'
import type { Listening } from '#tests/support/test-servers.ts'

const clients: GuardedHttp[] = []
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()))
  await closeAll()
})

const HOST = 'api.example.test'
const kinds = [
  ['socks5h', socks5Server],
  ['http', connectProxy],
] as const

/** A channel whose requests must go through these proxies to a host that only they can resolve. */
function aChannel(
  host: Listening,
  proxies: string[],
  { resolve, connectMs }: { resolve?: Resolve; connectMs?: number } = {},
) {
  const client = guardedHttp({
    privateHosts: [`${HOST}:${host.port}`, ...proxies.map((proxy) => proxy.replace(/^.*(@|\/\/)/, ''))],
    resolve: resolve ?? (() => Promise.reject(new Error('a name was resolved here'))),
    ...(connectMs !== undefined && { connectMs }),
  })
  clients.push(client)
  const permit = { hosts: [HOST], hostPorts: [`${HOST}:${host.port}`], ca: testRoot, proxies }
  const ask = (rest: Partial<HttpRequest> = {}) =>
    client.request({ method: 'POST', url: `https://${HOST}:${host.port}/`, permit, body: { json: {} }, ...rest })
  return { client, permit, ask }
}

const failureOf = async (work: Promise<unknown>): Promise<WireFailure> => {
  const outcome = await work.then(
    () => new Error('it was let through'),
    (error: unknown) => error,
  )
  if (!(outcome instanceof WireFailure)) throw outcome
  return outcome
}

test.for(kinds)(
  '%s: requests go through the proxy, which resolves the name; TLS ends at the host',
  async ([scheme, start]) => {
    const host = await httpsServer((_request, response) => response.end('{"ok":true}'))
    const proxy = await start({ needs: 'ann:s3cret', hosts: { [HOST]: '127.0.0.1' } })
    const { ask } = aChannel(host, [`${scheme}://ann:s3cret@127.0.0.1:${proxy.port}`])
    expect((await ask()).body).toEqual({ ok: true })
    expect(proxy.asked).toEqual([`${HOST}:${host.port}`])
    expect(proxy.signedIn).toEqual(['ann:s3cret'])
  },
)

test.for(kinds)('%s: plain http of a private host goes through the proxy too', async ([scheme, start]) => {
  const host = await httpServer((_request, response) => response.end('"plain"'))
  const proxy = await start({ hosts: { [HOST]: '127.0.0.1' } })
  const { ask } = aChannel(host, [`${scheme}://127.0.0.1:${proxy.port}`])
  expect((await ask({ url: `http://${HOST}:${host.port}/` })).text).toBe('"plain"')
  expect(proxy.connections()).toBe(1)
})

test.for(kinds)('%s: with the proxy down nothing goes around it', async ([scheme, start]) => {
  const host = await httpsServer((_request, response) => response.end())
  const proxy = await start()
  await proxy.close()
  const resolve = vi.fn<Resolve>(async () => ['127.0.0.1'])
  const { ask, client, permit } = aChannel(host, [`${scheme}://127.0.0.1:${proxy.port}`], { resolve })
  expect(await failureOf(ask())).toMatchObject({ kind: 'proxy_down', written: false })
  expect(await failureOf(client.dial({ host: HOST, port: host.port, tls: false, permit }))).toMatchObject({
    kind: 'proxy_down',
  })
  expect(host.connections()).toBe(0)
  expect(resolve).not.toHaveBeenCalled()
})

test.for(kinds)('%s: a wrong password is proxy_down, and is not repeated in words', async ([scheme, start]) => {
  const host = await httpsServer((_request, response) => response.end())
  const proxy = await start({ needs: 'ann:right' })
  const { ask } = aChannel(host, [`${scheme}://ann:wr0ng-one@127.0.0.1:${proxy.port}`])
  const failure = await failureOf(ask())
  expect(failure).toMatchObject({ kind: 'proxy_down', written: false })
  expect(failure.message).not.toContain('wr0ng-one')
  expect(host.connections()).toBe(0)
})

test.for(kinds)('%s: a living proxy that cannot reach the host is no dead proxy', async ([scheme, start]) => {
  const host = await httpsServer((_request, response) => response.end())
  const proxy = await start({ refuse: scheme === 'http' ? 502 : 4 })
  const { ask, client, permit } = aChannel(host, [`${scheme}://127.0.0.1:${proxy.port}`])
  expect(await failureOf(ask())).toMatchObject({ kind: 'connect', written: false })
  expect(client.proxyHealth(permit)).toEqual([{ proxy: `127.0.0.1:${proxy.port}`, alive: true }])
})

test.for(kinds)('%s: a proxy that forbids is of no use', async ([scheme, start]) => {
  const host = await httpsServer((_request, response) => response.end())
  const proxy = await start({ refuse: scheme === 'http' ? 403 : 2 })
  expect((await failureOf(aChannel(host, [`${scheme}://127.0.0.1:${proxy.port}`]).ask())).kind).toBe('proxy_down')
})

test.for(kinds)(
  '%s: a certificate that is not good for the host is refused behind a proxy too',
  async ([scheme, start]) => {
    const host = await httpsServer((_request, response) => response.end())
    const proxy = await start({ hosts: { [HOST]: '127.0.0.1' } })
    const { ask, permit } = aChannel(host, [`${scheme}://127.0.0.1:${proxy.port}`])
    const { ca: _, ...without } = permit
    expect((await failureOf(ask({ permit: without }))).kind).toBe('tls')
  },
)

test.for(kinds)(
  '%s: a mail server behind the proxy that greets at once is heard from its first byte',
  async ([scheme, start]) => {
    const host = await tcpServer((socket) => void socket.write('220 mail.example.test ready\r\n'))
    const proxy = await start({ hosts: { [HOST]: '127.0.0.1' } })
    const { client, permit } = aChannel(host, [`${scheme}://127.0.0.1:${proxy.port}`])
    const socket: Duplex = await client.dial({ host: HOST, port: host.port, tls: false, permit })
    const [greeting] = (await once(socket, 'data')) as [Buffer]
    expect(greeting.toString()).toBe('220 mail.example.test ready\r\n')
    socket.destroy()
  },
)

test('proxies are tried in their order, and a dead one is passed over for a while', async () => {
  const host = await httpsServer((_request, response) => response.writeHead(200, { connection: 'close' }).end('{}'))
  const dead = await socks5Server()
  await dead.close()
  const alive = await connectProxy({ hosts: { [HOST]: '127.0.0.1' } })
  const third = await socks5Server({ hosts: { [HOST]: '127.0.0.1' } })
  const { ask, client, permit } = aChannel(host, [
    `socks5h://127.0.0.1:${dead.port}`,
    `http://127.0.0.1:${alive.port}`,
    `socks5h://127.0.0.1:${third.port}`,
  ])
  await ask()
  await ask()
  expect(alive.connections()).toBe(2)
  expect(third.connections()).toBe(0)
  expect(client.proxyHealth(permit)).toMatchObject([{ alive: false }, { alive: true }, { alive: true }])
})

test('a proxy that takes the connection and says nothing costs only its share of the time', async () => {
  const host = await httpsServer((_request, response) => response.end('{}'))
  const silent = await tcpServer((socket) => socket.resume())
  const alive = await socks5Server({ hosts: { [HOST]: '127.0.0.1' } })
  const { ask } = aChannel(host, [`http://127.0.0.1:${silent.port}`, `socks5h://127.0.0.1:${alive.port}`], {
    connectMs: 600,
  })
  expect((await ask()).status).toBe(200)
  await vi.waitFor(() => expect(silent.openNow()).toBe(0))
})

test('a connection made without a proxy is not lent to a channel that has one', async () => {
  const host = await httpsServer((_request, response) => response.end('{}'))
  const proxy = await socks5Server()
  await proxy.close()
  const { ask, permit } = aChannel(host, [`socks5h://127.0.0.1:${proxy.port}`], { resolve: async () => ['127.0.0.1'] })
  const { proxies: _, ...direct } = permit
  expect((await ask({ permit: direct })).status).toBe(200)
  expect((await failureOf(ask())).kind).toBe('proxy_down')
})

test('through a proxy only listed hosts pass, for nobody here sees where their names lead', async () => {
  const proxy = await socks5Server()
  const client = guardedHttp({ privateHosts: [`127.0.0.1:${proxy.port}`] })
  clients.push(client)
  const permit = { hosts: ['*'], proxies: [`socks5h://127.0.0.1:${proxy.port}`] }
  for (const url of ['https://intranet.example.com/', 'https://8.8.8.8/', 'https://10.0.0.1/'])
    expect((await failureOf(client.request({ method: 'GET', url, permit }))).kind).toBe('refused_by_guard')
  expect(proxy.connections()).toBe(0)
})

test('a proxy on a private address that the operator has not listed is not reached', async () => {
  const proxy = await socks5Server()
  const client = guardedHttp({ privateHosts: [] })
  clients.push(client)
  const permit = { hosts: [HOST], proxies: [`socks5h://127.0.0.1:${proxy.port}`] }
  const failure = await failureOf(client.request({ method: 'GET', url: `https://${HOST}/`, permit }))
  expect(failure.kind).toBe('proxy_down')
  expect(failure.message).toContain('private address')
  expect(proxy.connections()).toBe(0)
})

test('a proxy URL that would resolve names here, or is none, is refused', () => {
  for (const url of [
    'socks5://10.0.0.1:1080',
    'socks4://10.0.0.1:1080',
    'https://proxy.example.com',
    'proxy.example.com:3128',
    '',
  ])
    expect(() => parseProxy(url)).toThrow('socks5h://host:port')
  expect(parseProxy('socks5h://proxy.example.com')).toMatchObject({ where: 'proxy.example.com:1080' })
  expect(parseProxy('http://a:b%40c@[2001:db8::1]:3128')).toMatchObject({
    where: '[2001:db8::1]:3128',
    password: 'b@c',
  })
})

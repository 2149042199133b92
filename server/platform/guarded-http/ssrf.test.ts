import { channel } from 'node:diagnostics_channel'
import { isIP, Socket } from 'node:net'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { guardedHttp, permitFor, WireFailure } from './guarded-http.ts'
import type { Permit } from './guarded-http.ts'
import { privateSpellings, resolveSpelling } from '#tests/support/private-spellings.ts'
import type { Resolve } from './resolve.ts'
import { isPublicAddress } from './public-address.ts'
import { closeAll, tcpServer } from '#tests/support/test-servers.ts'

// every socket that this process opens outwards, wherever it leads: "no packet" is no socket
let socketsOpened = 0
const count = () => void socketsOpened++
channel('net.client.socket').subscribe(count)

const v4 = await tcpServer((socket) => socket.destroy())
const v6 = await tcpServer((socket) => socket.destroy(), '::1').catch(() => undefined)
const listener = { connections: () => v4.connections() + (v6?.connections() ?? 0) }
let redirectTo = ''
// by hand, for Node's own server refuses to write such characters as a hostile one would
const redirecting = await tcpServer((socket) =>
  socket.once('data', () => socket.end(`HTTP/1.1 302 Found\r\nlocation: ${redirectTo}\r\ncontent-length: 0\r\n\r\n`)),
)

afterEach(() => void vi.restoreAllMocks())
afterAll(async () => {
  channel('net.client.socket').unsubscribe(count)
  await closeAll()
})

const http = guardedHttp({ privateHosts: [`127.0.0.1:${redirecting.port}`], resolve: resolveSpelling })
afterAll(() => http.close())

/** Allows everything but what the address forbids: the very port of a listener, plain http, any host. */
function permitting(host: string): Permit {
  const ports = [v4.port, ...(v6 ? [v6.port] : []), 6379]
  const canonical = URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : 'none.example.com'
  const hostPorts = ports.map((port) => `${canonical}:${port}`)
  return { hosts: ['*'], hostPorts, plain: [...hostPorts, `${canonical}:80`] }
}

const failureOf = async (work: Promise<unknown>): Promise<WireFailure> => {
  const outcome = await work.then(
    () => new Error('it was let through'),
    (error: unknown) => error,
  )
  if (!(outcome instanceof WireFailure)) throw outcome
  return outcome
}

test('there are at least 150 different spellings', () => {
  expect(new Set(privateSpellings.map(({ host }) => host)).size).toBeGreaterThanOrEqual(150)
})

test.for(privateSpellings)('$label: refused, and not a socket is opened', async ({ host }) => {
  const permit = permitting(host)
  const before = socketsOpened
  for (const url of [
    `http://${host}:${v4.port}/`,
    `http://${host}:${v6?.port ?? v4.port}/`,
    `https://${host}/`,
    `http://${host}/`,
  ]) {
    const failure = await failureOf(http.request({ method: 'GET', url, permit }))
    expect(failure.kind).toMatch(/^(refused_by_guard|invalid)$/)
    expect(failure.written).toBe(false)
  }
  expect(socketsOpened).toBe(before)
  expect(listener.connections()).toBe(0)
})

test.for(privateSpellings)('$label: refused as the target of a redirect', async ({ host }) => {
  const { hostPorts = [], plain = [], hosts } = permitting(host)
  const first = `127.0.0.1:${redirecting.port}`
  const permit = { hosts: [...hosts, '127.0.0.1'], hostPorts: [...hostPorts, first], plain }
  redirectTo = `http://${host}:${v4.port}/latest/meta-data/`
  const answer = await http
    .request({ method: 'GET', url: `http://${first}/`, permit })
    .catch((error: WireFailure) => ({ status: error.kind }))
  // a location that is no URL at all is not followed: the answer then is the redirect itself
  expect(answer.status).toBe(URL.canParse(redirectTo) ? 'refused_by_guard' : 302)
  expect(listener.connections()).toBe(0)
})

test.for(privateSpellings)('$label: refused to a dialled connection', async ({ host }) => {
  const bare = host.replaceAll(/[[\]]/g, '')
  const before = socketsOpened
  const failure = await failureOf(http.dial({ host: bare, port: v4.port, tls: false, permit: permitting(host) }))
  expect(failure.kind).toMatch(/^(refused_by_guard|invalid|dns)$/)
  expect(socketsOpened).toBe(before)
})

test('a name that turns private after its check is never dialled at the second address', async () => {
  const answers = [['93.184.216.34'], ['127.0.0.1'], ['127.0.0.1']]
  let asked = 0
  const rebinding = guardedHttp({ privateHosts: [], resolve: async () => answers[asked++] ?? [] })
  const dialled: unknown[] = []
  vi.spyOn(Socket.prototype, 'connect').mockImplementation(function (this: Socket, ...args: unknown[]) {
    const [options] = args.flat() as [{ host: string; lookup?: unknown }]
    dialled.push([options.host, options.lookup])
    queueMicrotask(() => this.destroy(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })))
    return this
  })
  const permit: Permit = { hosts: ['*'] }
  const first = await failureOf(rebinding.request({ method: 'GET', url: 'https://rebind.example.com/', permit }))
  expect(first.kind).toBe('connect')
  const second = await failureOf(rebinding.request({ method: 'GET', url: 'https://rebind.example.com/', permit }))
  expect(second.kind).toBe('refused_by_guard')
  // dialled by address, with nothing left to resolve
  expect(dialled).toEqual([['93.184.216.34', undefined]])
  await rebinding.close()
})

/** Spellings that are addresses: what a resolver of the attacker may answer with. Names of our own list resolve by themselves. */
const rebound = privateSpellings.flatMap(({ label, host }) =>
  isIP(canonicalAddress(host)) ? [{ label, address: canonicalAddress(host) }] : [],
)

function canonicalAddress(host: string): string {
  const url = `http://${host}`
  return URL.canParse(url) ? new URL(url).hostname.replaceAll(/[[\]]/g, '') : ''
}

test('at least 150 spellings are tried as the second answer of a name', () => {
  expect(rebound.length).toBeGreaterThanOrEqual(150)
})

test.for(rebound)('$label: a name that was public and then leads there is not dialled again', async ({ address }) => {
  const answers = [['93.184.216.34'], [address], ['93.184.216.34', address]]
  const rebinding = guardedHttp({ privateHosts: [], resolve: async () => answers.shift() ?? [] })
  const dialled: unknown[] = []
  vi.spyOn(Socket.prototype, 'connect').mockImplementation(function (this: Socket, ...args: unknown[]) {
    dialled.push((args.flat() as [{ host: string }])[0].host)
    queueMicrotask(() => this.destroy(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })))
    return this
  })
  const ask = () =>
    failureOf(rebinding.request({ method: 'GET', url: 'https://rebind.example.com/', permit: { hosts: ['*'] } }))
  expect([(await ask()).kind, (await ask()).kind, (await ask()).kind]).toEqual([
    'connect',
    'refused_by_guard',
    'refused_by_guard',
  ])
  expect(dialled).toEqual(['93.184.216.34'])
  expect(listener.connections()).toBe(0)
  await rebinding.close()
})

test('of several addresses only those that were checked are given to the system', async () => {
  const resolve = vi.fn<Resolve>(async () => ['93.184.216.34', '2606:2800:220:1:248:1893:25c8:1946'])
  const client = guardedHttp({ privateHosts: [], resolve })
  const looked: unknown[] = []
  vi.spyOn(Socket.prototype, 'connect').mockImplementation(function (this: Socket, ...args: unknown[]) {
    const [options] = args.flat() as [
      { host: string; lookup: (host: string, options: object, done: (...all: unknown[]) => void) => void },
    ]
    options.lookup(options.host, { all: true }, (_error, all) => looked.push(all))
    queueMicrotask(() => this.destroy(new Error('refused')))
    return this
  })
  await failureOf(client.request({ method: 'GET', url: 'https://two.example.com/', permit: { hosts: ['*'] } }))
  expect(looked).toEqual([
    [
      { address: '93.184.216.34', family: 4 },
      { address: '2606:2800:220:1:248:1893:25c8:1946', family: 6 },
    ],
  ])
  expect(resolve).toHaveBeenCalledTimes(1)
  await client.close()
})

test.for([
  ['gopher', 'gopher://example.com/'],
  ['file', 'file:///etc/passwd'],
  ['ftp', 'ftp://example.com/'],
  ['data', 'data:text/plain,hello'],
  ['javascript', 'javascript:alert(1)'],
  ['unix socket', 'http+unix://%2Fvar%2Frun%2Fdocker.sock/info'],
  ['user in the URL', 'https://user:password@example.com/'],
  ['user that looks like the host', 'https://api.example.com@evil.example.net/'],
  ['backslash', 'https://evil.example.net\\@api.example.com/'],
  ['redis port', 'https://example.com:6379/'],
  ['plain http', 'http://example.com/'],
  ['trailing dot', 'https://example.com./'],
  ['no URL', 'https://'],
])('%s is refused before anything is resolved', async ([, url]) => {
  const resolve = vi.fn<Resolve>(async () => ['93.184.216.34'])
  const client = guardedHttp({ privateHosts: [], resolve })
  const failure = await failureOf(
    client.request({ method: 'GET', url: url as string, permit: { hosts: ['example.com', 'api.example.com'] } }),
  )
  expect(failure.kind).toMatch(/^(refused_by_guard|invalid)$/)
  expect(resolve).not.toHaveBeenCalled()
})

test('a host outside the permit is refused, its neighbours in name too', async () => {
  const permit = { hosts: ['api.example.com', '*.files.example.com'] }
  const client = guardedHttp({ privateHosts: [], resolve: async () => ['10.0.0.1'] })
  const verdict = async (host: string) =>
    (await failureOf(client.request({ method: 'GET', url: `https://${host}/`, permit }))).message
  for (const host of [
    'evil.com',
    'api.example.com.evil.com',
    'xapi.example.com',
    'files.example.com',
    'evilfiles.example.com',
  ])
    expect(await verdict(host)).toContain('not among those allowed')
  for (const host of ['api.example.com', 'API.EXAMPLE.COM', 'a.files.example.com', 'a.b.files.example.com'])
    expect(await verdict(host)).toContain('a private address')
})

test('permitFor allows the host and port of a base URL, and no plain http to it', async () => {
  const permit = permitFor({
    hosts: ['api.example.com'],
    urls: ['https://own.example.org:8443/base', 'http://plain.example.org'],
  })
  const client = guardedHttp({ privateHosts: [], resolve: async () => ['10.0.0.1'] })
  const verdict = async (url: string) => (await failureOf(client.request({ method: 'GET', url, permit }))).message
  expect(await verdict('https://own.example.org:8443/x')).toContain('a private address')
  expect(await verdict('https://own.example.org:8444/x')).toContain('port')
  expect(await verdict('http://plain.example.org/')).toContain('without encryption')
})

test('public addresses are public, in IPv6 and inside NAT64, 6to4 and Teredo too', () => {
  for (const address of [
    '8.8.8.8',
    '93.184.216.34',
    '2606:4700:4700::1111',
    '::ffff:8.8.8.8',
    '64:ff9b::8.8.8.8',
    '2002:808:808::1',
    '2001:0:808:808::f7f7:f7f7',
  ])
    expect([address, isPublicAddress(address)]).toEqual([address, true])
})

test('a request that nobody may make carries no header with a line break and none that is ours', async () => {
  const client = guardedHttp({ privateHosts: [`127.0.0.1:${redirecting.port}`] })
  const url = `http://127.0.0.1:${redirecting.port}/`
  const permit = { hosts: ['127.0.0.1'] }
  for (const headers of [
    { 'x-a': 'b\r\nhost: evil' },
    { Host: 'evil' },
    { 'Transfer-Encoding': 'chunked' },
    { 'Proxy-Authorization': 'x' },
  ])
    expect((await failureOf(client.request({ method: 'GET', url, permit, headers }))).kind).toBe('invalid')
  await client.close()
})

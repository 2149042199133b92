import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import { gzipSync, brotliCompressSync, zstdCompressSync } from 'node:zlib'
import { afterEach, expect, test, vi } from 'vitest'
import { guardedHttp, WireFailure } from './guarded-http.ts'
import type { GuardedHttp, GuardedHttpOptions, HttpRequest, Permit } from './guarded-http.ts'
import type { Resolve } from './resolve.ts'
import { bodyOf, closeAll, httpServer, httpsServer, tcpServer, testRoot } from '#tests/support/test-servers.ts'

const clients: GuardedHttp[] = []

/** A client that may reach these ports of this machine. */
function aClient(ports: number[], options: Partial<GuardedHttpOptions> = {}) {
  const hosts = ['127.0.0.1', 'api.example.test', 'other.example.test', 'cdn.files.example.test', 'mail.example.test']
  const client = guardedHttp({
    privateHosts: hosts.flatMap((host) => ports.map((port) => `${host}:${port}`)),
    resolve: async () => ['127.0.0.1'],
    ...options,
  })
  clients.push(client)
  return client
}

const permit: Permit = { hosts: ['127.0.0.1', '*.example.test'], ca: testRoot }

/** A server, a client that may reach it, and a way to ask it. */
async function aServer(
  answer: (request: IncomingMessage, response: ServerResponse) => unknown,
  { tls = false, ...options }: Partial<GuardedHttpOptions> & { tls?: boolean } = {},
) {
  const server = await (tls ? httpsServer : httpServer)((request, response) => void answer(request, response))
  const url = tls ? `https://api.example.test:${server.port}` : `http://127.0.0.1:${server.port}`
  const client = aClient([server.port], options)
  const ask = (path: string, rest: Partial<HttpRequest> = {}) =>
    client.request({ method: 'GET', url: url + path, permit, ...rest })
  return { server, client, url, ask }
}

const failureOf = async (work: Promise<unknown>): Promise<WireFailure> => {
  const outcome = await work.then(
    () => new Error('it was let through'),
    (error: unknown) => error,
  )
  if (!(outcome instanceof WireFailure)) throw outcome
  return outcome
}

afterEach(async () => {
  vi.unstubAllEnvs()
  await Promise.all(clients.splice(0).map((client) => client.close()))
  await closeAll()
})
test('addresses that strangers write reach nothing private, listed or not, not even over a connection that is open', async () => {
  const { ask, server } = await aServer((_request, response) => response.end('ok'), { tls: true })
  expect((await ask('/')).text).toBe('ok')
  const strangers: Permit = {
    hosts: ['*'],
    hostPorts: [`api.example.test:${server.port}`],
    ca: testRoot,
    publicOnly: true,
  }
  expect(await failureOf(ask('/', { permit: strangers }))).toMatchObject({ kind: 'refused_by_guard' })
  expect(server.connections()).toBe(1)
})

test('a JSON answer arrives parsed, with long integers as strings', async () => {
  const { ask } = await aServer((_request, response) =>
    response
      .writeHead(200, { 'content-type': 'application/json', 'x-more': ['a', 'b'] })
      .end('{"id":5741311269466832926}'),
  )
  expect(await ask('/')).toEqual({
    status: 200,
    headers: expect.objectContaining({ 'x-more': 'a, b' }),
    text: '{"id":5741311269466832926}',
    body: { id: '5741311269466832926' },
  })
})

test('any status is an answer, and a page instead of JSON has no body but its text', async () => {
  const { ask } = await aServer((_request, response) => response.writeHead(503).end('<html>'))
  expect(await ask('/')).toMatchObject({ status: 503, text: '<html>', body: undefined })
})

test('bodies go out as they were meant: JSON, form, text, bytes', async () => {
  const { ask } = await aServer(async (request, response) => {
    const body = (await bodyOf(request)).toString()
    response.end(
      JSON.stringify({
        type: request.headers['content-type'],
        length: request.headers['content-length'],
        method: request.method,
        body,
      }),
    )
  })
  const sent = async (body: HttpRequest['body']) => (await ask('/', { method: 'POST', body })).body
  expect(await sent({ json: { a: 'é' } })).toEqual({
    method: 'POST',
    type: 'application/json',
    length: '10',
    body: '{"a":"é"}',
  })
  expect(await sent({ form: { a: '1 2', b: '&' } })).toMatchObject({
    type: 'application/x-www-form-urlencoded',
    body: 'a=1+2&b=%26',
  })
  expect(await sent({ text: 'hello', type: 'text/plain' })).toMatchObject({ type: 'text/plain', body: 'hello' })
  expect(await sent({ bytes: Buffer.from('bytes'), type: 'image/png' })).toMatchObject({
    type: 'image/png',
    body: 'bytes',
  })
})

test('files stream as multipart with a known length, names escaped', async () => {
  const { ask } = await aServer(async (request, response) => {
    const form = await new Response(await bodyOf(request), {
      headers: { 'content-type': request.headers['content-type'] as string },
    }).formData()
    const file = form.get('photo') as File
    response.end(
      JSON.stringify({
        length: request.headers['content-length'],
        chat: form.get('chat'),
        name: file.name,
        type: file.type,
        size: file.size,
      }),
    )
  })
  const file = {
    open: () => Readable.from([Buffer.alloc(70_000, 1), Buffer.alloc(30_000, 2)]),
    size: 100_000,
    type: 'image/png',
    name: 'a "b"\r\nc é.png',
  }
  const answer = await ask('/', {
    method: 'POST',
    body: {
      multipart: [
        { name: 'chat', value: '7' },
        { name: 'photo', file },
      ],
    },
  })
  expect(answer.body).toMatchObject({
    chat: '7',
    type: 'image/png',
    size: 100_000,
    length: expect.stringMatching(/^100\d\d\d$/),
  })
  expect((answer.body as { name: string }).name).toContain('é.png')
})

test('a file of unknown size streams in chunks', async () => {
  const { ask } = await aServer(async (request, response) => {
    const { length } = await bodyOf(request)
    response.end(JSON.stringify({ length, coding: request.headers['transfer-encoding'] }))
  })
  const body = { open: async () => Readable.from([Buffer.alloc(200_000)]), type: 'video/mp4' }
  expect((await ask('/', { method: 'PUT', body })).body).toEqual({ length: 200_000, coding: 'chunked' })
})

test('a file of ours that cannot be read is no fault of the wire, and nothing had left', async () => {
  const { ask } = await aServer((_request, response) => response.end())
  const body = { open: () => Promise.reject(new Error('gone')), type: 'video/mp4', size: 10 }
  expect(await failureOf(ask('/', { method: 'POST', body }))).toMatchObject({ kind: 'source', written: false })
})

test('a permitted private host works over https with the extra root of the permit', async () => {
  const { ask } = await aServer((_request, response) => response.end('{"ok":true}'), { tls: true })
  expect((await ask('/')).body).toEqual({ ok: true })
})

test('without that root the certificate is not trusted, whatever the environment says', async () => {
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
  const { ask, server } = await aServer((_request, response) => response.end(), { tls: true })
  expect(await failureOf(ask('/', { permit: { hosts: ['*.example.test'] } }))).toMatchObject({
    kind: 'tls',
    written: false,
  })
  await vi.waitFor(() => expect(server.openNow()).toBe(0))
})

test("a connection that one permit's root vouched for is not lent to another permit", async () => {
  const { ask } = await aServer((_request, response) => response.end(), { tls: true })
  expect((await ask('/')).status).toBe(200)
  expect((await failureOf(ask('/', { permit: { hosts: ['*.example.test'] } }))).kind).toBe('tls')
})

test('a good certificate for another name is refused', async () => {
  const { client, server } = await aServer((_request, response) => response.end(), { tls: true })
  const request = client.request({ method: 'GET', url: `https://other.example.test:${server.port}/`, permit })
  expect(await failureOf(request)).toMatchObject({ kind: 'tls', written: false })
})

test('no proxy variable of the environment is heard', async () => {
  const proxy = await tcpServer((socket) => socket.destroy())
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'NODE_USE_ENV_PROXY'])
    vi.stubEnv(name, name.startsWith('NODE') ? '1' : `http://127.0.0.1:${proxy.port}`)
  const { ask } = await aServer((_request, response) => response.end('direct'))
  expect((await ask('/')).text).toBe('direct')
  expect(proxy.connections()).toBe(0)
})

test('a hundred requests one after the other share a connection or two, and a look at DNS or two', async () => {
  const resolve = vi.fn<Resolve>(async () => ['127.0.0.1'])
  const { server, client } = await aServer((_request, response) => response.end('{}'), { resolve })
  for (let i = 0; i < 100; i++)
    await client.request({ method: 'POST', url: `http://api.example.test:${server.port}/`, permit, body: { json: i } })
  // two: a connection rests for one turn of the event loop before it is used again
  expect(server.connections()).toBeLessThanOrEqual(2)
  expect(resolve.mock.calls.length).toBeLessThanOrEqual(2)
})

test('more requests than connections wait their turn', async () => {
  let now = 0
  let most = 0
  const { ask } = await aServer(
    (_request, response) => {
      most = Math.max(most, ++now)
      setTimeout(() => {
        now--
        response.end('{}')
      }, 5)
    },
    { connections: 3 },
  )
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask('/')))
  expect(answers.every(({ status }) => status === 200)).toBe(true)
  expect(most).toBe(3)
})

test('one that is given up while it waits leaves the others alone', async () => {
  const { ask, server } = await aServer(
    (request, response) => void setTimeout(() => response.end('{}'), request.url === '/slow' ? 150 : 0),
    { connections: 1 },
  )
  const slow = ask('/slow')
  const waiting = ask('/', { timeoutMs: 30 })
  expect(await failureOf(waiting)).toMatchObject({ kind: 'timeout', written: false })
  expect((await slow).status).toBe(200)
  expect((await ask('/')).status).toBe(200)
  expect(server.connections()).toBe(1)
})

// ── written or not ──

test('a refused connection: nothing was written', async () => {
  const gone = await tcpServer(() => {})
  await gone.close()
  const request = aClient([gone.port]).request({
    method: 'POST',
    url: `http://127.0.0.1:${gone.port}/`,
    permit,
    body: { json: {} },
  })
  expect(await failureOf(request)).toMatchObject({ kind: 'connect', written: false })
})

test('an unknown name: nothing was written', async () => {
  const client = aClient([], { resolve: () => Promise.reject(new Error('ENOTFOUND')) })
  const failure = await failureOf(client.request({ method: 'POST', url: 'https://api.example.test/', permit }))
  expect(failure).toMatchObject({ kind: 'dns', written: false })
})

test('a cut after the request arrived: it was written', async () => {
  const server = await tcpServer((socket) => socket.once('data', () => socket.destroy()))
  const request = aClient([server.port]).request({
    method: 'POST',
    url: `http://127.0.0.1:${server.port}/`,
    permit,
    body: { json: {} },
  })
  expect(await failureOf(request)).toMatchObject({ kind: 'cut', written: true })
})

test('a cut inside the answer: it was written', async () => {
  const server = await tcpServer((socket) =>
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhal')),
  )
  const request = aClient([server.port]).request({
    method: 'POST',
    url: `http://127.0.0.1:${server.port}/`,
    permit,
    body: { json: {} },
  })
  expect(await failureOf(request)).toMatchObject({ written: true })
})

test('a server that never answers: the deadline ends it, and it was written', async () => {
  const server = await tcpServer((socket) => socket.resume())
  const request = aClient([server.port]).request({
    method: 'POST',
    url: `http://127.0.0.1:${server.port}/`,
    permit,
    timeoutMs: 50,
  })
  expect(await failureOf(request)).toMatchObject({ kind: 'timeout', written: true })
  await vi.waitFor(() => expect(server.openNow()).toBe(0))
})

test('a server that takes the connection and never finishes TLS: nothing was written', async () => {
  const server = await tcpServer((socket) => socket.resume())
  const request = aClient([server.port]).request({
    method: 'POST',
    url: `https://api.example.test:${server.port}/`,
    permit,
    timeoutMs: 50,
  })
  expect(await failureOf(request)).toMatchObject({ kind: 'timeout', written: false })
})

test('given up before the connection stood, it is not written when the connection comes', async () => {
  let release = () => {}
  const resolved = new Promise<void>((resolve) => (release = resolve))
  const heard: string[] = []
  const server = await httpServer((request, response) => {
    heard.push(request.url as string)
    response.end('{}')
  })
  const client = aClient([server.port], { resolve: () => resolved.then(() => ['127.0.0.1']) })
  const url = `http://api.example.test:${server.port}`
  const failure = await failureOf(client.request({ method: 'POST', url: `${url}/late`, permit, timeoutMs: 20 }))
  expect(failure).toMatchObject({ kind: 'timeout', written: false })
  release()
  await vi.waitFor(() => expect(server.connections()).toBeGreaterThan(0))
  await client.request({ method: 'POST', url: `${url}/next`, permit })
  expect(heard).toEqual(['/next'])
})

test('an upload cut after its first chunk was written; one whose connection failed was not', async () => {
  const server = await tcpServer((socket) => socket.once('data', () => socket.destroy()))
  const endless = { open: async function* () { for (;;) yield Buffer.alloc(65_536) }, type: 'video/mp4' } // prettier-ignore
  const request = aClient([server.port]).request({
    method: 'POST',
    url: `http://127.0.0.1:${server.port}/`,
    permit,
    body: endless,
  })
  expect(await failureOf(request)).toMatchObject({ kind: 'cut', written: true })
  const gone = aClient([1]).request({ method: 'POST', url: 'http://127.0.0.1:1/', permit, body: endless })
  expect(await failureOf(gone)).toMatchObject({ kind: 'connect', written: false })
})

test('what is no HTTP is unreadable, and was written', async () => {
  const server = await tcpServer((socket) => socket.once('data', () => socket.end('220 mail.example.test ESMTP\r\n')))
  const request = aClient([server.port]).request({ method: 'GET', url: `http://127.0.0.1:${server.port}/`, permit })
  expect(await failureOf(request)).toMatchObject({ kind: 'unreadable', written: true })
})

test('the signal stops a request under way, and one that has not begun', async () => {
  const { ask, server } = await aServer(() => {})
  const stop = new AbortController()
  const request = ask('/', { signal: stop.signal })
  await vi.waitFor(() => expect(server.openNow()).toBe(1))
  stop.abort()
  expect((await failureOf(request)).kind).toBe('stopped')
  expect(await failureOf(ask('/', { signal: stop.signal }))).toMatchObject({ kind: 'stopped', written: false })
})

test('closing the client breaks what is under way and lets nothing out any more', async () => {
  const { ask, client, server } = await aServer(() => {})
  const request = failureOf(ask('/'))
  await vi.waitFor(() => expect(server.openNow()).toBe(1))
  await client.close()
  expect((await request).kind).toBe('stopped')
  expect((await failureOf(ask('/'))).kind).toBe('stopped')
})

test('words of a failure name host and port, never path or query', async () => {
  const server = await tcpServer((socket) => socket.destroy())
  const url = `http://127.0.0.1:${server.port}/bot123:TOKEN/sendMessage?access_token=TOKEN`
  const failure = await failureOf(aClient([server.port]).request({ method: 'GET', url, permit }))
  expect(`${failure.message} ${failure.stack} ${String(failure.cause)}`).not.toContain('TOKEN')
})

// ── limits ──

test('an answer larger than allowed is cut off, announced or not', async () => {
  const { ask, server } = await aServer((request, response) => {
    if (request.url === '/announced') response.writeHead(200, { 'content-length': 10_000_000 }).flushHeaders()
    else void Readable.from((function* () { for (;;) yield Buffer.alloc(65_536) })()).pipe(response) // prettier-ignore
  })
  expect(await failureOf(ask('/announced', { maxBytes: 1_000_000 }))).toMatchObject({
    kind: 'too_large',
    written: true,
  })
  expect(await failureOf(ask('/endless', { maxBytes: 1_000_000 }))).toMatchObject({ kind: 'too_large', written: true })
  await vi.waitFor(() => expect(server.openNow()).toBe(0))
})

test('compressed answers are unpacked', async () => {
  const packed = { gzip: gzipSync('{"a":1}'), br: brotliCompressSync('{"a":1}'), zstd: zstdCompressSync('{"a":1}') }
  const { ask, client, url } = await aServer((request, response) => {
    const encoding = request.url?.slice(1) as keyof typeof packed
    response.writeHead(200, { 'content-encoding': encoding }).end(packed[encoding])
  })
  for (const encoding of Object.keys(packed)) {
    expect((await ask(`/${encoding}`)).body).toEqual({ a: 1 })
    const { body } = await client.download({ method: 'GET', url: `${url}/${encoding}`, permit })
    expect(await text(body)).toBe('{"a":1}')
  }
})

test('a bomb is capped by what it unpacks to', async () => {
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024))
  const { ask, client, url } = await aServer((_request, response) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
  )
  expect(bomb.length).toBeLessThan(100_000)
  expect(await failureOf(ask('/', { maxBytes: 1_000_000 }))).toMatchObject({ kind: 'too_large', written: true })
  const { body } = await client.download({ method: 'GET', url, permit, maxBytes: 1_000_000 })
  expect(await failureOf(buffer(body))).toMatchObject({ kind: 'too_large' })
})

test('encodings inside each other and unknown ones are not touched', async () => {
  const { ask } = await aServer((request, response) =>
    response.writeHead(200, { 'content-encoding': decodeURIComponent(request.url?.slice(1) as string) }).end('x'),
  )
  for (const encoding of ['gzip, gzip', 'gzip,br', 'compress', 'nonsense'])
    expect(await failureOf(ask(`/${encodeURIComponent(encoding)}`))).toMatchObject({
      kind: 'unreadable',
      written: true,
    })
})

test('a download that is encoded by the name of what every object has is unreadable', async () => {
  const { client, url } = await aServer((_, response) =>
    response.writeHead(200, { 'content-encoding': 'constructor' }).end('x'),
  )
  expect(await failureOf(client.download({ method: 'GET', url, permit, maxBytes: 1_000 }))).toMatchObject({
    kind: 'unreadable',
  })
})

test('broken compression is unreadable', async () => {
  const { ask } = await aServer((_request, response) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end('no gzip at all'),
  )
  expect((await failureOf(ask('/'))).kind).toBe('unreadable')
})

// ── downloads ──

test('a download streams, waits for a slow reader, and arrives whole', async () => {
  const size = 8 * 1024 * 1024
  let sent = 0
  const { client, url } = await aServer(async (_request, response) => {
    for (; sent < size; sent += 65_536) if (!response.write(Buffer.alloc(65_536, 7))) await once(response, 'drain')
    response.end()
  })
  const { status, body } = await client.download({ method: 'GET', url, permit })
  expect(status).toBe(200)
  await once(body, 'readable')
  // the kernel's buffers take some, but not all of it
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(sent).toBeLessThan(size)
  expect((await buffer(body)).length).toBe(size)
})

test('a download that breaks in the middle ends with a failure, not with an end', async () => {
  const server = await tcpServer((socket) =>
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nhalf')),
  )
  const { body } = await aClient([server.port]).download({
    method: 'GET',
    url: `http://127.0.0.1:${server.port}/`,
    permit,
  })
  expect((await failureOf(buffer(body))).kind).toMatch(/cut|unreadable/)
})

test('the deadline holds until the last byte', async () => {
  const { client, url, server } = await aServer((_request, response) => void response.write('first byte'))
  const { body } = await client.download({ method: 'GET', url, permit, timeoutMs: 80 })
  expect((await failureOf(buffer(body))).kind).toBe('timeout')
  await vi.waitFor(() => expect(server.openNow()).toBe(0))
})

test('a download nobody wants any more is closed at once', async () => {
  const { client, url, server } = await aServer((_request, response) => void response.write('first byte'))
  const { body } = await client.download({ method: 'GET', url, permit })
  body.destroy()
  await vi.waitFor(() => expect(server.openNow()).toBe(0))
})

// ── redirects ──

test('three redirects are followed, four are not', async () => {
  const { ask } = await aServer((request, response) => {
    const left = Number(request.url?.slice(1))
    if (left === 0) response.end('"there"')
    else response.writeHead(302, { location: `/${left - 1}` }).end()
  })
  expect((await ask('/3')).text).toBe('"there"')
  expect((await failureOf(ask('/4'))).kind).toBe('refused_by_guard')
})

test('credentials stay on their origin, whatever they are called', async () => {
  const seen: Record<string, unknown>[] = []
  const other = await httpServer((request, response) => {
    seen.push(request.headers)
    response.end('"other"')
  })
  const first = await httpServer((request, response) =>
    request.url === '/here'
      ? (seen.push(request.headers), response.writeHead(302, { location: `http://127.0.0.1:${other.port}/` }).end())
      : response.writeHead(302, { location: '/here' }).end(),
  )
  const client = aClient([first.port, other.port])
  const headers = { authorization: 'Bearer x', 'X-Viber-Auth-Token': 'x', cookie: 'a=x', accept: 'image/*' }
  const answer = await client.request({ method: 'GET', url: `http://127.0.0.1:${first.port}/`, permit, headers })
  expect(answer.text).toBe('"other"')
  expect(seen[0]).toMatchObject({ authorization: 'Bearer x', 'x-viber-auth-token': 'x', cookie: 'a=x' })
  expect(Object.keys(seen[1] as object).toSorted()).toEqual(['accept', 'connection', 'host', 'user-agent'])
  expect(seen[1]).toMatchObject({ accept: 'image/*' })
})

test('a POST is sent again where 307 and 308 ask for it, and never becomes a GET', async () => {
  const heard: string[] = []
  const { ask } = await aServer(async (request, response) => {
    heard.push(`${request.method} ${request.url} ${(await bodyOf(request)).toString()}`)
    if (request.url === '/end') response.end('"done"')
    else response.writeHead(Number(request.url?.slice(1)), { location: '/end' }).end()
  })
  const body = { open: () => Readable.from([Buffer.from('file')]), type: 'text/plain' }
  expect((await ask('/307', { method: 'POST', body })).text).toBe('"done"')
  expect((await ask('/308', { method: 'POST', body: { json: 1 } })).text).toBe('"done"')
  for (const status of [301, 302, 303])
    expect((await ask(`/${status}`, { method: 'POST', body: { json: 2 } })).status).toBe(status)
  expect(heard).toEqual([
    'POST /307 file',
    'POST /end file',
    'POST /308 1',
    'POST /end 1',
    'POST /301 2',
    'POST /302 2',
    'POST /303 2',
  ])
})

test('a POST does not follow to another origin: its body may hold the token', async () => {
  const other = await httpServer((_request, response) => response.end())
  const first = await httpServer((_request, response) =>
    response.writeHead(307, { location: `http://127.0.0.1:${other.port}/` }).end(),
  )
  const client = aClient([first.port, other.port])
  const answer = await client.request({
    method: 'POST',
    url: `http://127.0.0.1:${first.port}/`,
    permit,
    body: { form: { access_token: 'x' } },
  })
  expect(answer.status).toBe(307)
  expect(other.connections()).toBe(0)
})

test('a failure after a redirect says that something was written', async () => {
  const gone = await tcpServer(() => {})
  await gone.close()
  const { ask, client } = await aServer((_request, response) =>
    response.writeHead(302, { location: `http://127.0.0.1:${gone.port}/` }).end(),
  )
  void client
  expect(await failureOf(ask('/'))).toMatchObject({ kind: 'refused_by_guard', written: true })
})

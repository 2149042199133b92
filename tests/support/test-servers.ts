/** Small real servers for the tests of the guarded http client. Everything listens on loopback and is closed by `closeAll`. */
import { readFileSync } from 'node:fs'
import { createServer as createHttp } from 'node:http'
import type { IncomingMessage, RequestListener } from 'node:http'
import { createServer as createHttps } from 'node:https'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'

const testdata = (name: string) => readFileSync(new URL(`./testdata/${name}`, import.meta.url), 'utf8')

/** Signs the certificate of `api.example.test`, `mail.example.test` and `*.files.example.test`; its own key is thrown away. */
export const testRoot = testdata('root.pem')
export const testTls = { key: testdata('leaf-key.pem'), cert: testdata('leaf.pem') }

const open = new Set<{ server: Server; sockets: Set<Socket> }>()

export interface Listening {
  readonly port: number
  /** Connections that ever arrived. */
  connections(): number
  /** Connections that are open now. */
  openNow(): number
  close(): Promise<void>
}

export async function listening(server: Server, host = '127.0.0.1'): Promise<Listening> {
  const sockets = new Set<Socket>()
  let count = 0
  server.on('connection', (socket: Socket) => {
    count++
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, host, resolve)
  })
  const entry = { server, sockets }
  open.add(entry)
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => count,
    openNow: () => sockets.size,
    close: () => closeOne(entry),
  }
}

async function closeOne(entry: { server: Server; sockets: Set<Socket> }) {
  if (!open.delete(entry)) return
  const closed = new Promise<void>((resolve) => entry.server.close(() => resolve()))
  for (const socket of entry.sockets) socket.destroy()
  await closed
}

export const closeAll = async () => void (await Promise.all([...open].map(closeOne)))

export const httpServer = (answer: RequestListener) => listening(createHttp(answer))
export const httpsServer = (answer: RequestListener) => listening(createHttps(testTls, answer))
export const tcpServer = (talk: (socket: Socket) => void, host?: string) => listening(createServer(talk), host)

export async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

export interface ProxyLog {
  /** `host:port` that clients asked for, as they wrote it. */
  asked: string[]
  signedIn: string[]
}

interface ProxyOptions {
  /** `user:password` that is demanded. */
  needs?: string
  /** Where a host really is; the proxy resolves names itself. */
  hosts?: Record<string, string>
  /** Answers every wish with this code instead. */
  refuse?: number
}

/** RFC 1928. */
export async function socks5Server({ needs, hosts = {}, refuse }: ProxyOptions = {}): Promise<Listening & ProxyLog> {
  const log: ProxyLog = { asked: [], signedIn: [] }
  const talk = async (socket: Socket) => {
    const take = reader(socket)
    const [, methods] = await take(2)
    await take(methods as number)
    socket.write(Buffer.from([5, needs ? 2 : 0]))
    if (needs) {
      const user = await take(((await take(2))[1] as number) || 0)
      const password = await take((await take(1))[0] as number)
      const signIn = `${user.toString()}:${password.toString()}`
      log.signedIn.push(signIn)
      const welcome = signIn === needs
      socket.write(Buffer.from([1, welcome ? 0 : 1]))
      if (!welcome) return void socket.end()
    }
    const [, , , type] = await take(4)
    const host =
      type === 1
        ? [...(await take(4))].join('.')
        : type === 3
          ? (await take((await take(1))[0] as number)).toString()
          : (await take(16)).toString('hex')
    const port = (await take(2)).readUInt16BE()
    log.asked.push(`${host}:${port}`)
    if (refuse) return void socket.end(Buffer.from([5, refuse, 0, 1, 0, 0, 0, 0, 0, 0]))
    const beyond = connect(port, hosts[host] ?? host)
    beyond.on('error', () => socket.end(Buffer.from([5, 5, 0, 1, 0, 0, 0, 0, 0, 0])))
    beyond.once('connect', () => {
      socket.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]))
      join(socket, beyond)
    })
  }
  const server = await tcpServer((socket) => void talk(socket).catch(() => socket.destroy()))
  return Object.assign(server, log)
}

/** CONNECT of RFC 9110. What the host behind says at once leaves together with our own 200: the worst case for a client. */
export async function connectProxy({ needs, hosts = {}, refuse }: ProxyOptions = {}): Promise<Listening & ProxyLog> {
  const log: ProxyLog = { asked: [], signedIn: [] }
  const proxy = createHttp((_request, response) => response.writeHead(400).end())
  proxy.on('connect', (request: IncomingMessage, socket: Socket) => {
    socket.on('error', () => {})
    const signIn = Buffer.from(
      (request.headers['proxy-authorization'] ?? '').replace('Basic ', ''),
      'base64',
    ).toString()
    if (signIn) log.signedIn.push(signIn)
    log.asked.push(request.url as string)
    if (needs && signIn !== needs) return void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
    if (refuse) return void socket.end(`HTTP/1.1 ${refuse} No\r\n\r\n`)
    const [, host, port] = /^\[?(.+?)\]?:(\d+)$/.exec(request.url as string) as unknown as [string, string, string]
    const beyond = connect(Number(port), hosts[host] ?? host)
    beyond.on('error', () => socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'))
    beyond.once('connect', () => {
      const begin = () => {
        clearTimeout(timer)
        beyond.off('readable', begin)
        const spoken = (beyond.read() as Buffer | null) ?? Buffer.alloc(0)
        socket.write(Buffer.concat([Buffer.from('HTTP/1.1 200 Connection established\r\n\r\n'), spoken]))
        join(socket, beyond)
      }
      const timer = setTimeout(begin, 30)
      beyond.on('readable', begin)
    })
  })
  return Object.assign(await listening(proxy), log)
}

function join(one: Socket, other: Socket) {
  one.on('error', () => other.destroy())
  other.on('error', () => one.destroy())
  one.on('close', () => other.destroy())
  other.on('close', () => one.destroy())
  one.pipe(other)
  other.pipe(one)
}

/** Reads exactly so many bytes at a time. */
function reader(socket: Socket): (length: number) => Promise<Buffer> {
  return async (length) => {
    for (;;) {
      const chunk = length === 0 ? Buffer.alloc(0) : (socket.read(length) as Buffer | null)
      if (chunk) return chunk
      await new Promise<void>((resolve, reject) => {
        socket.once('readable', resolve)
        socket.once('close', () => reject(new Error('closed')))
      })
    }
  }
}

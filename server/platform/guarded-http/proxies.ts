import { isIP } from 'node:net'
import type { Socket } from 'node:net'
import type { Dialler } from './dial.ts'
import { canonicalHostPort, hostPortOf } from './permit.ts'
import type { Target } from './permit.ts'
import { Unlisted, WireFailure } from './wire-failure.ts'

/** A proxy that did not answer is tried last for so long: else each new connection would wait for it again. */
const REST_MS = 30_000

export interface ProxyHealth {
  /** `host:port`, without credentials. */
  readonly proxy: string
  readonly alive: boolean
  /** What it said or did last, when it is not alive. */
  readonly trouble?: string
}

export interface ProxyChain {
  /** Through the first proxy that can; the proxy resolves the name. Fails closed: @throws WireFailure proxy_down, connect, stopped */
  dial(target: Target, timeoutMs: number, signal?: AbortSignal): Promise<Socket>
  health(): ProxyHealth[]
}

/**
 * @param urls          `socks5h://user:password@host:port` and `http://…` (CONNECT), in the order to try
 * @param privateHosts  a proxy on a private address must stand in it, as any other private target
 */
export function proxyChain(urls: readonly string[], privateHosts: ReadonlySet<string>, direct: Dialler): ProxyChain {
  const proxies = urls.map((url) => ({ ...parseProxy(url, privateHosts), restsUntil: 0, trouble: '' }))

  return {
    dial: async (target, timeoutMs, signal) => {
      const now = performance.now()
      const inOrder = [...proxies.filter((p) => p.restsUntil <= now), ...proxies.filter((p) => p.restsUntil > now)]
      let beyond: WireFailure | undefined
      let unlisted: Unlisted | undefined
      for (const [tried, proxy] of inOrder.entries()) {
        // each gets its share of the time that is left, so a silent one does not use up all of it
        const shareMs = (now + timeoutMs - performance.now()) / (inOrder.length - tried)
        try {
          const socket = await throughOne(proxy, target, shareMs, signal, direct)
          proxy.restsUntil = 0
          proxy.trouble = ''
          return socket
        } catch (error) {
          if (!(error instanceof WireFailure) || error.kind === 'stopped') throw error
          if (error.kind === 'connect' && error.cause === BEYOND) {
            beyond = error
            continue
          }
          proxy.restsUntil = performance.now() + REST_MS
          proxy.trouble = error.message
          if (error.cause instanceof Unlisted) unlisted = error.cause
        }
      }
      // a living proxy that cannot reach the host says more than a dead one
      throw beyond ?? new WireFailure('proxy_down', proxies.map((p) => p.trouble).join(' · '), { cause: unlisted })
    },
    health: () =>
      proxies.map(({ where, restsUntil, trouble }) =>
        restsUntil > performance.now() ? { proxy: where, alive: false, trouble } : { proxy: where, alive: true },
      ),
  }
}

/** Marks failures that lie behind a proxy which itself works. */
const BEYOND = Symbol('beyond the proxy')

interface Proxy {
  readonly kind: 'socks5' | 'connect'
  readonly target: Target
  readonly where: string
  readonly user: string
  readonly password: string
}

/** @throws WireFailure invalid, for anything else than a proxy URL with a port, or one that would resolve names here */
export function parseProxy(text: string, privateHosts: ReadonlySet<string> = new Set()): Proxy {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const kind = url?.protocol === 'socks5h:' ? 'socks5' : url?.protocol === 'http:' ? 'connect' : undefined
  if (!url || !kind) throw new WireFailure('invalid', 'a proxy is written as socks5h://host:port or http://host:port')
  const where = canonicalHostPort(`${url.hostname}:${url.port || (kind === 'connect' ? 80 : 1080)}`)
  const [, host, port] = /^\[?(.+?)\]?:(\d+)$/.exec(where) as unknown as [string, string, string]
  return {
    kind,
    where,
    target: { host, port: Number(port), tls: false, mayBePrivate: privateHosts.has(where) },
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
  }
}

async function throughOne(
  proxy: Proxy,
  target: Target,
  timeoutMs: number,
  signal: AbortSignal | undefined,
  direct: Dialler,
) {
  const until = performance.now() + timeoutMs
  const socket = await direct.dialPlain(proxy.target, timeoutMs, signal)
  const giveUp = (words: string, kind: 'proxy_down' | 'stopped' = 'proxy_down') =>
    socket.destroy(new WireFailure(kind, `proxy ${proxy.where}: ${words}`))
  const timer = setTimeout(() => giveUp('no answer in time'), Math.max(until - performance.now(), 1))
  const stopped = () => giveUp('given up', 'stopped')
  signal?.addEventListener('abort', stopped)
  const quiet = () => {}
  socket.on('error', quiet)
  try {
    if (signal?.aborted) throw new WireFailure('stopped', `proxy ${proxy.where}: given up`)
    await GREETINGS[proxy.kind](socket, proxy, target)
    return socket
  } catch (error) {
    socket.destroy()
    if (error instanceof WireFailure) throw error
    throw new WireFailure('proxy_down', `proxy ${proxy.where}: the connection broke`, { cause: error })
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', stopped)
    if (!socket.destroyed) socket.off('error', quiet)
  }
}

const GREETINGS: Record<Proxy['kind'], (socket: Socket, proxy: Proxy, target: Target) => Promise<void>> = {
  socks5: greetSocks5,
  connect: greetConnect,
}

/** What the answer to CONNECT means (RFC 1928 §6); the rest says that the proxy itself is of no use. */
const SOCKS_BEYOND: Record<number, string> = {
  1: 'general failure',
  3: 'network unreachable',
  4: 'host unreachable',
  5: 'connection refused',
  6: 'took too many hops',
}

/** RFC 1928, with user name and password by RFC 1929. */
async function greetSocks5(socket: Socket, proxy: Proxy, target: Target): Promise<void> {
  const down = (words: string) => new WireFailure('proxy_down', `proxy ${proxy.where}: ${words}`)
  const withName = proxy.user !== '' || proxy.password !== ''
  socket.write(Buffer.from(withName ? [5, 2, 0, 2] : [5, 1, 0]))
  const [version, method] = await read(socket, 2)
  if (version !== 5) throw down('this is no SOCKS5 proxy')
  if (method === 2 && withName) {
    const user = Buffer.from(proxy.user)
    const password = Buffer.from(proxy.password)
    socket.write(Buffer.concat([Buffer.from([1, user.length]), user, Buffer.from([password.length]), password]))
    const [, status] = await read(socket, 2)
    if (status !== 0) throw down('it does not accept the user name and password')
  } else if (method !== 0) {
    throw down('it wants another way to sign in')
  }
  socket.write(Buffer.concat([Buffer.from([5, 1, 0]), socksAddress(target.host), portBytes(target.port)]))
  const [, reply, , type] = await read(socket, 4)
  if (reply !== 0) {
    const beyond = SOCKS_BEYOND[reply as number]
    if (beyond === undefined) throw down('it does not allow this')
    throw new WireFailure('connect', `${hostPortOf(target.host, target.port)}: ${beyond}, says proxy ${proxy.where}`, {
      cause: BEYOND,
    })
  }
  // the address it dials from is of no interest, but must be read so that the next byte is the host's
  const length = type === 1 ? 4 : type === 4 ? 16 : ((await read(socket, 1))[0] as number)
  await read(socket, length + 2)
}

function socksAddress(host: string): Buffer {
  if (isIP(host) === 4) return Buffer.from([1, ...host.split('.').map(Number)])
  if (isIP(host) === 6) return Buffer.from([4, ...ipv6Bytes(host)])
  const name = Buffer.from(host)
  return Buffer.concat([Buffer.from([3, name.length]), name])
}

function ipv6Bytes(host: string): number[] {
  const [head = '', tail] = host.split('::')
  const groups = (text: string) => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)))
  const left = groups(head)
  const right = tail === undefined ? [] : groups(tail)
  const parts = [...left, ...Array.from({ length: 8 - left.length - right.length }, () => 0), ...right]
  return parts.flatMap((part) => [part >> 8, part & 255])
}

const portBytes = (port: number) => Buffer.from([port >> 8, port & 255])

/** RFC 9110 §9.3.6. */
async function greetConnect(socket: Socket, proxy: Proxy, target: Target): Promise<void> {
  const where = hostPortOf(target.host, target.port)
  const credentials = Buffer.from(`${proxy.user}:${proxy.password}`).toString('base64')
  const signIn = proxy.user === '' ? '' : `proxy-authorization: Basic ${credentials}\r\n`
  socket.write(`CONNECT ${where} HTTP/1.1\r\nhost: ${where}\r\n${signIn}\r\n`)
  const head = await readHead(socket)
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1])
  if (status >= 200 && status < 300) return
  // 502 to 504 speak of the host behind; everything else, 407 and 403 too, of the proxy
  if (status >= 502 && status <= 504)
    throw new WireFailure('connect', `${where}: ${status}, says proxy ${proxy.where}`, { cause: BEYOND })
  throw new WireFailure(
    'proxy_down',
    `proxy ${proxy.where}: ${Number.isNaN(status) ? 'this is no HTTP proxy' : `it answers ${status}`}`,
  )
}

const LONGEST_HEAD = 16_384

async function readHead(socket: Socket): Promise<string> {
  let got: Buffer = Buffer.alloc(0)
  for (;;) {
    got = Buffer.concat([got, await readSome(socket)])
    const end = got.indexOf('\r\n\r\n')
    if (end !== -1) {
      const rest = got.subarray(end + 4)
      // the host behind may have spoken already (mail servers greet first)
      if (rest.length > 0) socket.unshift(rest)
      return got.subarray(0, end).toString('latin1')
    }
    if (got.length > LONGEST_HEAD) throw new Error('an endless answer')
  }
}

const read = (socket: Socket, length: number) => readSome(socket, length)

/** Exactly so many bytes, or whatever has come; what follows stays in the socket. */
function readSome(socket: Socket, length?: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const look = () => {
      const chunk = socket.read(length) as Buffer | null
      if (chunk === null) return
      done()
      // at the end of the stream `read` gives what is left, however little
      if (length !== undefined && chunk.length < length) reject(new Error('closed'))
      else resolve(chunk)
    }
    const broken = (error?: Error) => {
      done()
      reject(error ?? new Error('closed'))
    }
    const ended = () => broken()
    const done = () => {
      socket.off('readable', look)
      socket.off('error', broken)
      socket.off('close', ended)
      socket.off('end', ended)
    }
    socket.on('readable', look)
    socket.on('error', broken)
    socket.on('close', ended)
    socket.on('end', ended)
    look()
  })
}

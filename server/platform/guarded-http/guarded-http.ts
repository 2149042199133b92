/**
 * The only way out. Every request that leaves Parley, of a connector, of a webhook, for a remote image, goes through this client.
 *
 * judge the URL → resolve the name, check every address, dial that very one → write → answer; each redirect from the start again.
 * A connection that was checked is used again, so a thousand small requests to one host are checked as often as they are dialled.
 * Nothing is read from the environment: no proxy, no switch that turns verification off.
 */
import type { Readable } from 'node:stream'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { encode } from './bodies.ts'
import type { Encoded, HttpBody } from './bodies.ts'
import { unpacked, unpackedStream } from './decompress.ts'
import { CONNECT_MS, dialler, startTls } from './dial.ts'
import type { Exchange, RawAnswer } from './exchange.ts'
import { gather, streamed } from './exchange.ts'
import { lanes } from './lanes.ts'
import type { Lane } from './lanes.ts'
import { parseJson } from '#connector-kit/parse-json.ts'
import { canonicalHostPort, gate, hostPortOf, splitHostPort } from './permit.ts'
import type { Permit, Target } from './permit.ts'
import { proxyChain } from './proxies.ts'
import type { ProxyChain, ProxyHealth } from './proxies.ts'
import { checkedAddresses, systemResolve } from './resolve.ts'
import type { Resolve } from './resolve.ts'
import { Unlisted, WireFailure } from './wire-failure.ts'

export type { FileSource, HttpBody, MultipartPart } from './bodies.ts'
export { permitFor } from './permit.ts'
export type { Permit } from './permit.ts'
export { parseProxy } from './proxies.ts'
export type { ProxyHealth } from './proxies.ts'
export { Unlisted, WireFailure } from './wire-failure.ts'
export type { WireFailureKind } from './wire-failure.ts'

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly url: string | URL
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: HttpBody | undefined
  readonly permit: Permit
  /** For everything: name, connection, redirects, body. Default 15,000; uploads and media 120,000. */
  readonly timeoutMs?: number | undefined
  /** Of the answer's body, as it comes and as it unpacks. Default 25 MB. */
  readonly maxBytes?: number | undefined
  readonly signal?: AbortSignal | undefined
}

export interface HttpAnswer {
  readonly status: number
  /** Names in lower case; several of one name are joined with a comma. */
  readonly headers: Record<string, string>
  readonly text: string
  /** The parsed text where it is JSON, integers over 2^53 as strings; else undefined. */
  readonly body: unknown
}

export interface HttpDownload {
  readonly status: number
  readonly headers: Record<string, string>
  /** Must be read to its end or destroyed. Breaks with a `WireFailure`. */
  readonly body: Readable
}

export interface GuardedHttp {
  /** Any status is an answer. @throws WireFailure */
  request(request: HttpRequest): Promise<HttpAnswer>
  /** The same, with a body that is still coming. @throws WireFailure */
  download(request: HttpRequest): Promise<HttpDownload>
  /**
   * A connection for other protocols (mail, IRC, XMPP), to an exact host and port of the permit, through its proxies; `TCP_NODELAY` set.
   * The reader must attach its listeners at once: a server that greets first may have spoken already.
   * @throws WireFailure, never `written`
   */
  dial(to: {
    readonly host: string
    readonly port: number
    readonly tls: boolean
    readonly permit: Permit
    readonly timeoutMs?: number | undefined
    readonly signal?: AbortSignal | undefined
  }): Promise<Socket>
  /**
   * STARTTLS: the same connection goes on inside TLS, verified for the host. The handshake has just begun: `secureConnect` or
   * `error` follows on the socket returned.
   */
  startTls(socket: Socket, to: { readonly host: string; readonly permit: Permit }): TLSSocket
  /**
   * Which of a permit's `hostPorts` lead to private addresses that `PARLEY_PRIVATE_HOSTS` does not name, so that whoever opens one can
   * open all. Nobody is spoken to; what cannot be resolved is not among them.
   */
  unlisted(permit: Permit): Promise<string[]>
  /** How the proxies of a permit were last seen. */
  proxyHealth(permit: Permit): ProxyHealth[]
  /** Breaks what is under way. */
  close(): Promise<void>
}

export interface GuardedHttpOptions {
  /** `PARLEY_PRIVATE_HOSTS`: exact `host:port` that may be private, and spoken to without encryption. */
  readonly privateHosts: readonly string[]
  /** Said to every server; default `Parley`. */
  readonly userAgent?: string
  /** Most connections to one origin. Default 128. */
  readonly connections?: number
  /** Longest wait for a connection: name, proxies, TLS. Default 10,000. */
  readonly connectMs?: number
  /** Default: the machine's own way. Tests bring their own. */
  readonly resolve?: Resolve
}

const TIMEOUT_MS = 15_000
const MOST_BYTES = 25 * 1024 * 1024
const MOST_REDIRECTS = 3
const MOST_KNOWN = 256

/** @throws WireFailure invalid, when `privateHosts` holds something else than host and port */
export function guardedHttp({
  privateHosts,
  userAgent = 'Parley',
  connections = 128,
  connectMs = CONNECT_MS,
  resolve = systemResolve,
}: GuardedHttpOptions): GuardedHttp {
  const listed = new Set(privateHosts.map(canonicalHostPort))
  const dial = dialler(resolve, connectMs)
  const addressesOf = checkedAddresses(resolve)
  const open = lanes(dial, connections)
  const roads = new WeakMap<Permit, Road>()
  // one chain per list, so that all channels of one list know which of its proxies are down
  const chains = new Map<string, ProxyChain>()
  let closed = false

  function roadOf(permit: Permit): Road {
    let road = roads.get(permit)
    if (!road) {
      const { proxies = [], ca, publicOnly = false } = permit
      road = {
        gate: gate(permit, listed),
        proxies: chainOf(proxies),
        // a connection that was dialled under a wider permit is not for a narrower one
        key: JSON.stringify([ca ?? '', proxies, publicOnly]),
        ca,
        lanes: new Map(),
      }
      roads.set(permit, road)
    }
    return road
  }

  /** A permit without proxies has no chain, one with proxies nothing but its chain. */
  function chainOf(proxies: readonly string[]): ProxyChain | undefined {
    if (proxies.length === 0) return undefined
    const key = proxies.join(' ')
    let chain = chains.get(key)
    if (!chain) chains.set(key, (chain = proxyChain(proxies, listed, dial)))
    return chain
  }

  function laneTo(road: Road, url: URL): { lane: Lane; target: Target } {
    const known = road.lanes.get(url.origin)
    if (known && !known.lane.closed && url.username === '' && url.password === '') return known
    const target = road.gate.judgeUrl(url)
    const found = { lane: open.laneTo({ target, proxies: road.proxies, ca: road.ca, roadKey: road.key }), target }
    // a permit for any host meets any number of them
    if (road.lanes.size === MOST_KNOWN) road.lanes.clear()
    road.lanes.set(url.origin, found)
    return found
  }

  /** Goes where the request says, and on where it is sent. */
  async function follow<Body>(
    request: HttpRequest,
    maxBytes: number,
    carryOut: (exchange: Exchange) => Promise<RawAnswer<Body>>,
    drop: (body: Body) => void,
  ): Promise<RawAnswer<Body> & { where: string }> {
    if (closed) throw new WireFailure('stopped', 'closed')
    const deadline = performance.now() + (request.timeoutMs ?? TIMEOUT_MS)
    const road = roadOf(request.permit)
    let url = parsed(request.url)
    let hop: Hop = { headers: cleanHeaders(request.headers, userAgent), encoded: request.body && encode(request.body) }
    let written = false
    for (let redirects = 0; ; redirects++) {
      try {
        const { lane, target } = laneTo(road, url)
        const where = hostPortOf(target.host, target.port)
        const answer = await carryOut({
          lane,
          where,
          method: request.method,
          path: url.pathname + url.search,
          headers: hop.encoded ? { ...hop.encoded.headers, ...hop.headers } : hop.headers,
          body: hop.encoded?.body,
          maxBytes,
          deadline,
          signal: request.signal,
        })
        const next = redirectOf(answer, request.method, url, hop)
        if (!next) return { ...answer, where }
        drop(answer.body)
        if (redirects === MOST_REDIRECTS)
          throw new WireFailure('refused_by_guard', `${where}: redirected more than ${MOST_REDIRECTS} times`, {
            written: true,
          })
        written = true
        url = next.url
        hop = next
      } catch (error) {
        if (!written || !(error instanceof WireFailure) || error.written) throw error
        // the hop before had left, and had been heard
        throw new WireFailure(error.kind, error.message, { written, cause: error.cause })
      }
    }
  }

  return {
    request: async (request) => {
      const maxBytes = request.maxBytes ?? MOST_BYTES
      const { status, headers, body, where } = await follow(request, maxBytes, gather, () => {})
      const encoding = headers['content-encoding']
      const bytes = encoding === undefined ? body : await unpacked(body, encoding, maxBytes, where)
      const text = bytes.toString('utf8')
      return { status, headers, text, body: jsonOf(text) }
    },
    download: async (request) => {
      const maxBytes = request.maxBytes ?? MOST_BYTES
      const { status, headers, body, where } = await follow(request, maxBytes, streamed, (unread) => unread.destroy())
      try {
        return { status, headers, body: unpackedStream(body, headers['content-encoding'], maxBytes, where) }
      } catch (error) {
        body.destroy()
        throw error
      }
    },
    dial: async ({ permit, timeoutMs, signal, ...to }) => {
      if (closed) throw new WireFailure('stopped', 'closed')
      const road = roadOf(permit)
      return dial.dial({ target: road.gate.judgeHostPort(to), proxies: road.proxies, ca: road.ca, timeoutMs, signal })
    },
    startTls: (socket, { host, permit }) => startTls(socket, { host, ca: permit.ca }),
    unlisted: async (permit) => {
      const { gate: judged, proxies } = roadOf(permit)
      const found = await Promise.all(
        (permit.hostPorts ?? []).map(async (each) => {
          try {
            const target = judged.judgeHostPort({ ...splitHostPort(each), tls: true })
            // Names lead where the proxy says.
            if (!proxies) await addressesOf(target, hostPortOf(target.host, target.port))
            return []
          } catch (error) {
            const cause = error instanceof WireFailure ? error.cause : undefined
            return cause instanceof Unlisted ? [cause.place] : []
          }
        }),
      )
      return [...new Set(found.flat())]
    },
    proxyHealth: (permit) => roadOf(permit).proxies?.health() ?? [],
    close: async () => {
      closed = true
      await open.close()
    },
  }
}

interface Road {
  readonly gate: ReturnType<typeof gate>
  readonly proxies: ProxyChain | undefined
  readonly key: string
  readonly ca: string | undefined
  /** By origin: judged once. */
  readonly lanes: Map<string, { lane: Lane; target: Target }>
}

interface Hop {
  readonly headers: Record<string, string>
  readonly encoded: Encoded | undefined
}

function parsed(url: string | URL): URL {
  if (typeof url !== 'string') return url
  // the text may hold a token, so it is not repeated
  if (!URL.canParse(url)) throw new WireFailure('invalid', 'not a URL')
  return new URL(url)
}

/** What the connection itself decides, and what would lead it astray: `host` even chooses the certificate. */
const OURS = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'keep-alive',
  'upgrade',
  'te',
  'trailer',
  'expect',
  'proxy-authorization',
  'proxy-connection',
])

function cleanHeaders(given: Readonly<Record<string, string>> | undefined, userAgent: string): Record<string, string> {
  const headers: Record<string, string> = { 'user-agent': userAgent, accept: '*/*' }
  for (const [name, value] of Object.entries(given ?? {})) {
    const lower = name.toLowerCase()
    if (OURS.has(lower)) throw new WireFailure('invalid', `the header ${lower} is not the caller's`)
    headers[lower] = value
  }
  return headers
}

/** What may go to another origin: everything else may be a credential, whatever it is called. */
const HARMLESS = ['user-agent', 'accept', 'accept-language', 'range']

/**
 * Where an answer sends us, or nothing. Only what reads follows everywhere. What changes something follows 307 and 308, which ask for
 * the very same again, and stays on its origin: its body may hold the token. It never becomes a GET: that would look like success.
 */
function redirectOf(
  { status, headers }: RawAnswer<unknown>,
  method: string,
  from: URL,
  hop: Hop,
): (Hop & { url: URL }) | undefined {
  // header bytes arrive as Latin-1, and servers write paths in UTF-8 as browsers expect
  const location = headers['location'] && Buffer.from(headers['location'], 'latin1').toString('utf8')
  const reads = method === 'GET' || method === 'HEAD'
  if (
    location === undefined ||
    !(status === 307 || status === 308 || (reads && (status === 301 || status === 302 || status === 303)))
  )
    return undefined
  if (!URL.canParse(location, from.href)) return undefined
  const url = new URL(location, from.href)
  url.hash = ''
  if (url.origin === from.origin) return { ...hop, url }
  if (!reads) return undefined
  const kept = HARMLESS.filter((name) => name in hop.headers).map((name) => [name, hop.headers[name] as string])
  return { url, headers: Object.fromEntries(kept), encoded: undefined }
}

function jsonOf(text: string): unknown {
  const first = /\S/.exec(text)?.[0]
  if (first !== '{' && first !== '[') return undefined
  try {
    return parseJson(text)
  } catch {
    // a page that begins like JSON, or JSON cut short: the caller sees that there is no body, and has the text
    return undefined
  }
}

import { createHash } from 'node:crypto'
import { connect, isIP } from 'node:net'
import type { LookupFunction, Socket } from 'node:net'
import { connect as connectTls, createSecureContext, getCACertificates } from 'node:tls'
import type { SecureContext, TLSSocket } from 'node:tls'
import { hostPortOf } from './permit.ts'
import type { Target } from './permit.ts'
import type { ProxyChain } from './proxies.ts'
import type { Resolve } from './resolve.ts'
import { checkedAddresses } from './resolve.ts'
import { WireFailure } from './wire-failure.ts'

/** Longest wait for a connection, proxy and TLS included. */
export const CONNECT_MS = 10_000
/** Waits this long for one address before it tries the next one beside it (RFC 8305). */
const NEXT_ADDRESS_MS = 250

export interface DialOptions {
  readonly target: Target
  readonly proxies?: ProxyChain | undefined
  readonly ca?: string | undefined
  /** Protocols to offer inside TLS: HTTP says `http/1.1`, mail nothing. */
  readonly alpn?: readonly string[]
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

export interface Dialler {
  /**
   * A connection to the target and nowhere else, inside TLS when the target says so.
   * @throws WireFailure refused_by_guard, dns, connect, tls, proxy_down, timeout, stopped; never `written`
   */
  dial(options: DialOptions): Promise<Socket>
  /** Without TLS and proxies: how a proxy itself is reached. */
  dialPlain(target: Target, timeoutMs: number, signal?: AbortSignal): Promise<Socket>
}

export function dialler(resolve: Resolve, connectMs: number): Dialler {
  const addressesOf = checkedAddresses(resolve)

  async function dialPlain(target: Target, timeoutMs: number, signal?: AbortSignal): Promise<Socket> {
    const where = hostPortOf(target.host, target.port)
    const until = performance.now() + timeoutMs
    const addresses = await within(
      addressesOf(target, where),
      timeoutMs,
      `${where}: the name was not resolved in time`,
      signal,
    )
    const socket = connect({
      ...(addresses.length === 1 ? { host: addresses[0] as string } : { host: target.host, lookup: giving(addresses) }),
      port: target.port,
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_MS,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 30_000,
    })
    await opened(socket, 'connect', 'connect', where, until - performance.now(), signal)
    if (!addresses.includes(socket.remoteAddress ?? '')) {
      socket.destroy()
      throw new WireFailure('refused_by_guard', `${where}: the connection went elsewhere`)
    }
    return socket
  }

  return {
    dialPlain,
    dial: async ({ target, proxies, ca, alpn, timeoutMs = connectMs, signal }) => {
      const until = performance.now() + timeoutMs
      const socket = proxies
        ? await proxies.dial(target, timeoutMs, signal)
        : await dialPlain(target, timeoutMs, signal)
      if (!target.tls) return socket
      const secured = startTls(socket, { host: target.host, ca, alpn })
      await opened(
        secured,
        'secureConnect',
        'tls',
        hostPortOf(target.host, target.port),
        until - performance.now(),
        signal,
      )
      return secured
    },
  }
}

/**
 * TLS over an open connection, its handshake just begun: `secureConnect` or `error` follows. The certificate must be good for the
 * host, and there is no way to switch that off.
 */
export function startTls(
  socket: Socket,
  {
    host,
    ca,
    alpn,
  }: { readonly host: string; readonly ca?: string | undefined; readonly alpn?: readonly string[] | undefined },
): TLSSocket {
  const secured = connectTls({
    socket,
    host,
    // an address is no server name; the certificate is then compared with `host`
    servername: isIP(host) === 0 ? host : '',
    secureContext: trusting(ca),
    rejectUnauthorized: true,
    ...(alpn && { ALPNProtocols: [...alpn] }),
  })
  // the two close together, whoever begins
  secured.once('close', () => socket.destroy())
  return secured
}

const contexts = new Map<string, SecureContext>()

/** Reading a few hundred roots takes longer than a handshake, so each set is read once. */
function trusting(ca: string | undefined): SecureContext {
  const key = ca === undefined ? '' : createHash('sha256').update(ca).digest('base64')
  let context = contexts.get(key)
  if (!context) {
    const roots = getCACertificates('default')
    context = createSecureContext({ ca: ca === undefined ? roots : [...roots, ca], minVersion: 'TLSv1.2' })
    contexts.set(key, context)
  }
  return context
}

/** A lookup that knows the answer already: Node dials nothing but these. */
function giving(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: isIP(address) }))
  return (_host, options, done) => {
    if (options.all) done(null, all)
    else done(null, all[0]?.address as string, all[0]?.family)
  }
}

/** Waits until the socket is open; else it is destroyed. */
function opened(
  socket: Socket,
  event: 'connect' | 'secureConnect',
  kind: 'connect' | 'tls',
  where: string,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (failure?: WireFailure) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', stopped)
      socket.off(event, connected)
      socket.off('close', closed)
      if (!failure) {
        socket.off('error', failed)
        return resolve()
      }
      // whatever it still wants to complain about has been said
      socket.on('error', () => {})
      socket.destroy()
      reject(failure)
    }
    const words = kind === 'tls' ? 'no trustworthy connection' : 'nobody answers'
    const connected = () => end()
    const failed = (cause: Error) => end(new WireFailure(kind, `${where}: ${words}${codeOf(cause)}`, { cause }))
    const closed = () => end(new WireFailure(kind, `${where}: the connection was closed at once`))
    const stopped = () => end(new WireFailure('stopped', `${where}: given up while connecting`))
    const timer = setTimeout(() => end(new WireFailure(kind, `${where}: ${words} in time`)), Math.max(timeoutMs, 1))
    socket.once(event, connected)
    socket.once('close', closed)
    socket.on('error', failed)
    if (signal?.aborted) stopped()
    else signal?.addEventListener('abort', stopped)
  })
}

const codeOf = (error: Error) => ('code' in error && typeof error.code === 'string' ? ` (${error.code})` : '')

function within<T>(work: Promise<T>, timeoutMs: number, words: string, signal?: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stopped = () => reject(new WireFailure('stopped', words))
    const timer = setTimeout(() => reject(new WireFailure('dns', words)), Math.max(timeoutMs, 1))
    if (signal?.aborted) stopped()
    signal?.addEventListener('abort', stopped)
    work.then(resolve, reject).finally(() => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', stopped)
    })
  })
}

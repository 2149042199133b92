import { isIP } from 'node:net'
import { isPublicAddress } from './public-address.ts'
import { Unlisted, WireFailure } from './wire-failure.ts'

/** Where one caller may go, and by which road. Make it once per channel and keep it: connections are found by it. */
export interface Permit {
  /**
   * Host names and addresses that https may reach on ports 80 and 443: `api.example.com`, `*.example.com` (every name below, not
   * itself), `*` (any public host: only for addresses that people typed, never together with a proxy).
   */
  readonly hosts: readonly string[]
  /** Exact `host:port` beyond these ports, because a channel's settings name them: mail, a self-hosted server. */
  readonly hostPorts?: readonly string[]
  /** Exact `host:port` where http without encryption is allowed. */
  readonly plain?: readonly string[]
  /** Even what `PARLEY_PRIVATE_HOSTS` lists is out of reach: the addresses come from strangers. */
  readonly publicOnly?: boolean
  /** A root certificate (PEM), trusted beside the usual ones, for requests under this permit alone. */
  readonly ca?: string
  /** `socks5h://` and `http://` proxies in the order to try; when there is one, nothing ever goes around it. */
  readonly proxies?: readonly string[]
}

/**
 * The permit of a channel.
 * @param hosts  the connector's `manifest.hosts`
 * @param urls   base URLs that the channel's settings name (`apiUrl`); a port of theirs is allowed, plain http is not unless the
 *               operator lists the host in `PARLEY_PRIVATE_HOSTS`
 */
export function permitFor({
  hosts,
  urls = [],
  hostPorts = [],
  ...rest
}: Omit<Permit, 'plain'> & { urls?: readonly string[] }): Permit {
  const named = urls.map((url) => new URL(url))
  return {
    ...rest,
    hosts: [...hosts, ...named.map((url) => url.hostname)],
    hostPorts: [...hostPorts, ...named.map((url) => hostPortOf(bareHost(url.hostname), portOf(url)))],
  }
}

/** Somewhere that a request was allowed to go. */
export interface Target {
  /** Canonical: lower case, punycode, IPv6 without brackets. */
  readonly host: string
  readonly port: number
  readonly tls: boolean
  /** The operator listed exactly this host and port: its addresses are not looked at. */
  readonly mayBePrivate: boolean
}

/** Reads lists once and then judges quickly. */
export interface Gate {
  /** @throws WireFailure refused_by_guard */
  judgeUrl(url: URL): Target
  /** For connections that are not HTTP. @throws WireFailure refused_by_guard */
  judgeHostPort(to: { host: string; port: number; tls: boolean }): Target
}

/** @param privateHosts  exact `host:port` list of `PARLEY_PRIVATE_HOSTS` */
export function gate(permit: Permit, privateHosts: ReadonlySet<string>): Gate {
  const names = new Set(permit.hosts.filter((host) => !host.startsWith('*')).map(canonicalHost))
  const suffixes = permit.hosts
    .filter((host) => host.startsWith('*.'))
    .map((host) => `.${canonicalHost(host.slice(2))}`)
  const any = permit.hosts.includes('*')
  const hostPorts = new Set((permit.hostPorts ?? []).map(canonicalHostPort))
  const plain = new Set((permit.plain ?? []).map(canonicalHostPort))
  const throughProxy = (permit.proxies ?? []).length > 0

  function judge(host: string, port: number, tls: boolean, usualPort: boolean): Target {
    const where = hostPortOf(host, port)
    const refuse = (why: string, cause?: Unlisted) => {
      throw new WireFailure('refused_by_guard', `${where}: ${why}`, { cause })
    }
    if (host === '' || host.endsWith('.')) refuse('not a host name')
    const listed = names.has(host) || hostPorts.has(where) || suffixes.some((suffix) => host.endsWith(suffix))
    if (!listed && !any) refuse('this host is not among those allowed here')
    // behind a proxy we cannot see where a name leads, so only names that a connector or an operator wrote down may go there
    if (!listed && throughProxy) refuse('only listed hosts are reached through a proxy')
    const mayBePrivate = !permit.publicOnly && privateHosts.has(where)
    if (!usualPort && !mayBePrivate && !hostPorts.has(where)) refuse('this port is not allowed')
    if (!mayBePrivate && isIP(host) !== 0 && !isPublicAddress(host))
      refuse('a private address', new Unlisted('private_host', where))
    return { host, port, tls, mayBePrivate }
  }

  return {
    judgeUrl: (url) => {
      const tls = url.protocol === 'https:'
      const host = bareHost(url.hostname)
      const port = portOf(url)
      if (!tls && url.protocol !== 'http:') throw new WireFailure('refused_by_guard', `${url.protocol} is not allowed`)
      if (url.username !== '' || url.password !== '')
        throw new WireFailure('refused_by_guard', `${hostPortOf(host, port)}: a URL with a user name or password`)
      const target = judge(host, port, tls, port === 80 || port === 443)
      if (!tls && !target.mayBePrivate && !plain.has(hostPortOf(host, port)))
        throw new WireFailure('refused_by_guard', `${hostPortOf(host, port)}: http without encryption is not allowed`, {
          cause: new Unlisted('plain_http', hostPortOf(host, port)),
        })
      return target
    },
    judgeHostPort: ({ host, port, tls }) => judge(canonicalHost(host), port, tls, false),
  }
}

/** `host:port` in one spelling, IPv6 in brackets. @throws WireFailure invalid, when it is not that */
export function canonicalHostPort(text: string): string {
  const { host, port } = splitHostPort(text)
  return hostPortOf(host, port)
}

/** The host as a browser would read it, IPv6 without brackets. @throws WireFailure invalid */
export function splitHostPort(text: string): { host: string; port: number } {
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(text.trim()) ?? []
  if (host === undefined || port === undefined || Number(port) === 0 || Number(port) > 65_535)
    throw new WireFailure('invalid', `"${text}" is not a host and a port, as in mail.example.com:993`)
  return { host: canonicalHost(host), port: Number(port) }
}

export const hostPortOf = (host: string, port: number) => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`)

/** One spelling for a host, as a browser would read it: `EXAMPLE.com` → `example.com`, `0x7f.1` → `127.0.0.1`, `[::1]` → `::1`. */
function canonicalHost(host: string): string {
  const written = isIP(host) === 6 ? `[${host}]` : host
  try {
    const { hostname, username, port, pathname, search, hash } = new URL(`http://${written}`)
    if (username || port || pathname !== '/' || search || hash) throw new Error('more than a host')
    return bareHost(hostname)
  } catch {
    throw new WireFailure('refused_by_guard', `"${host}" is not a host name`)
  }
}

const bareHost = (hostname: string) => (hostname.startsWith('[') ? hostname.slice(1, -1) : hostname)
const portOf = (url: URL) => (url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port))

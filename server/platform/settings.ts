/**
 * What the operator chose, read once from the environment. An empty value counts as none, an unknown `PARLEY_…` name or a bad value
 * stops the start: a misspelt setting that is silently ignored is found much later, or never.
 */
import { isIP } from 'node:net'
import { resolve } from 'node:path'
import ipaddr from 'ipaddr.js'
import type { LogLevel } from './log.ts'
import { StartFailure } from './start-failure.ts'

export const roles = ['web', 'ingest', 'worker', 'sender', 'scheduler'] as const
export type Role = (typeof roles)[number]

export interface Settings {
  /** `PARLEY_DATA`, absolute. */
  readonly dataDir: string
  /** `PARLEY_HOST`: the address to listen on. */
  readonly host: string
  /** `PARLEY_PORT`; 0 takes a free one. */
  readonly port: number
  /** `PARLEY_URL`: how the world reaches us, an origin without a slash at its end. Null: at the address we listen on. */
  readonly url: string | null
  /** `DATABASE_URL`: the owner's. Null: the embedded PostgreSQL. */
  readonly databaseUrl: string | null
  /** `NATS_URL`. Null: hints go through PostgreSQL. */
  readonly natsUrl: string | null
  /** `PARLEY_ROLES`. */
  readonly roles: ReadonlySet<Role>
  /** `PARLEY_KEY`: 32 bytes that seal every secret. Null: a file under `dataDir`. */
  readonly key: Buffer | null
  /** `PARLEY_PRIVATE_HOSTS`: exact `host:port`, lower case. */
  readonly privateHosts: readonly string[]
  /** `PARLEY_TRUSTED_PROXIES`: addresses or networks (`10.0.0.0/8`). */
  readonly trustedProxies: readonly string[]
  /** `PARLEY_FILES`: an S3 address. Null: a folder under `dataDir`. */
  readonly files: string | null
  /** `PARLEY_LOG`. */
  readonly logLevel: LogLevel
}

export type Environment = Readonly<Record<string, string | undefined>>

/** @throws StartFailure for the first name that is unknown or whose value cannot be used */
export function readSettings(env: Environment): Settings {
  const names = Object.values(READERS).map(({ name }) => name)
  const unknown = Object.keys(env).find((name) => name.startsWith('PARLEY_') && !names.includes(name))
  if (unknown !== undefined)
    throw new StartFailure(`The environment sets ${unknown}, which Parley does not know. It knows ${names.join(', ')}.`)
  return Object.fromEntries(
    Object.entries(READERS).map(([key, reader]) => [key, valueOf(reader, env[reader.name]?.trim() || undefined)]),
  ) as unknown as Settings // the type of READERS says that each key has its own reader
}

/** Where a browser finds us. */
export const addressOf = ({ url, host, port }: Pick<Settings, 'url' | 'host' | 'port'>): string =>
  url ?? `http://${host.includes(':') ? `[${host}]` : host}:${port}`

function valueOf({ name, otherwise, expected, secret, read }: Reader<unknown>, given: string | undefined): unknown {
  const text = given ?? otherwise
  if (text === null) return null
  const value = read(text)
  if (value !== undefined) return value
  throw new StartFailure(
    `${name} in the environment must be ${expected}${secret ? '' : `; it is ${JSON.stringify(given)}`}.`,
  )
}

interface Reader<T> {
  readonly name: string
  /** The text that stands in for a missing one; null stays null. */
  readonly otherwise: string | null
  /** Ends the sentence "… must be". */
  readonly expected: string
  /** The value may hold a password and is never repeated. */
  readonly secret?: true
  /** Undefined: cannot be used. */
  readonly read: (text: string) => T | undefined
}

const READERS: { readonly [Key in keyof Settings]: Reader<NonNullable<Settings[Key]>> } = {
  dataDir: { name: 'PARLEY_DATA', otherwise: 'data', expected: 'a folder', read: (text) => resolve(text) },
  host: {
    name: 'PARLEY_HOST',
    otherwise: '127.0.0.1',
    expected: 'an address to listen on, such as 127.0.0.1 or 0.0.0.0, without a port',
    read: (text) => (isIP(text) !== 0 || HOST_NAME.test(text) ? text : undefined),
  },
  port: {
    name: 'PARLEY_PORT',
    otherwise: '4100',
    expected: 'a number from 0 to 65535',
    read: (text) => (/^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined),
  },
  url: {
    name: 'PARLEY_URL',
    otherwise: null,
    expected: 'the address by which the world reaches Parley, such as https://parley.example, without a path',
    read: (text) => {
      const url = urlIn(text, ['http:', 'https:'])
      const plain = url && url.pathname === '/' && url.search + url.hash + url.username + url.password === ''
      return plain ? url.origin : undefined
    },
  },
  databaseUrl: {
    name: 'DATABASE_URL',
    otherwise: null,
    expected: 'the address of a PostgreSQL database, such as postgres://user:password@host:5432/parley',
    secret: true,
    // An address without a host names its socket in the query; URL cannot read it with a user, so the host is lent.
    read: (text) =>
      urlIn(text.replace(/^(postgres(?:ql)?:\/\/)(?=\/)/, '$1localhost'), ['postgres:', 'postgresql:']) && text,
  },
  natsUrl: {
    name: 'NATS_URL',
    otherwise: null,
    expected: 'the address of a NATS server, such as nats://host:4222',
    secret: true,
    read: (text) => urlIn(text, ['nats:', 'tls:']) && text,
  },
  roles: {
    name: 'PARLEY_ROLES',
    otherwise: roles.join(),
    expected: `a list with commas of ${roles.join(', ')}`,
    read: (text) => {
      const chosen = listIn(text).map((word) => roles.find((role) => role === word))
      return chosen.length > 0 && chosen.every((role) => role !== undefined) ? new Set(chosen) : undefined
    },
  },
  key: {
    name: 'PARLEY_KEY',
    otherwise: null,
    expected: '32 random bytes in base64 or hex, as "openssl rand -base64 32" prints them',
    secret: true,
    read: keyIn,
  },
  privateHosts: {
    name: 'PARLEY_PRIVATE_HOSTS',
    otherwise: '',
    expected: 'a list with commas of host:port, such as 127.0.0.1:8081, [::1]:8081 or mail.lan:993',
    read: (text) => {
      const hosts = listIn(text.toLowerCase())
      return hosts.every(isHostAndPort) ? hosts : undefined
    },
  },
  trustedProxies: {
    name: 'PARLEY_TRUSTED_PROXIES',
    otherwise: '',
    expected: 'a list with commas of addresses or networks, such as 10.0.0.2 or 10.0.0.0/8',
    read: (text) => {
      const proxies = listIn(text)
      return proxies.every((proxy) => isIP(proxy) !== 0 || ipaddr.isValidCIDR(proxy)) ? proxies : undefined
    },
  },
  files: {
    name: 'PARLEY_FILES',
    otherwise: null,
    expected: 'an S3 address, such as s3://key:secret@host/bucket',
    secret: true,
    read: (text) => urlIn(text, ['s3:', 'http:', 'https:']) && text,
  },
  logLevel: {
    name: 'PARLEY_LOG',
    otherwise: 'info',
    expected: 'trace, debug, info, warn, error, fatal or silent',
    read: (text) => LOG_LEVELS.find((level) => level === text),
  },
}

const LOG_LEVELS: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']
const HOST_NAME = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i

const listIn = (text: string) => text.split(/[\s,]+/).filter((item) => item !== '')

function urlIn(text: string, protocols: readonly string[]): URL | undefined {
  const url = URL.parse(text)
  return url && protocols.includes(url.protocol) && url.host !== '' ? url : undefined
}

function keyIn(text: string): Buffer | undefined {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex')
  // Node also reads base64 with foreign characters in it, and skips them: a mistyped key must not become another key.
  return /^[\w+/-]{43}=?$/.test(text) ? Buffer.from(text, 'base64') : undefined
}

function isHostAndPort(text: string): boolean {
  const [, six, host = '', port = ''] = /^(?:\[(.+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? []
  return (
    Number(port) > 0 &&
    Number(port) <= 65_535 &&
    (six === undefined ? isIP(host) === 4 || HOST_NAME.test(host) : isIP(six) === 6)
  )
}

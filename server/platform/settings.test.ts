import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readSettings } from './settings.ts'
import { StartFailure } from './start-failure.ts'

test('without any setting Parley listens on loopback and keeps everything in ./data', () => {
  expect(readSettings({ HOME: '/root', PATH: '/bin' })).toEqual({
    dataDir: resolve('data'),
    host: '127.0.0.1',
    port: 4100,
    url: null,
    databaseUrl: null,
    natsUrl: null,
    roles: new Set(['web', 'ingest', 'worker', 'sender', 'scheduler']),
    key: null,
    privateHosts: [],
    trustedProxies: [],
    files: null,
    logLevel: 'info',
  })
})

test('every setting is read, and blanks around it do not count', () => {
  const key = Buffer.alloc(32, 7)
  const settings = readSettings({
    PARLEY_DATA: '/srv/наши данные',
    PARLEY_HOST: '::',
    PARLEY_PORT: ' 0 ',
    PARLEY_URL: 'https://Parley.example/',
    DATABASE_URL: 'postgres://parley:secret@db:5432/parley',
    NATS_URL: 'nats://nats:4222',
    PARLEY_ROLES: 'ingest, worker',
    PARLEY_KEY: key.toString('base64'),
    PARLEY_PRIVATE_HOSTS: '127.0.0.1:8081, [::1]:25,Mail.LAN:993',
    PARLEY_TRUSTED_PROXIES: '10.0.0.2,fd00::/8',
    PARLEY_FILES: 's3://key:secret@minio:9000/parley',
    PARLEY_LOG: 'debug',
  })
  expect(settings).toEqual({
    dataDir: '/srv/наши данные',
    host: '::',
    port: 0,
    url: 'https://parley.example',
    databaseUrl: 'postgres://parley:secret@db:5432/parley',
    natsUrl: 'nats://nats:4222',
    roles: new Set(['ingest', 'worker']),
    key,
    privateHosts: ['127.0.0.1:8081', '[::1]:25', 'mail.lan:993'],
    trustedProxies: ['10.0.0.2', 'fd00::/8'],
    files: 's3://key:secret@minio:9000/parley',
    logLevel: 'debug',
  })
})

test('a key is the same in hex, base64 and base64url', () => {
  const key = Buffer.alloc(32, 0xfb)
  for (const form of ['hex', 'base64', 'base64url'] as const)
    expect(readSettings({ PARLEY_KEY: key.toString(form) }).key).toEqual(key)
})

test('an empty value counts as none', () => {
  expect(readSettings({ PARLEY_PORT: '', PARLEY_KEY: '', DATABASE_URL: '  ' })).toEqual(readSettings({}))
})

test('a database address may name a socket', () => {
  const address = 'postgresql:///parley?host=/run/postgresql&user=me'
  expect(readSettings({ DATABASE_URL: address }).databaseUrl).toBe(address)
})

describe('a bad setting stops the start with one line that names it', () => {
  test.each([
    ['PARLEY_PROT', '4100'],
    ['PARLEY_HOST', '127.0.0.1:4100'],
    ['PARLEY_PORT', '65536'],
    ['PARLEY_PORT', '4100x'],
    ['PARLEY_URL', 'parley.example'],
    ['PARLEY_URL', 'https://parley.example/inbox'],
    ['PARLEY_URL', 'ftp://parley.example'],
    ['DATABASE_URL', 'mysql://db/parley'],
    ['NATS_URL', 'nats'],
    ['PARLEY_ROLES', 'web,cook'],
    ['PARLEY_ROLES', ','],
    ['PARLEY_KEY', 'secret'],
    ['PARLEY_KEY', `${'a'.repeat(42)}!=`],
    ['PARLEY_PRIVATE_HOSTS', 'mail.lan'],
    ['PARLEY_PRIVATE_HOSTS', '10.0.0.1:0'],
    ['PARLEY_PRIVATE_HOSTS', '*:80'],
    ['PARLEY_TRUSTED_PROXIES', 'proxy.lan'],
    ['PARLEY_TRUSTED_PROXIES', '10.0.0.0/33'],
    ['PARLEY_FILES', '/srv/files'],
    ['PARLEY_LOG', 'loud'],
  ])('%s=%s', (name, value) => {
    const read = () => readSettings({ [name]: value })
    expect(read).toThrow(StartFailure)
    expect(read).toThrow(name)
    expect(read).not.toThrow('\n')
  })
})

test('a bad value that may hold a password is not repeated', () => {
  for (const name of ['DATABASE_URL', 'NATS_URL', 'PARLEY_KEY', 'PARLEY_FILES'])
    expect(() => readSettings({ [name]: 'hunter2' })).not.toThrow('hunter2')
})

test('whoever is told which settings there are finds each in the table of the docs', async () => {
  const page = await readFile(new URL('../../docs/how-to/run-on-a-server.md', import.meta.url), 'utf8')
  const described = [...page.matchAll(/^\| (`.+?`) \|/gm)].flatMap(([, names = '']) => names.match(/[A-Z_]{4,}/g) ?? [])
  const told = /It knows (.+)\.$/.exec(refusalOf({ PARLEY_NONE: 'x' }))![1]!.split(', ')
  expect(told.length).toBeGreaterThan(5)
  expect(told.filter((name) => !described.includes(name))).toEqual([])
})

function refusalOf(env: Record<string, string>): string {
  try {
    readSettings(env)
    return ''
  } catch (error) {
    return (error as Error).message
  }
}

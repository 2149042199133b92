import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { LogLevel } from './log.ts'
import { openLog } from './log.ts'
import { scrubber } from './scrub.ts'

function aLog(level: LogLevel = 'trace') {
  const lines: string[] = []
  return {
    log: openLog({ level, write: (line) => lines.push(line) }),
    lines,
    last: () => JSON.parse(lines.at(-1) as string),
  }
}

test('a line is one JSON object with level, time, words and the values given', () => {
  const { log, last } = aLog()
  log.warn({ channel: 'c1', tries: 3 }, 'the line broke')
  expect(last()).toMatchObject({ level: 'warn', channel: 'c1', tries: 3, msg: 'the line broke' })
  expect(Date.parse(last().time)).toBeGreaterThan(0)
})

test('lines below the level are not written', () => {
  const { log, lines } = aLog('warn')
  log.info('quiet')
  log.error('loud')
  expect(lines).toHaveLength(1)
})

test('a protected secret is struck out of words, values, stacks, causes and child lines', () => {
  const { log, lines } = aLog()
  const secret = '123456:s3cr3t/"quoted"+&я'
  log.protect(secret)
  log.info(`with ${secret} inside`)
  log.info({ deep: { er: [secret] } }, 'in values')
  log.error({ error: new Error(`refused ${secret}`, { cause: new Error(secret) }) }, 'in errors')
  log.error({ error: new AggregateError([new Error(secret)], 'all failed') }, 'in aggregates')
  log.error({ error: Object.assign(new Error('odd'), { response: { requested: `/bot${secret}/x` } }) }, 'on errors')
  log.child({ of: secret }).info('in children')
  log.info({ url: `https://a.example/?t=${encodeURIComponent(secret)}` }, 'in addresses')
  log.info({ encoded: Buffer.from(secret).toString('base64') }, 'in base64')
  for (const line of lines) {
    expect(line).not.toContain('s3cr3t')
    expect(line).not.toContain(Buffer.from(secret).toString('base64').slice(0, 12))
    expect(line).toContain('[secret]')
    expect(() => JSON.parse(line)).not.toThrow()
  }
})

test('bodies and credentials are withheld by the name of their key', () => {
  const { log, last } = aLog()
  log.info(
    {
      text: 'Hello Ann',
      request: { body: { a: 1 }, headers: { authorization: 'abcdef', 'x-api-key': 'k', accept: '*/*' } },
      botToken: 'x',
      token: 'y',
    },
    'x',
  )
  expect(last()).toMatchObject({
    text: '[9 characters]',
    request: { body: '[withheld]', headers: { authorization: '[secret]', 'x-api-key': '[secret]', accept: '*/*' } },
    token: '[secret]',
  })
})

test('an address loses its path and query, bytes are counted', () => {
  const { log, last } = aLog()
  log.info({ url: new URL('https://api.example/bot1:2/send?x=1'), got: Buffer.from('hello') }, 'x')
  expect(last()).toMatchObject({ url: 'https://api.example', got: '[5 bytes]' })
})

test('known shapes of secrets go although nobody protected them', () => {
  const { scrub } = scrubber()
  expect(scrub('Authorization: Bearer abcdefghijkl')).toBe('Authorization: Bearer [secret]')
  expect(scrub('/bot123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw/getMe')).toBe('/bot[secret]/getMe')
  expect(scrub('socks5h://user:pass@10.0.0.1:1080')).toBe('socks5h://[secret]@10.0.0.1:1080')
  expect(scrub('/x?a=1&access_token=abc.def&b=2')).toBe('/x?a=1&access_token=[secret]&b=2')
  expect(scrub('nothing to hide: 12:30, ann@example.com')).toBe('nothing to hide: 12:30, ann@example.com')
})

test('a circular or very deep value does not break a line', () => {
  const { log, lines } = aLog()
  const circle: Record<string, unknown> = {}
  circle['self'] = circle
  log.info({ circle }, 'round')
  expect(JSON.parse(lines[0] as string).msg).toBe('round')
})

test('a secret protected twice is shown only after both have forgotten it', () => {
  const { protect, scrub } = scrubber()
  const first = protect('correct horse')
  const second = protect('correct horse')
  first()
  first()
  expect(scrub('a correct horse')).toBe('a [secret]')
  second()
  expect(scrub('a correct horse')).toBe('a correct horse')
})

test('of secrets that begin alike the longer goes whole', () => {
  const { protect, scrub } = scrubber()
  protect('prefix-1')
  protect('prefix-123456')
  expect(scrub('x prefix-123456 y prefix-1 z')).toBe('x [secret] y [secret] z')
})

test('no protected secret of six characters or more survives, wherever it stands', () => {
  const leaks: string[] = []
  fc.assert(
    fc.property(
      fc.array(fc.string({ minLength: 6, maxLength: 40 }), { minLength: 1 }),
      fc.string(),
      fc.string(),
      (some, a, b) => {
        const { protect, scrub } = scrubber()
        for (const secret of some) protect(secret)
        leaks.push(...some.map((secret) => `${a} ${secret} ${b}`).filter((line) => scrub(line) === line))
      },
    ),
  )
  expect(leaks).toEqual([])
})

test('ten thousand secrets cost a line next to nothing', () => {
  const { protect, scrub } = scrubber()
  for (let i = 0; i < 10_000; i++) protect(`EAAG${Math.sin(i)}-of-channel-${i}`)
  const line = JSON.stringify({ words: 'x'.repeat(2_000) })
  const before = process.cpuUsage()
  for (let i = 0; i < 100; i++) scrub(line)
  const { user, system } = process.cpuUsage(before)
  // Of the processor, not of the clock: ten thousand searches of the line would take some hundred times as much.
  expect((user + system) / 100 / 1000).toBeLessThan(20)
})

/** Letters made to hurt: each is refused or partly shown, the process stays alive, and it takes no more than its budget. */
import { expect, test } from 'vitest'
import { incoming } from './incoming.ts'
import { scanLetter } from './scan.ts'
import type { Settings } from './settings.ts'

/** Twice what a thread is given: a machine shared by others needs more. What is guarded against took minutes. */
const BUDGET_MS = 10_000
const settings = {
  address: 'shop@shop.example',
  imap: { host: 'imap.shop.example', port: 993, tls: true },
} as Settings
const c = {
  channel: 'c',
  settings,
  me: { id: 'shop@shop.example', name: 'Shop' },
  kept: {},
  secret: 's',
  now: new Date(0),
  publicUrl: () => '',
}
const HEAD = 'From: Eve <eve@evil.example>\r\nMessage-ID: <e@evil.example>\r\nSubject: hi\r\n'
const read = (raw: string) =>
  incoming(
    {
      key: 'k',
      lane: 'l',
      body: { box: 'inbox', uid: 1, validity: '1', at: '2026-11-25T10:00:00Z', bytes: raw.length, raw },
    },
    c,
  )
const mixed = (boundary: string) => `Content-Type: multipart/mixed; boundary="${boundary}"\r\n\r\n`

const HOSTILE: Record<string, () => string> = {
  '100,000 parts': () => HEAD + mixed('b') + '--b\r\n\r\nx\r\n'.repeat(100_000),
  'a nesting of 5,000': () =>
    HEAD + Array.from({ length: 5_000 }, (_, level) => `${mixed(`b${level}`)}--b${level}\r\n`).join(''),
  'an address header of 900 KB': () => `To: ${'"a" <a@b.c>, '.repeat(70_000)}\r\n${HEAD}\r\nhello`,
  'addresses that never close': () => `To: ${'"<(,:;'.repeat(10_000)}\r\nCc: ${'('.repeat(60_000)}\r\n${HEAD}\r\nhello`,
  '50,000 references': () => `References: ${'<a@b.c> '.repeat(50_000)}\r\n${HEAD}\r\nhello`,
  'base64 that is none': () =>
    `${HEAD}Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n${'@#$='.repeat(200_000)}`,
  'a charset nobody knows': () =>
    `${HEAD}Content-Type: text/plain; charset="${'x'.repeat(10_000)}"\r\n\r\n\xff\xfe\x00hello`,
  'one line of 900 KB': () => `${HEAD}\r\n${'a'.repeat(900_000)}`,
  'html that never ends a tag': () => `${HEAD}Content-Type: text/html\r\n\r\n${'<script '.repeat(100_000)}`,
  'a quotation of 300,000 lines': () => `${HEAD}\r\n${'>\nx\n'.repeat(150_000)}`,
  'an attachment of 600,000 lines': () =>
    `${HEAD}${mixed('b')}--b\r\nContent-Type: application/pdf\r\n\r\n${'x\r\n'.repeat(600_000)}--b--\r\n`,
  '150 texts of 4,000 lines': () => `${HEAD}${mixed('b')}${`--b\r\n\r\n${'x\r\n'.repeat(4_000)}`.repeat(150)}--b--\r\n`,
  'letters in letters, and 100,000 lines': () =>
    `${HEAD}${'Content-Type: message/rfc822\r\n\r\nFrom: a@b.c\r\n'.repeat(30)}\r\n${'x\r\n'.repeat(100_000)}`,
  'html of 90,000 links': () => `${HEAD}Content-Type: text/html\r\n\r\n${'<a href="x">y</a><br>'.repeat(90_000)}`,
  '20 letters of html': () =>
    `${HEAD}${mixed('b')}${`--b\r\nContent-Type: text/html\r\n\r\n${'<p>x\r\n'.repeat(9_000)}`.repeat(20)}--b--\r\n`,
  '40,000 header fields': () => `${HEAD}${'A: b\r\n'.repeat(40_000)}\r\nhello`,
  'encoded words without end': () =>
    `Subject: ${'=?utf-8?Q?=41?= '.repeat(20_000)}\r\nFrom: e@evil.example\r\n\r\nhello`,
  'no header at all': () => '\x00\x01\x02',
}

test.each(Object.keys(HOSTILE))('%s', async (name) => {
  const raw = HOSTILE[name]!()
  // Its own work: others share the machine.
  const began = process.threadCpuUsage()
  const told = await read(raw)
  expect(told.length).toBeGreaterThan(0)
  const { user, system } = process.threadCpuUsage(began)
  expect((user + system) / 1000).toBeLessThan(BUDGET_MS)
})

test('a letter of a million parts is looked at no further than two hundred', () => {
  const scan = scanLetter({ cutWith: 'w' })
  const chunk = Buffer.from('--b\r\n\r\nx\r\n'.repeat(10_000))
  scan.push(Buffer.from(HEAD + mixed('b')))
  let chunks = 0
  while (!scan.full && chunks < 100) {
    scan.push(chunk)
    chunks++
  }
  expect(chunks).toBe(1)
  expect(scan.end()).toMatchObject({ partial: true })
})

test('an address header of five megabytes is read no further than a header may go, and the letter is offered whole', async () => {
  const scan = scanLetter({ cutWith: 'w' })
  const began = process.threadCpuUsage()
  scan.push(Buffer.from(`${HEAD}To: `))
  const chunk = Buffer.from('"Ann Lee" <ann@people.test>,\r\n '.repeat(2_000))
  for (let bytes = 0; bytes < 5 * 1024 * 1024; bytes += chunk.length) scan.push(chunk)
  scan.push(Buffer.from('last@people.test\r\n\r\nhello'))
  const { raw, partial } = scan.end()
  expect([partial, raw.length < 512 * 1024]).toEqual([true, true])
  expect((await read(raw.toString('latin1'))).length).toBeGreaterThan(0)
  const { user, system } = process.threadCpuUsage(began)
  expect((user + system) / 1000).toBeLessThan(BUDGET_MS)
})

test('an attachment of a gigabyte costs a note', () => {
  const scan = scanLetter({ cutWith: 'w' })
  scan.push(
    Buffer.from(
      `${HEAD}${mixed('b')}--b\r\nContent-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\n\r\n`,
    ),
  )
  const chunk = Buffer.from(`${'A'.repeat(76)}\r\n`.repeat(3_000))
  for (let count = 0; count < 200; count++) scan.push(chunk)
  scan.push(Buffer.from('--b--\r\n'))
  const { raw, partial } = scan.end()
  expect(partial).toBe(false)
  expect(raw.length).toBeLessThan(1_000)
  expect(Buffer.from(raw.toString().split('\r\n\r\n')[2]!.split('\r\n')[0]!, 'base64').toString()).toMatch(
    /^parley-cut w \d+ 46799998 base64$/,
  )
})

test.each([
  ['without a boundary', 'multipart/x-hostile', '7bit', 'bytes'],
  ['with a boundary that never comes', 'multipart/mixed; boundary=never', 'base64', 'Ynl0ZXM='],
])('a file whose type is named multipart, %s, is a file all the same', async (_, type, encoding, bytes) => {
  const part = (head: string, words: string) => `--b\r\n${head}\r\n\r\n${words}\r\n`
  const raw =
    HEAD +
    mixed('b') +
    part('Content-Type: text/plain', 'words') +
    part(
      `Content-Type: ${type}\r\nContent-Transfer-Encoding: ${encoding}\r\nContent-Disposition: attachment; filename="a.bin"`,
      bytes,
    ) +
    '--b--\r\n'
  const said = JSON.stringify(await read(raw))
  expect(said).toContain('words')
  expect(said).toContain('"name":"a.bin"')
})

test('a letter that calls itself multipart and names no boundary is its words', async () => {
  expect(JSON.stringify(await read(`${HEAD}Content-Type: multipart/mixed\r\n\r\nhello you`))).toContain('hello you')
})

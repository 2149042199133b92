/** Letters under fire: real ones, damaged in their heads, boundaries, encodings and bytes, read in the thread that reads them in Parley. */
import type { Carried, Event, Incoming } from '#connector-kit/connector.ts'
import { goldenContext } from '#connector-kit/conformance/golden-world.ts'
import { readGoldens } from '#connector-kit/conformance/read-goldens.ts'
import type { IncomingReader } from '#connector-kit/heavy.ts'
import { ApiChanged } from '#connector-kit/send-error.ts'
import connector from '#connectors/email-imap/email-imap.ts'
import { scanLetter } from '#connectors/email-imap/scan.ts'
import { rubbish, type Random } from './chance.ts'
import { damagedBytes, damagedJson } from './damage.ts'
import type { Findings } from './verdict.ts'

const FOLDER = 'email-imap'
const { account, incoming } = readGoldens(new URL('../../connectors/email-imap/testdata/', import.meta.url))
export const LETTERS = incoming.flatMap(({ event }) => {
  const raw = (event?.body as { raw?: unknown } | undefined)?.raw
  return typeof raw === 'string' ? [Buffer.from(raw, 'latin1')] : []
})
const context = goldenContext({ label: 'hostile' }, account, (settings) => connector.settings.parse(settings))

export async function fireLetter(
  reader: IncomingReader,
  found: Findings,
  number: number,
  random: Random,
  tell?: (input: unknown) => void,
): Promise<void> {
  const bytes = damagedLetter(random)
  const event = eventOf(bytes, random)
  tell?.({ letter: bytes.toString('latin1'), event })
  const told = await asked(() => reader.read(FOLDER, connector, event, context))
  found.count(told instanceof Error ? told.name : `letter: ${told[0]?.is ?? 'nothing'}`)
  if (told instanceof Error) return told instanceof ApiChanged ? undefined : found.blame(number, told.message)
  for (const remote of remotesIn(told).slice(0, 3)) {
    const bytesOf = await asked<Carried | null>(() => reader.carried(FOLDER, connector, event, remote, context))
    if (bytesOf instanceof Error && !(bytesOf instanceof ApiChanged)) found.blame(number, `carried: ${bytesOf.message}`)
  }
}

const asked = <T>(work: () => Promise<T>): Promise<T | Error> =>
  work().catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))))

function eventOf(bytes: Buffer, random: Random): Event {
  const same = { box: random.chance(0.9) ? 'inbox' : 'sent', uid: 7, validity: '1', at: '2026-11-25T10:00:01.000Z' }
  const whole = { ...same, bytes: bytes.length, raw: bytes.toString('latin1') }
  if (random.chance(0.2))
    return { key: 'k', lane: 'l', body: { ...same, bytes: bytes.length, ...shortened(bytes, random) } }
  // What another version of Parley, or a broken disk, has journaled.
  if (random.chance(0.03)) return { key: 'k', lane: 'l', body: bodyIn(damagedJson(whole, random)) }
  return { key: 'k', lane: 'l', body: whole }
}

/** As the line shortens a large letter, fed in pieces of any size. */
function shortened(bytes: Buffer, random: Random) {
  const cutWith = 'c0ffee'
  const scan = scanLetter({ cutWith })
  for (let at = 0; at < bytes.length && !scan.full;) {
    const size = random.between(1, 4_000)
    scan.push(bytes.subarray(at, at + size))
    at += size
  }
  const { raw, partial } = scan.end()
  return { raw: raw.toString('latin1'), cutWith, ...(partial ? { partial } : {}) }
}

function bodyIn(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString())
  } catch {
    return null
  }
}

function remotesIn(told: Incoming[]): string[] {
  const parts = told.flatMap((each) => ('content' in each ? each.content.parts : []))
  return parts.flatMap((part) => ('source' in part && 'remote' in part.source ? [part.source.remote] : []))
}

export function damagedLetter(random: Random): Buffer {
  const letter = random.pick(LETTERS)
  if (random.chance(0.4)) return damagedBytes(letter, random)
  const text = letter.toString('latin1')
  const damaged = Buffer.from(random.pick(BLOWS)(text, random), 'latin1')
  return random.chance(0.3) ? damagedBytes(damaged, random) : damaged
}

const head = (text: string, lines: string) => `${lines}\r\n${text}`
const other = (random: Random) => random.pick(LETTERS).toString('latin1')
const odd = (random: Random) =>
  rubbish(random, random.between(1, 60))
    .toString('latin1')
    .replaceAll(/[\r\n]/g, '?')

/** What strangers do to a letter, beyond its bytes. */
const BLOWS: readonly ((text: string, random: Random) => string)[] = [
  (text, random) => head(text, `${random.pick(NAMES)}: ${odd(random)}`),
  (text, random) => head(text, `${random.pick(NAMES)}: ${'x'.repeat(random.between(1_000, 100_000))}`),
  (text, random) => head(text, Array.from({ length: random.between(10, 2_000) }, (_, n) => `X-${n}: y`).join('\r\n')),
  (text, random) => head(text, `${random.pick(NAMES)}: ${'=?utf-8?B?4pi6?= '.repeat(random.between(1, 400))}`),
  (text, random) => head(text, `Subject: =?${random.pick(CHARSETS)}?${random.pick(['B', 'Q', 'X'])}?${odd(random)}?=`),
  (text, random) => head(text, `From: ${'"<(,:;\\'.repeat(random.between(1, 400))}`),
  (text, random) => head(text, `From: ${random.pick(ADDRESSES)}`),
  (text, random) => head(text, `References: ${'<a@b> '.repeat(random.between(1, 3_000))}`),
  (text, random) => head(text, `Date: ${random.pick(['', 'Thu, 99 Foo 99999 99:99:99 +9999', '0', odd(random)])}`),
  (text, random) => head(text, `Content-Type: text/plain; charset=${random.pick(CHARSETS)}`),
  (text, random) =>
    head(text, `Content-Transfer-Encoding: ${random.pick(['base64', 'quoted-printable', 'x-uue', odd(random)])}`),
  // Two boundaries, one inside the other's name, and a letter that ends before it begins.
  (text, random) => `${mixed('b')}--b\r\n${mixed('bb')}--bb\r\n${text}\r\n--b--\r\n--bb\r\n${other(random)}`,
  (text) => `${mixed('')}--\r\n${text}\r\n----\r\n`,
  (text, random) =>
    `Content-Type: multipart/mixed; boundary=a; boundary=b; boundary*0=c\r\n\r\n--a\r\n${text}\r\n--b\r\n${other(random)}`,
  (text, random) =>
    Array.from({ length: random.between(2, 60) }, (_, n) => `${mixed(`n${n}`)}--n${n}\r\n`).join('') + text,
  (text, random) => 'Content-Type: message/rfc822\r\n\r\n'.repeat(random.between(1, 80)) + text,
  (text, random) => `${text}\r\n${other(random)}`,
  (text) => text.replaceAll('\r\n', '\n'),
  (text) => text.replaceAll('\r\n', '\r'),
  (text) => text.replaceAll('\r\n\r\n', '\r\n'),
  (text, random) => `${text}${'>'.repeat(random.between(1, 3_000))} quoted\r\n`,
  (text, random) => `Content-Type: text/html\r\n\r\n${'<div><table><b>'.repeat(random.between(1, 3_000))}${text}`,
  (text, random) =>
    `Content-Type: text/html\r\n\r\n${random.pick(['&#x110000;', '&#xd800;', '<!--', '<a href="', '<p '])}${text}`,
  (text, random) =>
    `Content-Type: multipart/report; report-type=delivery-status; boundary=r\r\n\r\n--r\r\n\r\nfailed\r\n--r\r\nContent-Type: message/delivery-status\r\n\r\nFinal-Recipient: rfc822; ${odd(random)}\r\nStatus: ${odd(random)}\r\nAction: failed\r\n--r\r\n\r\n${text}--r--`,
]

const mixed = (boundary: string) => `Content-Type: multipart/mixed; boundary="${boundary}"\r\n\r\n`
const CHARSETS = [
  'utf-8',
  'utf-7',
  'utf-16',
  'utf-32',
  'iso-2022-jp',
  'gb18030',
  'hz',
  'x-user-defined',
  '',
  'x'.repeat(300),
  '__proto__',
]
const ADDRESSES = [
  '',
  '<>',
  '@',
  'a@',
  'a@b@c',
  '"a\\',
  'group: a@b.c, d@e.f;',
  '<a@b.c',
  'a@[127.0.0.1]',
  '\u00ff@\u00ff',
  'a@xn--',
  ','.repeat(500),
]
const NAMES = [
  'From',
  'To',
  'Cc',
  'Subject',
  'Message-ID',
  'In-Reply-To',
  'References',
  'Content-Type',
  'Content-Disposition',
  'Content-ID',
  'Authentication-Results',
  'Auto-Submitted',
  'Delivered-To',
  '__proto__',
]

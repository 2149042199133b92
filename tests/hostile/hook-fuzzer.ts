/** What fuzzers of `/hooks` share: where they fire, what may be answered, and what must then stand in the journal. */
import { rubbish, type Random } from './chance.ts'
import type { Findings } from './verdict.ts'
import type { HttpAnswer, HttpInput, Wire } from './wire.ts'

export interface HookTarget {
  readonly url: string
  /** `/hooks/:channelId` */
  readonly hook: string
  readonly wire: Wire
  readonly found: Findings
  /** Keys of events that Parley said thank you for: each must be in the journal. */
  readonly thanked: Set<string>
}

/** Makes, sends and judges the input of this number. */
export type Fuzzer = (number: number, random: Random, tell?: (input: unknown) => void) => Promise<void>

const REFUSALS = new Set([400, 401, 403, 404, 413, 415, 426, 429, 503])
/** What Node says of bytes that are no HTTP, before there is a request: 431 is a head that is too large. */
const BEFORE_HTTP = new Set([0, 408, 431])

/** Blames whatever is neither a refusal nor a success. @returns whether it was a success */
export function isTaken({ found }: HookTarget, number: number, { status, text }: HttpAnswer, bare = false): boolean {
  found.count(String(status))
  if (status >= 200 && status < 300) return true
  if (!REFUSALS.has(status) && !(bare && BEFORE_HTTP.has(status)))
    found.blame(number, `answered ${status}: ${text.slice(0, 200)}`)
  return false
}

/** A stranger of his own for every few inputs: one address alone would soon hear 429 and nothing else. */
export const addressOf = (number: number): string => `10.${(number >> 13) & 255}.${(number >> 5) & 255}.7`

/** A sound request as bytes, wounded as HTTP: lengths that lie, heads without end, lines that are none. */
export function bareBytes({ method, path, headers, body = Buffer.alloc(0) }: HttpInput, random: Random): Buffer {
  const head = Object.entries({ host: 'parley', 'content-length': String(body.length), ...headers })
  const whole = (lines: readonly string[], rest: Buffer = body) =>
    Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`, 'latin1'), rest])
  const lines = head.map(([name, value]) => `${name}: ${value}`)
  return random.pick<() => Buffer>([
    () => whole([...lines, `x-bomb: ${'x'.repeat(random.between(1_000, 40_000))}`]),
    () => whole([...lines, ...Array.from({ length: random.between(100, 3_000) }, (_, n) => `x-${n}: ${n}`)]),
    () => whole([...lines, 'transfer-encoding: chunked']),
    () =>
      whole(
        [...lines.filter((line) => !line.startsWith('content-length')), 'transfer-encoding: chunked'],
        chunks(body),
      ),
    () => whole([...lines, `content-length: ${body.length + 7}`]),
    () => whole(lines.map((line) => line.replace(/^content-length: .*/, `content-length: ${random.pick(LENGTHS)}`))),
    () => whole([...lines, `x\0y: z`, 'no colon at all', ': no name']),
    () => Buffer.concat([Buffer.from(`${method} ${path}`), rubbish(random, 40), whole(lines)]),
    () => rubbish(random, random.between(1, 300)),
    () =>
      Buffer.from(
        `${random.pick(['BREW', 'post', 'PRI', ''])} ${path} HTTP/${random.pick(['1.1', '2.0', '9'])}\r\n\r\n`,
      ),
  ])()
}

const LENGTHS = ['-1', '1e9', '99999999999999999999', '0x10', '', '5, 5', '3']
const chunks = (body: Buffer) => Buffer.concat([Buffer.from('fffffffff\r\n'), body])

export const ODD_PATHS = [
  '/%',
  '/%00',
  '/%2e%2e/%2e%2e/etc/passwd',
  '/../../api/channels',
  '/frame/../frame',
  `/${'a'.repeat(3_000)}`,
  '/files/00000000-0000-0000-0000-000000000000',
  '//',
  '/?a=1&a=2&__proto__=3',
  '/socket',
]

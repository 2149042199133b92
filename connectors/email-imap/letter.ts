/** The bytes of a letter → its words, files and headers. Runs in the worker thread: what arrives here was written by a stranger. */
import PostalMime from 'postal-mime'
import { z } from 'zod'
import { ApiChanged } from '#connector-kit/send-error.ts'
import { addressIn } from './addresses.ts'
import { cutIn, scanLetter, type Cut } from './scan.ts'

/** What the line journals of one letter; `raw` is bytes as latin1, of large letters without attachments. */
export const LetterEvent = z.object({
  box: z.enum(['inbox', 'sent']),
  uid: z.int(),
  validity: z.string(),
  /** When our server received it, ISO. */
  at: z.string(),
  raw: z.string(),
  /** Of a large letter: the word in the notes that stand for its attachments. */
  cutWith: z.string().optional(),
  /** Of the whole letter. */
  bytes: z.int(),
  /** Not even the shortened letter holds all its texts. */
  partial: z.boolean().optional(),
})
export type LetterEvent = z.infer<typeof LetterEvent>

export interface Headers {
  all(name: string): string[]
  /** The first: the topmost. */
  get(name: string): string | undefined
}

export interface Person {
  address: string
  name: string
}

export interface LetterFile {
  name: string | null
  type: string
  /** Shown inside the letter's html under this name. */
  cid?: string
  bytes: Uint8Array
  /** The bytes stand on the server still. */
  cut: Cut | null
}

export interface Letter {
  headers: Headers
  from: Person | null
  /** Where he asks answers to go. */
  replyTo: Person[]
  to: Person[]
  cc: Person[]
  subject: string
  /** Without brackets. */
  id: string | undefined
  text: string | undefined
  html: string | undefined
  files: LetterFile[]
  partial: boolean
}

export function letterEventIn(body: unknown): LetterEvent {
  const read = LetterEvent.safeParse(body)
  if (!read.success) throw new ApiChanged(`a letter as it is not journaled any more: ${read.error.message}`)
  return read.data
}

export async function readLetter(event: LetterEvent): Promise<Letter> {
  const scan = scanLetter()
  scan.push(Buffer.from(event.raw, 'latin1'))
  const { raw, partial } = scan.end()
  const mail = await PostalMime.parse(raw, {
    forceRfc822Attachments: true,
    maxNestingDepth: 64,
    maxHeadersSize: MOST_HEADERS,
  })
  const headers = headersOf(mail.headers)
  const [from] = peopleIn(mail.from ? [mail.from] : [])
  return {
    headers,
    from: from ?? null,
    replyTo: peopleIn(mail.replyTo ?? []),
    to: peopleIn(mail.to ?? []),
    cc: peopleIn(mail.cc ?? []),
    subject: oneLine(mail.subject ?? ''),
    id: /<([^<>\s]{1,998})>/.exec(mail.messageId ?? '')?.[1] ?? (mail.messageId?.trim().slice(0, 998) || undefined),
    text: mail.text === undefined ? undefined : wellFormed(mail.text),
    html: mail.html === undefined ? undefined : wellFormed(mail.html),
    files: mail.attachments.map((file): LetterFile => {
      const bytes = typeof file.content === 'string' ? Buffer.from(file.content) : new Uint8Array(file.content)
      const cid = file.contentId?.replace(/^<|>$/g, '')
      return {
        name: file.filename,
        type: file.mimeType,
        ...(cid ? { cid: cid.slice(0, 500) } : {}),
        bytes,
        cut: cutIn(bytes, event.cutWith),
      }
    }),
    partial: partial || event.partial === true,
  }
}

const MOST_HEADERS = 1024 * 1024
const MOST_PEOPLE = 100

type Address = { name: string; address?: string | undefined; group?: Address[] | undefined }

function peopleIn(addresses: readonly Address[]): Person[] {
  return addresses
    .flatMap((each) => each.group ?? [each])
    .slice(0, MOST_PEOPLE)
    .flatMap(({ address, name }) => {
      const good = addressIn(address)
      return good ? [{ address: good, name: oneLine(name).slice(0, 200) }] : []
    })
}

function headersOf(lines: readonly { key: string; value: string }[]): Headers {
  const all = (name: string) => lines.flatMap((line) => (line.key === name ? [line.value] : []))
  return { all, get: (name) => all(name)[0] }
}

/** Lone surrogates and NUL cannot be stored, and mean nothing. */
const wellFormed = (text: string): string => text.toWellFormed().replaceAll('\0', '')
const oneLine = (text: string): string =>
  wellFormed(text)
    .replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim()

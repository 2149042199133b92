/**
 * Letters that machines write about letters of ours: it did not arrive (RFC 3464), it was read (RFC 8098), somebody called it spam
 * (RFC 5965). Each names our letter; a report on a letter that we did not write is an ordinary letter.
 */
import type { Context, Incoming, SendErrorCode } from '#connector-kit/connector.ts'
import { verdictOf } from '#contract/message/send-errors.ts'
import { addressIn, addressOf } from './addresses.ts'
import type { Letter } from './letter.ts'
import { chatOfOurs, idsIn, WRITTEN_FOR } from './names.ts'
import type { Settings } from './settings.ts'

/** @returns null: not a report that we understand */
export function reportIn(letter: Letter, at: Date, c: Context<Settings>): Incoming[] | null {
  const kind = /^\s*multipart\/report\b[^]*report-type\s*=\s*"?([\w-]+)/i.exec(
    letter.headers.get('content-type') ?? '',
  )?.[1]
  switch (kind?.toLowerCase() ?? '') {
    case 'delivery-status':
      return undelivered(letter, at, c)
    case 'disposition-notification':
      return readReceipt(letter, at, c)
    case 'feedback-report':
      return complaint(letter, c)
    default:
      return null
  }
}

/**
 * ```
 * Reporting-MTA: dns; mail.example.org
 *
 * Final-Recipient: rfc822; ann@example.org
 * Original-Recipient: rfc822;ann@example.org
 * Action: failed
 * Status: 5.1.1
 * Diagnostic-Code: smtp; 550 5.1.1 <ann@example.org>: Recipient address rejected: User unknown
 * ```
 */
function undelivered(letter: Letter, at: Date, c: Context<Settings>): Incoming[] | null {
  const [, ...receivers] = fieldGroups(textOf(letter, /^message\/(global-)?delivery-status$/))
  const ours = nameOfOurs(letter)
  const told: Incoming[] = []
  let understood = false
  for (const receiver of receivers.slice(0, 100)) {
    const addresses = [receiver.get('original-recipient'), receiver.get('final-recipient')].flatMap(
      (field) => addressIn(field?.replace(/^[^;]*;/, '').replace(/^\s*<|>\s*$/g, '')) ?? [],
    )
    const target = targetAmong(ours, addresses, c)
    if (!target) continue
    understood = true
    const state = STATES[receiver.get('action')?.toLowerCase() ?? '']
    if (!state) continue
    const words = (receiver.get('diagnostic-code') ?? '').replace(/^[^;]*;\s*/, '') || receiver.get('status') || ''
    const failure = {
      error: errorOf(receiver.get('status') ?? '', words, addresses.includes(addressOf(target.chat))),
      ...(words ? { words: words.slice(0, 500) } : {}),
    }
    told.push({ is: 'status', target, state, at, ...(state === 'failed' ? failure : {}) })
  }
  return understood ? told : null
}

/** `delayed`: their server goes on trying. `relayed` and `expanded`: it went where nobody reports any more. */
const STATES: Record<string, 'failed' | 'delivered'> = { failed: 'failed', delivered: 'delivered' }

/** RFC 3463; the first row that fits. */
const FAILURES: readonly (readonly [status: RegExp, words: RegExp | null, code: SendErrorCode])[] = [
  [/^5\.1\.[0-36]$/, null, 'no_such_identity'],
  [/^5\.1\.10$/, null, 'no_such_identity'],
  [/^5\.2\.1$/, null, 'no_such_identity'],
  [/^5\.(3\.4|2\.3)$/, null, 'content_refused'],
  [
    /^5\./,
    /user unknown|no such (user|recipient|mailbox)|unknown (user|recipient)|does not exist|mailbox (not found|unavailable)/i,
    'no_such_identity',
  ],
  [/^5\./, /unsubscribed|opted out/i, 'opted_out'],
  // Their server gave up, often after days.
  [/^4\.4\./, null, 'expired'],
]

/** `isHis`: the letter went to the address of its chat. What another address refuses says nothing of him. */
function errorOf(status: string, words: string, isHis: boolean): SendErrorCode {
  const code =
    FAILURES.find(([form, said]) => form.test(status.trim()) && (said === null || said.test(words)))?.[2] ?? 'refused'
  return isHis || verdictOf(code).marks === undefined ? code : 'refused'
}

/** A machine may send one before anybody saw the letter: only what a person displayed counts. */
function readReceipt(letter: Letter, at: Date, c: Context<Settings>): Incoming[] | null {
  const [fields] = fieldGroups(textOf(letter, /^message\/disposition-notification$/))
  if (!fields || !/;\s*displayed\b/i.test(fields.get('disposition') ?? '')) return null
  const ours = { ...nameOfOurs(letter), ids: idsIn(fields.get('original-message-id')) }
  const addresses = [fields.get('original-recipient'), fields.get('final-recipient')].flatMap(
    (field) => addressIn(field?.replace(/^[^;]*;/, '')) ?? [],
  )
  const target = targetAmong(ours, [...addresses, ...(letter.from ? [letter.from.address] : [])], c)
  return target && [{ is: 'status', target, state: 'read', at }]
}

/** Who calls a letter of ours spam wants no more mailings. */
function complaint(letter: Letter, c: Context<Settings>): Incoming[] | null {
  const [fields] = fieldGroups(textOf(letter, /^message\/feedback-report$/))
  const address = addressIn(fields?.get('original-rcpt-to')?.replace(/^\s*<|>\s*$/g, ''))
  const target = address && targetAmong(nameOfOurs(letter), [address], c)
  return target ? [{ is: 'permission', by: { id: target.chat }, may: false, scope: 'marketing' }] : null
}

// ---------------------------------------------------------------- which letter of ours

interface NameOfOurs {
  ids: string[]
  writtenFor: string | null
}

function nameOfOurs(letter: Letter): NameOfOurs {
  const returned = textOf(letter, /^(message\/(rfc822|global)|text\/rfc822-headers|message\/rfc822-headers)$/)
  const named = /^message-id:\s*([^]{0,2000})/im.exec(returned)?.[1]
  const status = textOf(letter, /^message\/(global-)?delivery-status$/)
  const [, writtenFor] = FOR_LINE.exec(returned) ?? []
  return {
    ids: [
      ...idsIn(named, 1),
      ...idsIn(/^original-message-id:\s*([^\n]{0,2000})/im.exec(status)?.[1], 1),
      ...idsIn(letter.headers.get('in-reply-to')),
      ...idsIn(letter.headers.get('references')),
    ],
    writtenFor: addressIn(writtenFor),
  }
}

const FOR_LINE = new RegExp(`^${WRITTEN_FOR}:\\s*(\\S{1,320})`, 'im')

/** The signature in the id says in which chat we wrote it, so it also proves that the report is of that receiver. */
function targetAmong({ ids, writtenFor }: NameOfOurs, addresses: readonly string[], c: Context<Settings>) {
  for (const id of ids) {
    for (const address of addresses) {
      const chat = chatOfOurs(c.secret, { id, to: address, writtenFor })
      if (chat !== undefined) return { chat, id }
    }
  }
  return null
}

// ---------------------------------------------------------------- reading

const MOST_REPORT = 64 * 1024

const textOf = (letter: Letter, type: RegExp): string => {
  const file = letter.files.find((each) => type.test(each.type))
  return file ? Buffer.from(file.bytes.subarray(0, MOST_REPORT)).toString('utf8') : ''
}

/** Groups of `Name: value` lines with empty lines between. */
function fieldGroups(text: string): Map<string, string>[] {
  return text
    .replaceAll('\r\n', '\n')
    .replaceAll(/\n[ \t]+/g, ' ')
    .split(/\n{2,}/)
    .map(
      (group) =>
        new Map(
          group.split('\n').flatMap((line): [string, string][] => {
            const colon = line.indexOf(':')
            return colon > 0 ? [[line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()]] : []
          }),
        ),
    )
    .filter((group) => group.size > 0)
}

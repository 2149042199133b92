/**
 * One letter → what it tells.
 *
 * report on a letter of ours → its status
 * our own copy → an echo of what we know, or what somebody wrote in another mail program
 * else → who wrote it, and does anything vouch for that? → message: subject, new words, files, the letter as it was sent
 */
import { createHash } from 'node:crypto'
import type { Content, Context, Event, Incoming, Ref, Who } from '#connector-kit/connector.ts'
import type { Part } from '#contract/message/content.ts'
import { addressIn, addressOf, asUnverified, isOurs } from './addresses.ts'
import { isAutomatic } from './automatic.ts'
import { verdictOn } from './believe.ts'
import { wordsOfHtml } from './html-words.ts'
import { letterEventIn, readLetter, type Letter, type LetterEvent, type Person } from './letter.ts'
import { chatOfOurs, idsIn, isOurLetter, WRITTEN_FOR } from './names.ts'
import { newlyWritten } from './newly-written.ts'
import { HTML, remoteOf, WHOLE } from './remotes.ts'
import { reportIn } from './reports.ts'
import type { Cut } from './scan.ts'
import type { Settings } from './settings.ts'

export async function incoming(event: Event, c: Context<Settings>): Promise<Incoming[]> {
  const told = letterEventIn(event.body)
  const letter = await readLetter(told)
  const at = new Date(told.at)
  return reportIn(letter, at, c) ?? (told.box === 'sent' ? ownCopy(letter, told, c) : fromSomebody(letter, told, c))
}

function fromSomebody(letter: Letter, told: LetterEvent, c: Context<Settings>): Incoming[] {
  const { headers } = letter
  const from: Person = letter.from ?? { address: 'nobody', name: '' }
  const id = idOf(letter, told)
  const answered = [...idsIn(headers.get('in-reply-to')), ...idsIn(headers.get('references')).toReversed()]
  const verdict = verdictOn(headers.all('authentication-results'), from.address, c.settings)
  const proven =
    verdict === 'fail'
      ? undefined
      : [from.address, asUnverified(from.address)].find((chat) =>
          answered.some((each) => isOurLetter(c.secret, each, chat)),
        )
  if (isOurs(from.address, c.settings.address)) {
    // Our own letter came back to us: we were among its receivers.
    const chat = chatWrittenIn(letter, id, [...letter.to, ...letter.cc], c)
    if (chat !== undefined) return [copyOf(letter, told, { chat, id, isKnown: true }, c)]
  }
  // Whoever answers a letter of ours has it; else our server's word on the sender counts. Our own address is nobody we could answer.
  const vouched = verdict === 'pass' && !isOurs(from.address, c.settings.address)
  const chat = proven !== undefined || vouched ? from.address : asUnverified(from.address)
  const by = whoIs(from, chat)
  const content = { ...contentOf(letter, told, c, chat), ...answersTo(letter, from, c) }
  const answeredId = answered[0]
  const thread = idsIn(headers.get('references'))[0] ?? answeredId ?? id
  const token = tokenIn(letter, c)
  const joined: Incoming[] =
    proven !== undefined && proven !== from.address
      ? [{ is: 'same', one: by, other: whoIs(from, proven), how: 'platform' }]
      : []
  // What he answers was written to him as he was known then.
  const answeredIn = proven !== undefined && answeredId && isOurLetter(c.secret, answeredId, proven) ? proven : chat
  return [
    {
      is: 'message',
      ref: { chat, id },
      by,
      at: new Date(told.at),
      content,
      ...(answeredId ? { replyTo: { chat: answeredIn, id: answeredId } } : {}),
      thread,
      ...(token ? { token } : {}),
      ...(isAutomatic(headers, from.address) ? { automatic: true as const } : {}),
    },
    ...joined,
  ]
}

/**
 * RFC 5322 §3.6.2. Of several the first: an answer goes to one, and the member sees to whom; so not to one that holds letters nobody sees,
 * which may turn it round. Our own address would be a circle.
 */
function answersTo({ replyTo }: Letter, from: Person, c: Context<Settings>): Pick<Content, 'answersTo'> {
  const to = replyTo.find(({ address }) => !isOurs(address, c.settings.address) && !/\p{Cf}/u.test(address))?.address
  return to === undefined || to === from.address ? {} : { answersTo: { of: from.address, to } }
}

/** From the folder of sent letters: ours by this program, or typed by a person in another. */
function ownCopy(letter: Letter, told: LetterEvent, c: Context<Settings>): Incoming[] {
  const others = letter.to.filter(({ address }) => !isOurs(address, c.settings.address))
  const id = idOf(letter, told)
  const known = chatWrittenIn(letter, id, others, c)
  const chat = known ?? others[0]?.address
  return chat === undefined ? [] : [copyOf(letter, told, { chat, id, isKnown: known !== undefined }, c)]
}

function chatWrittenIn(letter: Letter, id: string, to: readonly Person[], c: Context<Settings>): string | undefined {
  const writtenFor = addressIn(letter.headers.get(WRITTEN_FOR))
  return to
    .map(({ address }) => chatOfOurs(c.secret, { id, to: address, writtenFor }))
    .find((chat) => chat !== undefined)
}

/** `isKnown`: its name says that this program wrote it. */
function copyOf(
  letter: Letter,
  told: LetterEvent,
  { isKnown, ...ref }: Ref & { isKnown: boolean },
  c: Context<Settings>,
): Incoming {
  const answered = idsIn(letter.headers.get('in-reply-to'))[0]
  const key = isKnown ? letter.headers.get('x-parley-key')?.trim() : undefined
  return {
    is: 'message',
    ref,
    by: { id: c.settings.address, self: true },
    at: new Date(told.at),
    content: contentOf(letter, told, c, ref.chat),
    ...(answered ? { replyTo: { chat: ref.chat, id: answered } } : {}),
    thread: idsIn(letter.headers.get('references'))[0] ?? answered ?? ref.id,
    ...(key ? { echoOf: key } : {}),
    ...(isAutomatic(letter.headers, c.settings.address) ? { automatic: true as const } : {}),
  }
}

function whoIs({ address, name }: Person, id: string): Who {
  const known = id === addressOf(id)
  return {
    id,
    name: name || address,
    handle: address,
    // An address that nothing vouches for is no evidence of who this is.
    ...(known ? { email: address } : { unverified: true as const }),
  }
}

/** Without an id of its own a letter is known by what it says. */
const idOf = (letter: Letter, told: LetterEvent): string =>
  letter.id ?? `hash-${createHash('sha256').update(told.raw, 'latin1').digest('hex').slice(0, 40)}`

// ---------------------------------------------------------------- content

function contentOf(letter: Letter, told: LetterEvent, c: Context<Settings>, chat: string): Content {
  const whole = letter.text ?? (letter.html === undefined ? '' : wordsOfHtml(letter.html))
  const text = newlyWritten(whole)
  const copies = [...letter.to, ...letter.cc]
    .map(({ address }) => address)
    .filter((address) => !isOurs(address, c.settings.address) && address !== addressOf(chat))
  const source = (what: string, cut?: Cut | null) => ({ remote: remoteOf(told, letter.id, what, cut) })
  const parts: Part[] = []
  if (text !== '') parts.push({ kind: 'text', text, entities: [] })
  for (const [index, file] of letter.files.entries())
    parts.push({
      kind: kindOf(file.type),
      source: source(String(index), file.cut),
      type: file.type,
      ...(file.name ? { name: file.name.slice(0, 500) } : {}),
      // Encoded bytes are a third more than what they hold.
      bytes: file.cut ? Math.floor((file.cut.length * 3) / 4) : file.bytes.length,
      // Only of what the letter shows in its place: whatever has a name and no place stands below it like any file.
      ...(file.cid && letter.html !== undefined && isShownIn(letter.html, file.cid) ? { cid: file.cid } : {}),
      ...(kindOf(file.type) === 'video' ? { look: 'plain' } : {}),
    } as Part)
  const isFolded = lettersOf(text) < lettersOf(whole)
  if (letter.html !== undefined || isFolded)
    parts.push({ kind: 'html', source: source(HTML), ...(isFolded ? { folded: true as const } : {}) })
  if (letter.partial)
    parts.push({ kind: 'file', source: source(WHOLE), type: 'message/rfc822', name: 'letter.eml', bytes: told.bytes })
  // Somebody wrote, though he said nothing.
  if (parts.length === 0) parts.push({ kind: 'text', text: '', entities: [] })
  return {
    ...(letter.subject ? { subject: letter.subject.slice(0, 2_000) } : {}),
    ...(copies.length > 0 ? { cc: [...new Set(copies)] } : {}),
    parts,
  }
}

const isShownIn = (html: string, cid: string): boolean =>
  html.includes(`cid:${cid}`) ||
  html.includes(`cid:${encodeURIComponent(cid)}`) ||
  html.includes(`cid:${encodeURI(cid)}`)

/** Blank space apart: whether anything that can be read was left out. */
const lettersOf = (text: string): number => text.replaceAll(/\s+/g, '').length

function kindOf(type: string): 'image' | 'video' | 'audio' | 'file' {
  const family = type.split('/')[0]
  // Drawings that may hold scripts are files.
  if (family === 'image') return type === 'image/svg+xml' ? 'file' : 'image'
  return family === 'video' || family === 'audio' ? family : 'file'
}

/** A proof token, as the link `mailto:` of the door puts it: `[Parley TOKEN]` in the subject. */
function tokenIn(letter: Letter, c: Context<Settings>): string | undefined {
  const [local, domain] = c.settings.address.split('@') as [string, string]
  const subject = /\[Parley ([A-Za-z0-9_-]{8,64})\]/.exec(letter.subject)?.[1]
  if (subject) return subject
  const addressed = [...letter.headers.all('to'), ...letter.headers.all('delivered-to')].join(' ').slice(0, 10_000)
  const at = addressed.indexOf(`${local}+`)
  const [, token, host] =
    at < 0 ? [] : (/^\+([A-Za-z0-9_-]{22})@([\w.-]+)/.exec(addressed.slice(at + local.length)) ?? [])
  return host?.toLowerCase() === domain ? token : undefined
}

/**
 * Letters of one folder that came since the cursor → events, in pieces, so that a letter of any size costs the memory of one piece.
 *
 * The cursor is UIDVALIDITY and the next UID. When the server numbers a folder anew (another UIDVALIDITY), letters since the newest one
 * known are read again: their key, made of what the letter itself says, drops those that are known.
 */
import { randomBytes } from 'node:crypto'
import type { ImapFlow } from 'imapflow'
import { z } from 'zod'
import type { Event, Line } from '#connector-kit/connector.ts'
import { roughAddress } from './addresses.ts'
import type { LetterEvent } from './letter.ts'
import { scanLetter } from './scan.ts'
import type { Settings } from './settings.ts'

const FolderCursor = z.object({
  uidvalidity: z.string(),
  uidnext: z.int(),
  /** When the channel began to read this folder: older letters stay where they are. */
  since: z.string(),
  /** When the newest letter known was received. */
  newest: z.string(),
})
export type FolderCursor = z.infer<typeof FolderCursor>

/** Where reading stopped, per folder. */
export const Cursor = z.object({ inbox: FolderCursor.optional(), sent: FolderCursor.optional() })
export type Cursor = z.infer<typeof Cursor>
export type Box = keyof Cursor

/** A larger letter is journaled as headers and texts; its attachments stay on the server until they are fetched. */
const WHOLE_BYTES = 1024 * 1024
export const PIECE_BYTES = 256 * 1024
/** Beyond this nothing of a letter is looked at. */
const MOST_BYTES = 128 * 1024 * 1024
const BATCH = 20
const BATCH_BYTES = 2 * 1024 * 1024
/** Servers search by whole days, in their own zone. */
const CLOCKS_MS = 60_000
const OVERLAP_MS = 2 * 86_400_000
/** More waiting than this is worth saying. */
const WORTH_SAYING = 20

/** Reads what is new and moves the cursor after each commit. @returns the new cursor */
export async function catchUp(
  client: ImapFlow,
  line: Line<Settings>,
  at: { box: Box; path: string; cursor: Cursor },
): Promise<Cursor> {
  const { box, path } = at
  let { cursor } = at
  const mailbox = await client.mailboxOpen(path, { readOnly: true })
  const uidvalidity = String(mailbox.uidValidity)
  const known = cursor[box]
  if (!known) {
    // Servers note whole seconds, by a clock of their own.
    const now = new Date(Date.now() - CLOCKS_MS).toISOString()
    cursor = { ...cursor, [box]: { uidvalidity, uidnext: mailbox.uidNext, since: now, newest: now } }
    await line.receive([], cursor)
    return cursor
  }
  const renumbered = uidvalidity !== known.uidvalidity
  const uids = await newUids(client, known, uidvalidity)
  let folder: FolderCursor = { ...known, uidvalidity }
  for (let done = 0; done < uids.length;) {
    if (uids.length - done > WORTH_SAYING) line.state('catching_up', uids.length - done)
    const events: Event[] = []
    let bytes = 0
    while (done < uids.length && events.length < BATCH && bytes < BATCH_BYTES) {
      const uid = uids[done++]!
      const letter = await readLetter(client, { box, uid, validity: uidvalidity })
      folder = { ...folder, uidnext: Math.max(uid + 1, renumbered ? 0 : folder.uidnext) }
      // Only a folder numbered anew shows letters from before our time.
      if (!letter || (renumbered && letter.at < known.since)) continue
      if (letter.at > folder.newest) folder = { ...folder, newest: letter.at }
      events.push(eventOf(letter))
      bytes += letter.raw.length
    }
    cursor = { ...cursor, [box]: folder }
    await line.receive(events, cursor)
  }
  if (uids.length === 0 && renumbered) {
    cursor = { ...cursor, [box]: { ...folder, uidnext: mailbox.uidNext } }
    await line.receive([], cursor)
  }
  return cursor
}

async function newUids(client: ImapFlow, known: FolderCursor, uidvalidity: string): Promise<number[]> {
  const same = known.uidvalidity === uidvalidity
  // The asterisk is the newest letter, even one below the range (RFC 3501 §6.4.8).
  const found = await client.search(
    same ? { uid: `${known.uidnext}:*` } : { since: new Date(Date.parse(known.newest) - OVERLAP_MS) },
    { uid: true },
  )
  return (found || []).filter((uid) => !same || uid >= known.uidnext).toSorted((a, b) => a - b)
}

/** null: it was moved or deleted meanwhile. */
async function readLetter(
  client: ImapFlow,
  { box, uid, validity }: { box: Box; uid: number; validity: string },
): Promise<LetterEvent | null> {
  const pieces: Buffer[] = []
  let bytes = 0
  let at = ''
  const cutWith = randomBytes(12).toString('hex')
  const scan = scanLetter({ cutWith })
  for (;;) {
    const piece = await client.fetchOne(
      String(uid),
      { uid: true, internalDate: true, source: { start: bytes, maxLength: PIECE_BYTES } },
      { uid: true },
    )
    if (!piece || !piece.source) {
      if (bytes === 0) return null
      break
    }
    at ||= new Date(piece.internalDate ?? Date.now()).toISOString()
    bytes += piece.source.length
    if (bytes <= WHOLE_BYTES) pieces.push(piece.source)
    scan.push(piece.source)
    if (piece.source.length < PIECE_BYTES || bytes > MOST_BYTES || (bytes > WHOLE_BYTES && scan.full)) break
  }
  const same = { box, uid, validity, at, bytes }
  if (bytes <= WHOLE_BYTES) return { ...same, raw: Buffer.concat(pieces).toString('latin1') }
  const { raw, partial } = scan.end()
  return { ...same, raw: raw.toString('latin1'), cutWith, ...(partial ? { partial } : {}) }
}

/**
 * What the letter says of itself makes the key, not its number: the same letter comes again when the server numbers anew, or when two
 * ways led it here. The sender and the date belong to it, so that nobody can hide another's letter by taking its id first.
 */
function eventOf(letter: LetterEvent): Event {
  const { box, raw } = letter
  const id = headerIn(raw, 'message-id')
  const from = roughAddress(headerIn(raw, 'from'))
  const own = id === '' ? raw : `${id}\n${from}\n${headerIn(raw, 'date')}`
  return { key: `${box}\n${own}`, lane: box === 'sent' ? roughAddress(headerIn(raw, 'to')) : from, body: letter }
}

const MOST_HEAD = 64 * 1024

function headerIn(raw: string, name: string): string {
  const head = raw.slice(0, MOST_HEAD)
  const end = head.search(/\r?\n\r?\n/)
  const lines = (end < 0 ? head : head.slice(0, end)).replaceAll(/\r?\n[ \t]+/g, ' ').split(/\r?\n/)
  const found = lines.find((line) => line.slice(0, name.length + 1).toLowerCase() === `${name}:`)
  return found?.slice(name.length + 1).trim() ?? ''
}

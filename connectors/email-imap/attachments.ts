/** Bytes of a letter that stand on the server still: fetched in pieces, decoded as they come. */
import { Readable } from 'node:stream'
import type { ImapFlow } from 'imapflow'
import { SendError } from '#connector-kit/send-error.ts'
import { PIECE_BYTES } from './mailbox.ts'
import type { Remote } from './remotes.ts'

/** Runs one act in the folder, alone on the connection. */
export type InFolder = <T>(box: Remote['box'], act: (client: ImapFlow) => Promise<T>) => Promise<T>

/** @throws SendError `gone` when the letter is not on the server any more */
export async function fetchBytes(remote: Remote, inFolder: InFolder): Promise<Readable> {
  const uid = await inFolder(remote.box, (client) => findLetter(client, remote))
  if (uid === null) throw new SendError('gone', { words: 'the letter is not on the server any more' })
  const { start, length } = remote.cut ?? { start: 0, length: Number.MAX_SAFE_INTEGER }
  async function* pieces(): AsyncGenerator<Buffer> {
    for (let done = 0; done < length;) {
      const wanted = Math.min(PIECE_BYTES, length - done)
      const piece = await inFolder(remote.box, (client) =>
        client.fetchOne(String(uid), { uid: true, source: { start: start + done, maxLength: wanted } }, { uid: true }),
      )
      const bytes = piece ? piece.source : undefined
      if (!bytes) {
        if (remote.cut) throw new SendError('gone', { words: 'the letter left the server while it was read' })
        return
      }
      yield bytes
      done += bytes.length
      if (bytes.length < wanted) return
    }
  }
  return Readable.from(decoded(pieces(), remote.cut?.encoding ?? ''), { objectMode: false })
}

/** By its number, or by its id where the server has numbered its folder anew. */
async function findLetter(client: ImapFlow, { uid, validity, id }: Remote): Promise<number | null> {
  if (client.mailbox && String(client.mailbox.uidValidity) === validity) return uid
  const found = id ? await client.search({ header: { 'message-id': id } }, { uid: true }) : []
  return (found || []).at(-1) ?? null
}

async function* decoded(pieces: AsyncIterable<Buffer>, encoding: string): AsyncGenerator<Uint8Array> {
  switch (encoding) {
    case 'base64':
      return yield* fromBase64(pieces)
    case 'quoted-printable':
      return yield* fromQuotedPrintable(pieces)
    default:
      yield* pieces
  }
}

/** Four characters make three bytes; what is left over waits for the next piece. */
async function* fromBase64(pieces: AsyncIterable<Buffer>): AsyncGenerator<Uint8Array> {
  let rest = ''
  for await (const piece of pieces) {
    const characters = rest + piece.toString('latin1').replaceAll(/[^A-Za-z0-9+/]/g, '')
    const whole = characters.length - (characters.length % 4)
    rest = characters.slice(whole)
    if (whole > 0) yield Buffer.from(characters.slice(0, whole), 'base64')
  }
  if (rest.length > 1) yield Buffer.from(rest, 'base64')
}

/** RFC 2045 §6.7; an escape may be torn between two pieces, a trailing blank may belong to a line's end. */
async function* fromQuotedPrintable(pieces: AsyncIterable<Buffer>): AsyncGenerator<Uint8Array> {
  let rest = ''
  const plain = (text: string) =>
    Buffer.from(
      text
        .replaceAll(/[ \t]+(?=\r?\n)/g, '')
        .replaceAll(/=\r?\n/g, '')
        .replaceAll(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
      'latin1',
    )
  for await (const piece of pieces) {
    const text = rest + piece.toString('latin1')
    const line = text.lastIndexOf('\n') + 1
    rest = text.slice(line)
    if (rest.length > PIECE_BYTES) {
      // A line without an end: cut it before a possible escape.
      const end = rest.length - 3
      yield plain(text.slice(0, line) + rest.slice(0, end))
      rest = rest.slice(end)
    } else if (line > 0) yield plain(text.slice(0, line))
  }
  if (rest !== '') yield plain(rest)
}

/** A letter as a frame describes it → its bytes. Files are opened when their turn comes, and stream. */
import { Readable } from 'node:stream'
import MailComposer from 'nodemailer/lib/mail-composer'
import type { Line } from '#connector-kit/connector.ts'
import type { OutgoingLetter } from './frames.ts'
import { WRITTEN_FOR } from './names.ts'
import type { Settings } from './settings.ts'

/** @param onFileError  a file could not be read: the letter must not end as if it were whole */
export function compose(
  letter: OutgoingLetter,
  key: string,
  line: Pick<Line<Settings>, 'file'>,
  onFileError: (error: unknown) => void,
): Readable {
  const bracketed = (id: string) => `<${id}>`
  async function* bytesOf(source: OutgoingLetter['files'][number]['source']) {
    try {
      yield* (await line.file(source)).stream
    } catch (error) {
      onFileError(error)
      throw error
    }
  }
  const inLetter = letter.files.filter(({ cid }) => cid !== undefined)
  const composer = new MailComposer({
    messageId: bracketed(letter.id),
    date: new Date(letter.date),
    from: letter.from,
    to: letter.to,
    cc: letter.cc,
    subject: letter.subject,
    ...(letter.inReplyTo ? { inReplyTo: bracketed(letter.inReplyTo) } : {}),
    ...(letter.references.length > 0 ? { references: letter.references.map(bracketed) } : {}),
    headers: {
      // Finds the copy that the provider puts among the sent letters.
      'X-Parley-Key': key,
      ...(letter.writtenFor === undefined ? {} : { [WRITTEN_FOR]: letter.writtenFor }),
      // RFC 3834 §5; the second is Exchange's word for the same.
      ...(letter.automatic
        ? { 'Auto-Submitted': 'auto-replied', 'X-Auto-Response-Suppress': 'All', Precedence: 'auto_reply' }
        : {}),
    },
    text: letter.text,
    html: letter.html + inLetter.map(({ cid }) => `<br>\n<img src="cid:${cid}">`).join(''),
    attachments: letter.files.map(({ source, type, name, cid }) => ({
      filename: name ?? false,
      contentType: type,
      content: Readable.from(bytesOf(source)),
      ...(cid ? { cid } : {}),
    })),
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return composer.compile().createReadStream()
}

/** Somebody's mail program: writes to the emulated mailbox and shows what comes from it. */
import { randomUUID } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import MailComposer from 'nodemailer/lib/mail-composer'
import PostalMime from 'postal-mime'
import type { Phone, SeenMessage } from '#connector-kit/emulator/emulator.ts'
import type { Content, Ref } from '#connector-kit/connector.ts'
import { isMedia, type Part } from '#contract/message/content.ts'
import { addressOf } from './address-of.ts'
import { withProviderHeaders, type Passing } from './provider-headers.ts'
import { rendered } from './rendered.ts'

export interface MailPhone extends Phone {
  /** Lower case, of `people.test`. */
  readonly address: string
  /** A letter with headers of one's own choice. @returns its Message-ID, without brackets */
  write(letter: LetterOptions): Promise<string>
  /** A letter of ours came to this address. */
  receive(raw: Buffer): Promise<void>
  readonly blocks: boolean
}

export interface LetterOptions {
  subject?: string
  text?: string
  html?: string
  headers?: Record<string, string>
  inReplyTo?: string
  references?: string[]
  cc?: string[]
  files?: { name?: string; type: string; bytes: Buffer; cid?: string }[]
  /** What the receiving server says of the sender. */
  passing?: Partial<Passing>
  id?: string
}

export interface PhoneDeps {
  name: string
  to: string
  now(): number
  deliver(raw: Buffer): void
  /** Whether somebody else writes the next letter too, in this name. */
  isForged(): boolean
}

export function mailPhone({ name, to, now, deliver, isForged }: PhoneDeps): MailPhone {
  const address = addressOf(name)
  const screen: SeenMessage[] = []
  let blocks = false
  let lastSubject = ''

  async function write(letter: LetterOptions): Promise<string> {
    const id = letter.id ?? `${randomUUID()}@people.test`
    const composer = new MailComposer({
      messageId: `<${id}>`,
      date: new Date(now()),
      from: { name, address },
      to,
      ...(letter.cc ? { cc: letter.cc } : {}),
      subject: letter.subject ?? '',
      ...(letter.inReplyTo ? { inReplyTo: `<${letter.inReplyTo}>` } : {}),
      ...(letter.references ? { references: letter.references.map((each) => `<${each}>`) } : {}),
      ...(letter.headers ? { headers: letter.headers } : {}),
      ...(letter.text === undefined ? {} : { text: letter.text }),
      ...(letter.html === undefined ? {} : { html: letter.html }),
      attachments: (letter.files ?? []).map((file) => ({
        content: file.bytes,
        contentType: file.type,
        filename: file.name ?? false,
        ...(file.cid ? { cid: file.cid } : {}),
      })),
    })
    const raw = await buffer(composer.compile().createReadStream())
    const arrive = (bytes: Buffer, passing: Passing) => deliver(withProviderHeaders(bytes, passing, new Date(now())))
    if (isForged())
      arrive(Buffer.from(raw.toString('latin1').replace(id, `${randomUUID()}@people.test`), 'latin1'), {
        from: address,
        checks: 'fail',
      })
    arrive(raw, { from: address, checks: 'pass', ...letter.passing })
    return id
  }

  const cannot = (what: string) => async () => {
    throw new Error(`mail has no ${what}`)
  }

  async function say(content: Content, replyTo?: Ref): Promise<Ref> {
    const text = content.parts.flatMap((part) =>
      part.kind === 'text' ? [part.text] : isMedia(part) && part.caption ? [part.caption.text] : [],
    )
    const subject = content.subject ?? (replyTo ? `Re: ${lastSubject.replace(/^Re: /, '')}` : undefined)
    const id = await write({
      ...(subject === undefined ? {} : { subject }),
      text: text.join('\n\n'),
      ...(replyTo ? { inReplyTo: replyTo.id, references: [replyTo.id] } : {}),
      files: content.parts.filter(isMedia).map(({ source, type, name: fileName }) => ({
        type,
        ...(fileName ? { name: fileName } : {}),
        bytes: dataOf('remote' in source ? source.remote : ''),
      })),
    })
    const ref = { chat: address, id }
    screen.push({ ref, from: 'them', content, ...(replyTo ? { replyTo } : {}), reactions: [], at: now() })
    return ref
  }

  return {
    name,
    id: address,
    address,
    get blocks() {
      return blocks
    },
    write,
    receive: async (raw) => {
      const mail = await PostalMime.parse(raw)
      // As mail programs do: the page where there is one, else the plain text.
      const { text, entities } = mail.html
        ? rendered(mail.html)
        : { text: mail.text?.replaceAll('\r\n', '\n').trimEnd() ?? '', entities: [] }
      lastSubject = mail.subject ?? ''
      const answered = /<([^>]+)>/.exec(mail.inReplyTo ?? '')?.[1]
      const files = mail.attachments.map(
        (file) =>
          ({
            kind: kindOf(file.mimeType),
            source: {
              remote: `data:${file.mimeType};base64,${Buffer.from(file.content as ArrayBuffer).toString('base64')}`,
            },
            type: file.mimeType,
            ...(file.filename ? { name: file.filename } : {}),
          }) as Part,
      )
      screen.push({
        ref: { chat: address, id: mail.messageId?.slice(1, -1) ?? '' },
        from: 'us',
        content: {
          ...(mail.subject ? { subject: mail.subject } : {}),
          parts: [...(text ? [{ kind: 'text' as const, text, entities }] : []), ...files],
        },
        ...(answered ? { replyTo: { chat: address, id: answered } } : {}),
        reactions: [],
        at: now(),
      })
    },
    start: async (token) => void (await write({ subject: token ? `[Parley ${token}]` : 'Hello', text: 'Hello' })),
    say,
    edit: cannot('edits'),
    remove: cannot('deletions'),
    react: cannot('reactions'),
    press: async (label) => {
      await say(
        { parts: [{ kind: 'text', text: label, entities: [] }] },
        screen.findLast(({ from }) => from === 'us')?.ref,
      )
    },
    read: cannot('read marks'),
    typing: cannot('typing'),
    block: async (on) => {
      blocks = on
    },
    sees: () => [...screen],
  }
}

function kindOf(type: string): 'image' | 'video' | 'audio' | 'file' {
  const [family] = type.split('/')
  return family === 'image' || family === 'video' || family === 'audio' ? family : 'file'
}

function dataOf(url: string): Buffer {
  const [, base64] = /^data:[^,]*;base64,(.*)$/s.exec(url) ?? []
  if (base64 === undefined) throw new Error('files of an emulated letter are data: addresses')
  return Buffer.from(base64, 'base64')
}

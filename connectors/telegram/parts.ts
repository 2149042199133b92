/**
 * What a message holds, as parts. One row per kind, the first that fits wins: some kinds come with a twin for older bots (an animation
 * with a document, a venue with a location, a live photo with a photo).
 */
import type { Part, Rich } from '#contract/message/content.ts'
import { richOf } from './entities.ts'
import type { Message } from './payloads.ts'
import { chatName } from './who.ts'

/** What a file must be called when Telegram does not say. */
const OFTEN = { photo: 'image/jpeg', video: 'video/mp4', voice: 'audio/ogg', audio: 'audio/mpeg' } as const
const ANY = 'application/octet-stream'

/** @returns [] when none of the known kinds is there */
export function partsOf(message: Message): Part[] {
  for (const read of READERS) {
    const parts = read(message)
    if (parts) return parts
  }
  return []
}

type Reader = (message: Message) => Part[] | undefined

const READERS: readonly Reader[] = [
  ({ text, entities }) => (text ? [{ kind: 'text', ...richOf(text, entities) }] : undefined),

  (message) => {
    const { animation: file } = message
    return (
      file && [{ kind: 'video', look: 'loop', ...fileOf(file, OFTEN.video), ...pictureOf(file), ...captionOf(message) }]
    )
  },

  /** The still picture with the words, then what moves. */
  (message) => {
    const { live_photo: file } = message
    return (
      file && [...photoOf(message), { kind: 'video', look: 'loop', ...fileOf(file, OFTEN.video), ...pictureOf(file) }]
    )
  },

  (message) => (message.photo?.length ? photoOf(message) : undefined),

  (message) => {
    const { video: file } = message
    return (
      file && [
        { kind: 'video', look: 'plain', ...fileOf(file, OFTEN.video), ...pictureOf(file), ...captionOf(message) },
      ]
    )
  },

  ({ video_note: file }) =>
    file && [
      {
        kind: 'video',
        look: 'round',
        ...fileOf(file, OFTEN.video),
        seconds: file.duration,
        width: file.length,
        height: file.length,
      },
    ],

  (message) => {
    const { voice: file } = message
    return file && [{ kind: 'voice', ...fileOf(file, OFTEN.voice), seconds: file.duration, ...captionOf(message) }]
  },

  (message) => {
    const { audio: file } = message
    if (!file) return undefined
    const title = [file.performer, file.title].filter(Boolean).join(' – ')
    const name = file.file_name ?? (title || undefined)
    return [
      {
        kind: 'audio',
        ...fileOf({ ...file, file_name: name }, OFTEN.audio),
        seconds: file.duration,
        ...captionOf(message),
      },
    ]
  },

  (message) => {
    const { document: file } = message
    return file && [{ kind: 'file', ...fileOf(file, ANY), ...captionOf(message) }]
  },

  ({ sticker: file }) =>
    file && [
      {
        kind: 'sticker',
        ...fileOf(file, file.is_animated ? 'application/x-tgsticker' : file.is_video ? 'video/webm' : 'image/webp'),
        width: file.width,
        height: file.height,
        ...(file.emoji ? { emoji: file.emoji } : {}),
      },
    ],

  ({ venue }) =>
    venue && [
      {
        kind: 'location',
        lat: venue.location.latitude,
        lon: venue.location.longitude,
        title: venue.title,
        address: venue.address,
      },
    ],

  ({ location, date }) =>
    location && [
      {
        kind: 'location',
        lat: location.latitude,
        lon: location.longitude,
        ...liveUntil(date, location.live_period),
      },
    ],

  ({ contact }) =>
    contact && [
      {
        kind: 'contact',
        name: [contact.first_name, contact.last_name].filter(Boolean).join(' '),
        phones: [...new Set([contact.phone_number, ...fromCard(contact.vcard, 'TEL')])],
        emails: fromCard(contact.vcard, 'EMAIL'),
      },
    ],

  ({ poll }) =>
    poll && [
      {
        kind: 'poll',
        question: poll.question,
        options: poll.options.map((option) => option.text),
        many: poll.allows_multiple_answers ?? false,
      },
    ],

  ({ dice }) => dice && [{ kind: 'text', text: `${dice.emoji} ${dice.value}`, entities: [] }],
]

/** Sizes grow: the last is the original. */
function photoOf(message: Message): Part[] {
  const largest = message.photo?.at(-1)
  return largest
    ? [
        {
          kind: 'image',
          ...fileOf(largest, OFTEN.photo),
          width: largest.width,
          height: largest.height,
          ...captionOf(message),
        },
      ]
    : []
}

interface TheirFile {
  file_id: string
  mime_type?: string | undefined
  file_size?: number | undefined
  file_name?: string | undefined
}

/** `getFile` needs no more than the id; name and type may be lost there, so they are taken from the message. */
const fileOf = (file: TheirFile, usually: string) => ({
  source: { remote: file.file_id },
  type: file.mime_type ?? usually,
  ...(file.file_name ? { name: file.file_name } : {}),
  ...(file.file_size === undefined ? {} : { bytes: file.file_size }),
})

const pictureOf = (file: { width: number; height: number; duration: number }) => ({
  seconds: file.duration,
  width: file.width,
  height: file.height,
})

const captionOf = ({ caption, caption_entities: entities }: Message): { caption?: Rich } =>
  caption ? { caption: richOf(caption, entities) } : {}

/** The values of one property of a vCard. `TEL;TYPE=cell:+7 999 000-00-00` */
const fromCard = (card: string | undefined, property: 'TEL' | 'EMAIL'): string[] =>
  (card ?? '')
    .split(/\r?\n/)
    .map((line) => new RegExp(`^(?:item\\d+\\.)?${property}(?:;[^:]*)?:(.+)$`, 'is').exec(line)?.[1]?.trim())
    .filter((value) => value !== undefined && value !== '')
    .map((value) => value!.replace(/^(?:tel|mailto):/i, ''))

/**
 * What stands around the message itself: the words of a message in another chat that is answered, a story that is answered.
 * `replyTo` cannot hold these, for Parley never saw them.
 */
export function quotedOf(message: Message): Part[] {
  const { external_reply: reply, reply_to_story: story, quote } = message
  const parts: Part[] = []
  if (reply && quote) {
    const marks = [{ kind: 'quote' as const, offset: 0, length: quote.text.length }]
    if (quote.text)
      parts.push({
        kind: 'text',
        text: quote.text,
        entities: [...marks, ...richOf(quote.text, quote.entities).entities],
      })
  }
  const chat = reply && (reply.chat ?? reply.origin.chat)
  const answered = reply?.message_id ?? reply?.origin.message_id
  if (chat?.username && answered !== undefined)
    parts.push({
      kind: 'link',
      url: `https://t.me/${chat.username}/${answered}`,
      title: chatName(chat) || chat.username,
    })
  if (story) parts.push(storyOf(story))
  return parts
}

/** Bots cannot fetch stories; those of public chats have an address. */
export const storyOf = ({ chat, id }: NonNullable<Message['story']>): Part => ({
  kind: 'unknown',
  what: 'story',
  ...(chat.username ? { openUrl: `https://t.me/${chat.username}/s/${id}` } : {}),
})

/** Days of the year 275761 are none: a time that cannot be told is left out, not the place. */
function liveUntil(date: number, seconds: number | undefined): { liveUntil?: string } {
  const until = new Date((date + (seconds ?? 0)) * 1000)
  return seconds && !Number.isNaN(until.getTime()) ? { liveUntil: until.toISOString() } : {}
}

/** A message on its way out: one visible thing, in one final call. https://core.telegram.org/bots/api#available-methods */
import { z } from 'zod'
import type { Context, OpDo, Plan, Sent } from '#connector-kit/connector.ts'
import { SendError } from '#connector-kit/send-error.ts'
import { isMedia, type Content, type MediaPart, type PartOf, type Rich } from '#contract/message/content.ts'
import { call, chatId, read, type Calls, type ChatId, type InputMedia, type Sending } from './api.ts'
import { theirEntities } from './entities.ts'
import { markupOf } from './keyboards.ts'
import { detailsOf, inputMedia, mediaCall } from './media.ts'
import { Message } from './payloads.ts'
import type { Settings } from './settings.ts'
import { fileIdOf, rememberFile, uploadOf, type Uploading } from './uploads.ts'

type Saying = Extract<OpDo, { do: 'message' }> & { chat?: string }

export function* send(op: Saying, place: ChatId, c: Context<Settings>): Plan<Sent> {
  const { content } = op
  if (content.parts.length > 1) return yield* sendAlbum(op, place, c)
  const part = content.parts[0]
  if (part && isMedia(part)) return yield* sendMedia(part, op, place, c)
  const sent = read(yield oneCall(content, sendingOf(op, place), c), SentMessage, place)
  return sentAs([sent], op)
}

/** Everything that is no file. */
function oneCall(content: Content, sending: Sending, c: Context<Settings>) {
  const part = content.parts[0]!
  const final = { final: true as const }
  switch (part.kind) {
    case 'text':
      return call(c, 'sendMessage', { ...sending, ...textOf(part) }, final)
    case 'link':
      return call(c, 'sendMessage', { ...sending, ...textOf({ text: wordsOfLink(part), entities: [] }) }, final)
    case 'location': {
      const { lat: latitude, lon: longitude, title, address, liveUntil } = part
      const at = { ...sending, latitude, longitude }
      if (title || address)
        return call(c, 'sendVenue', { ...at, title: title ?? address ?? '', address: address ?? title ?? '' }, final)
      return call(c, 'sendLocation', { ...at, ...livePeriod(liveUntil, c.now) }, final)
    }
    case 'contact': {
      const [phone, ...more] = part.phones
      if (!phone) throw new SendError('content_refused', { field: 'contact' })
      const card = more.length > 0 || part.emails.length > 0 ? vcardOf(part) : undefined
      const about = { phone_number: phone, first_name: part.name || phone, ...(card ? { vcard: card } : {}) }
      return call(c, 'sendContact', { ...sending, ...about }, final)
    }
    case 'poll': {
      // Votes with names come back to us; channels allow no others than anonymous ones, and their ids look like those of supergroups.
      const isAnonymous = String(sending.chat_id).startsWith('-100')
      const options = part.options.map((text) => ({ text }))
      const about = { question: part.question, options, is_anonymous: isAnonymous, allows_multiple_answers: part.many }
      return call(c, 'sendPoll', { ...sending, ...about }, final)
    }
    case 'image':
    case 'video':
    case 'audio':
    case 'voice':
    case 'file':
    case 'sticker':
    case 'order':
    case 'call':
    case 'event':
    case 'template':
    case 'html':
    case 'unknown':
      throw new SendError('content_refused', { field: part.kind })
  }
}

function* sendMedia(part: MediaPart, op: Saying, place: ChatId, c: Context<Settings>): Plan<Sent> {
  const how = mediaCall(part)
  const uploading = uploadOf(part, how.field, c)
  const parameters = { ...sendingOf(op, place), ...detailsOf(part, how, uploading.value) } as Calls[typeof how.method]
  const reply = yield call(c, how.method, parameters, { final: true, uploads: uploading.uploads })
  yield* forgetStale(reply, uploading)
  const sent = read(reply, SentMessage, place)
  // A mailing or a scenario sends the same file again and again; a member's file goes out once.
  if (op.automatic) yield* rememberFile(uploading, fileIdOf(sent, how.field))
  return sentAs([sent], op)
}

function* sendAlbum(op: Saying, place: ChatId, c: Context<Settings>): Plan<Sent> {
  const parts = op.content.parts.filter(isMedia)
  const types = parts.map(albumType)
  // Documents and audio stand only among their own kind; no album carries buttons.
  const mixed = new Set(types.map((type) => (type === 'video' ? 'photo' : type))).size > 1
  if (parts.length < op.content.parts.length || mixed) throw new SendError('content_refused', { field: 'album' })
  if (op.content.choices) throw new SendError('content_refused', { field: 'choices' })
  const files = parts.map((part, index) => uploadOf(part, types[index]!, c, `file${index}`))
  const media = parts.map((part, index) => inputMedia(part, files[index]!.value, types[index]!))
  const uploads = files.flatMap((file) => file.uploads)
  const reply = yield call(c, 'sendMediaGroup', { ...sendingOf(op, place), media }, { final: true, uploads })
  for (const file of files) yield* forgetStale(reply, file)
  return sentAs(read(reply, z.array(SentMessage), place), op)
}

function albumType(part: MediaPart): InputMedia['type'] {
  switch (part.kind) {
    case 'image':
      return 'photo'
    case 'video':
      return 'video'
    case 'audio':
      return 'audio'
    case 'file':
      return 'document'
    case 'voice':
    case 'sticker':
      throw new SendError('content_refused', { field: 'album' })
  }
}

/** What is in every sending call. Names that Telegram did not give (of a press, of a change of members) cannot be answered there. */
function sendingOf({ content, replyTo, thread, silent }: Saying, place: ChatId): Sending {
  const answers = replyTo && /^\d+$/.test(replyTo.id) ? replyTo : undefined
  const elsewhere = answers && answers.chat !== String(place) ? { chat_id: chatId(answers.chat) } : {}
  return {
    chat_id: place,
    ...(thread && /^\d+$/.test(thread) ? { message_thread_id: Number(thread) } : {}),
    ...(silent ? { disable_notification: true } : {}),
    ...(answers
      ? { reply_parameters: { message_id: Number(answers.id), ...elsewhere, allow_sending_without_reply: true } }
      : {}),
    ...(content.choices ? { reply_markup: markupOf(content.choices) } : {}),
  }
}

const SentMessage = Message.pick({
  message_id: true,
  chat: true,
  photo: true,
  animation: true,
  video: true,
  video_note: true,
  audio: true,
  voice: true,
  document: true,
  sticker: true,
})
export type SentMessage = z.infer<typeof SentMessage>

const sentAs = (sent: SentMessage[], op: Saying): Sent => ({
  ids: sent.map((message) => String(message.message_id)),
  ...(op.chat === undefined && sent[0] ? { chat: String(sent[0].chat.id) } : {}),
})

/**
 * Text and marks of `sendMessage`.
 * @throws SendError('content_refused') when there is no word in it
 */
export function textOf(rich: Rich): Pick<Calls['sendMessage'], 'text' | 'entities'> {
  if (rich.text.trim() === '') throw new SendError('content_refused', { field: 'text' })
  const entities = theirEntities(rich)
  return { text: rich.text, ...(entities.length > 0 ? { entities } : {}) }
}

export const wordsOfLink = ({ title, text, url }: PartOf<'link'>): string =>
  [title, text, url].filter(Boolean).join('\n')

/** https://core.telegram.org/bots/api#sendlocation: 60–86400 seconds */
function livePeriod(until: string | undefined, now: Date): { live_period?: number } {
  if (!until) return {}
  const seconds = Math.round((new Date(until).getTime() - now.getTime()) / 1000)
  return seconds < 60 ? {} : { live_period: Math.min(seconds, 86_400) }
}

/** https://core.telegram.org/bots/api#sendcontact: up to 2048 bytes */
function vcardOf({ name, phones, emails }: PartOf<'contact'>): string | undefined {
  const line = (text: string) => text.replaceAll(/[\r\n]+/g, ' ')
  const card = [
    'BEGIN:VCARD',
    'VERSION:3.0',
    `FN:${line(name)}`,
    ...phones.map((phone) => `TEL:${line(phone)}`),
    ...emails.map((email) => `EMAIL:${line(email)}`),
    'END:VCARD',
  ].join('\n')
  return Buffer.byteLength(card) <= 2048 ? card : undefined
}

/** A remembered file that Telegram does not know any more is forgotten: the next try uploads it anew. */
function* forgetStale(reply: Parameters<typeof read>[0], uploading: Uploading): Plan<void> {
  if (uploading.uploads.length > 0 || !uploading.kept || reply.status !== 400) return
  yield { via: 'keep', name: uploading.kept, value: '', seconds: 0 }
}

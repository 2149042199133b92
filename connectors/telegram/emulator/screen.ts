/** Messages of the Bot API as a person sees them, and what a person says as such a message. Written without a look at the connector. */
import type { SeenMessage } from '#connector-kit/emulator/emulator.ts'
import type { Choice, Content, Entity, Part, Rich } from '#contract/message/content.ts'
import type { ApiEntity, ApiMessage } from './api-types.ts'
import type { InlineButton } from './markup.ts'
import type { Keyboard, Said } from './world.ts'

const MARKS: readonly [theirs: string, ours: Entity['kind']][] = [
  ['bold', 'bold'],
  ['italic', 'italic'],
  ['underline', 'underline'],
  ['strikethrough', 'strike'],
  ['spoiler', 'spoiler'],
  ['code', 'code'],
  ['pre', 'pre'],
  ['blockquote', 'quote'],
  ['expandable_blockquote', 'quote'],
  ['text_link', 'link'],
  ['text_mention', 'mention'],
  ['custom_emoji', 'emoji'],
]

/** @param at  where the bytes of a file can be looked at */
export function seenAs(said: Said, fromBot: boolean, at: (uniqueId: string) => string): SeenMessage {
  const { message } = said
  const reply = message.reply_to_message
  return {
    ref: { chat: String(message.chat.id), id: String(message.message_id) },
    from: fromBot ? 'us' : 'them',
    content: { parts: [partOf(message, at)], ...choicesOf(said) },
    ...(reply ? { replyTo: { chat: String(message.chat.id), id: String(reply.message_id) } } : {}),
    ...(message.edit_date === undefined ? {} : { edited: true }),
    reactions: [...said.reactions.values()].flat(),
    at: message.date * 1000,
  }
}

interface SeenFile {
  file_unique_id: string
  mime_type?: string
  file_name?: string
  file_size?: number
  width?: number
  height?: number
  length?: number
  duration?: number
  emoji?: string
}

function partOf(message: ApiMessage, at: (uniqueId: string) => string): Part {
  const fileOf = (file: SeenFile, type: string) => ({
    source: { remote: at(file.file_unique_id) },
    type: file.mime_type ?? type,
    ...(file.file_name ? { name: file.file_name } : {}),
    ...(file.file_size === undefined ? {} : { bytes: file.file_size }),
    ...(file.duration === undefined ? {} : { seconds: file.duration }),
    ...(file.width === undefined ? {} : { width: file.width, height: file.height ?? 0 }),
    ...(message.caption ? { caption: richFrom(message.caption, message.caption_entities) } : {}),
  })
  const file = (name: string) => message[name] as SeenFile | undefined
  const { text } = message
  if (text !== undefined) return { kind: 'text', ...richFrom(text, message.entities) }
  const photo = (message.photo as SeenFile[] | undefined)?.at(-1)
  if (photo) return { kind: 'image', ...fileOf(photo, 'image/jpeg') }
  const animation = file('animation')
  if (animation) return { kind: 'video', look: 'loop', ...fileOf(animation, 'video/mp4') }
  const video = file('video')
  if (video) return { kind: 'video', look: 'plain', ...fileOf(video, 'video/mp4') }
  const round = file('video_note')
  if (round)
    return {
      kind: 'video',
      look: 'round',
      ...fileOf({ ...round, width: round.length!, height: round.length! }, 'video/mp4'),
    }
  const voice = file('voice')
  if (voice) return { kind: 'voice', ...fileOf(voice, 'audio/ogg') }
  const audio = file('audio')
  if (audio) return { kind: 'audio', ...fileOf(audio, 'audio/mpeg') }
  const sticker = file('sticker')
  if (sticker)
    return { kind: 'sticker', ...fileOf(sticker, 'image/webp'), ...(sticker.emoji ? { emoji: sticker.emoji } : {}) }
  const document = file('document')
  if (document) return { kind: 'file', ...fileOf(document, 'application/octet-stream') }
  return wordlessPart(message)
}

function wordlessPart(message: ApiMessage): Part {
  const location = message.location as { latitude: number; longitude: number; live_period?: number } | undefined
  const venue = message.venue as { title: string; address: string } | undefined
  if (location)
    return {
      kind: 'location',
      lat: location.latitude,
      lon: location.longitude,
      ...(venue ? { title: venue.title, address: venue.address } : {}),
      ...(location.live_period
        ? { liveUntil: new Date((message.date + location.live_period) * 1000).toISOString() }
        : {}),
    }
  const contact = message.contact as
    | { phone_number: string; first_name: string; last_name?: string; vcard?: string }
    | undefined
  if (contact) {
    const emails = [...(contact.vcard ?? '').matchAll(/^EMAIL[^:]*:(.+)$/gm)].map((match) => match[1]!)
    const phones = [...(contact.vcard ?? '').matchAll(/^TEL[^:]*:(.+)$/gm)].map((match) => match[1]!)
    const name = [contact.first_name, contact.last_name].filter(Boolean).join(' ')
    return { kind: 'contact', name, phones: phones.length > 0 ? phones : [contact.phone_number], emails }
  }
  const poll = message.poll as
    | { question: string; options: { text: string }[]; allows_multiple_answers: boolean }
    | undefined
  if (poll)
    return {
      kind: 'poll',
      question: poll.question,
      options: poll.options.map(({ text }) => text),
      many: poll.allows_multiple_answers,
    }
  const dice = message.dice as { emoji: string; value: number } | undefined
  if (dice) return { kind: 'text', text: `${dice.emoji} ${dice.value}`, entities: [] }
  const about = new Set(['message_id', 'date', 'chat', 'from', 'sender_chat', 'reply_to_message', 'edit_date'])
  return { kind: 'event', what: Object.keys(message).find((key) => !about.has(key)) ?? 'empty', who: [] }
}

const richFrom = (text: string, entities: readonly ApiEntity[] = []): Rich => ({
  text,
  entities: entities.flatMap(({ type, offset, length, url, language, user, custom_emoji_id: emoji }) => {
    const kind = MARKS.find(([theirs]) => theirs === type)?.[1]
    const value = url ?? language ?? emoji ?? (user ? String(user.id) : undefined)
    return kind ? [{ kind, offset, length, ...(value ? { value } : {}) }] : []
  }),
})

/** Marks as a person's app would send them. */
export const theirMarks = (entities: readonly Entity[]): ApiEntity[] =>
  entities.flatMap(({ kind, offset, length, value }) => {
    const type = MARKS.find(([, ours]) => ours === kind)?.[0]
    if (!type) return []
    const more = kind === 'link' ? { url: value ?? '' } : kind === 'pre' && value ? { language: value } : {}
    return [{ type, offset, length, ...more }]
  })

function choicesOf({ message, keyboard }: Said): Pick<Content, 'choices'> {
  const inline = (message.reply_markup as { inline_keyboard: InlineButton[][] } | undefined)?.inline_keyboard
  if (inline) return { choices: { as: 'buttons', once: false, rows: inline.map((row) => row.map(inlineChoice)) } }
  if (!keyboard || keyboard === 'removed') return {}
  return {
    choices: {
      as: 'keyboard',
      once: keyboard.one_time_keyboard ?? false,
      rows: keyboard.keyboard.map((row) => row.map(keyChoice)),
    },
  }
}

function inlineChoice({ text: label, callback_data: data, url, copy_text: copy, web_app: app }: InlineButton): Choice {
  if (data !== undefined) return { id: data, label, does: 'answer', value: data }
  if (url !== undefined) return { id: url, label, does: 'link', value: url }
  const copied = (copy as { text: string } | undefined)?.text
  if (copied !== undefined) return { id: copied, label, does: 'copy', value: copied }
  const opened = (app as { url: string } | undefined)?.url ?? ''
  return { id: opened, label, does: 'app', value: opened }
}

function keyChoice({
  text: label,
  request_contact: phone,
  request_location: location,
}: Keyboard['keyboard'][number][number]): Choice {
  return { id: label, label, does: phone ? 'phone' : location ? 'place' : 'answer' }
}

/** Calls that say something. https://core.telegram.org/bots/api#available-methods */
import type { ApiContent, ApiMessage } from '../api-types.ts'
import { randomInt } from 'node:crypto'
import type { FileKind } from '../files.ts'
import { format } from '../formatting/formatting.ts'
import { readMarkup } from '../markup.ts'
import { fileFrom, shown } from '../media.ts'
import type { ParameterType } from '../parameters.ts'
import { refuse } from '../refusal.ts'
import { asAnswered, type Chat } from '../world.ts'
import type { Call, Method, Methods } from './method.ts'

type Takes = Record<string, ParameterType>

const WHERE: Takes = {
  business_connection_id: 'text',
  chat_id: 'chat',
  message_thread_id: 'int',
  direct_messages_topic_id: 'int',
  disable_notification: 'bool',
  protect_content: 'bool',
  allow_paid_broadcast: 'bool',
  message_effect_id: 'text',
  reply_parameters: 'json',
}
const COMMON: Takes = { ...WHERE, reply_markup: 'json' }
const CAPTION: Takes = {
  caption: 'text',
  parse_mode: 'text',
  caption_entities: 'json',
}
const ABOVE: Takes = { show_caption_above_media: 'bool' }
const SIZE: Takes = { duration: 'int', width: 'int', height: 'int' }

const TEXT_MOST = 4096
const TEXT_BYTES = 32_768
const CAPTION_MOST = 1024

export const sending: Methods = {
  sendMessage: saying({ text: 'text', parse_mode: 'text', entities: 'json', link_preview_options: 'json' }, (call) =>
    textIn(call),
  ),

  sendPhoto: media('photo', { ...ABOVE, has_spoiler: 'bool' }),
  sendDocument: media('document', { disable_content_type_detection: 'bool', thumbnail: 'file' }),
  sendVideo: media('video', {
    ...SIZE,
    ...ABOVE,
    supports_streaming: 'bool',
    has_spoiler: 'bool',
    thumbnail: 'file',
    cover: 'file',
    start_timestamp: 'int',
  }),
  sendAnimation: media('animation', { ...SIZE, ...ABOVE, has_spoiler: 'bool', thumbnail: 'file' }),
  sendAudio: media('audio', { duration: 'int', performer: 'text', title: 'text', thumbnail: 'file' }),
  sendVoice: media('voice', { duration: 'int' }),
  sendVideoNote: media('video_note', { duration: 'int', length: 'int', thumbnail: 'file' }, 'wordless'),
  sendSticker: media('sticker', { emoji: 'text' }, 'wordless'),
  sendMediaGroup: { takes: { ...WHERE, media: 'json' }, isSending: true, run: sendAlbum },

  sendLocation: saying(
    { ...POINT(), horizontal_accuracy: 'float', live_period: 'int', heading: 'int', proximity_alert_radius: 'int' },
    ({ given }) => {
      const live = given.int('live_period')
      const isFine = live === undefined || (live >= 60 && live <= 86_400) || live === 0x7fffffff
      if (!isFine) refuse(400, 'Wrong live location period specified')
      return { location: { ...pointIn(given), ...(live ? { live_period: live } : {}) } }
    },
  ),

  sendVenue: saying(
    {
      ...POINT(),
      title: 'text',
      address: 'text',
      foursquare_id: 'text',
      foursquare_type: 'text',
      google_place_id: 'text',
      google_place_type: 'text',
    },
    ({ given }) => {
      const location = pointIn(given)
      const title = given.text('title') || refuse(400, 'Venue title must be non-empty')
      const address = given.text('address') || refuse(400, 'Venue address must be non-empty')
      return { location, venue: { location, title, address } }
    },
  ),

  sendContact: saying({ phone_number: 'text', first_name: 'text', last_name: 'text', vcard: 'text' }, ({ given }) => {
    const vcard = given.text('vcard')
    if (vcard && Buffer.byteLength(vcard) > 2048) refuse(400, 'Contact vCard is too long')
    return {
      contact: {
        phone_number: given.text('phone_number') || refuse(400, "Parameter 'phone_number' is required"),
        first_name: given.text('first_name') || refuse(400, "Parameter 'first_name' is required"),
        ...(given.has('last_name') ? { last_name: given.text('last_name') } : {}),
        ...(vcard ? { vcard } : {}),
      },
    }
  }),

  sendPoll: {
    takes: {
      ...without(COMMON, 'direct_messages_topic_id'),
      question: 'text',
      question_parse_mode: 'text',
      question_entities: 'json',
      options: 'json',
      is_anonymous: 'bool',
      type: 'text',
      allows_multiple_answers: 'bool',
      correct_option_ids: 'json',
      explanation: 'text',
      open_period: 'int',
      close_date: 'int',
      is_closed: 'bool',
    },
    isSending: true,
    run: (call) => told(call, pollIn(call)),
  },

  sendDice: saying({ emoji: 'text' }, ({ given }) => ({
    dice: { emoji: given.text('emoji') || '🎲', value: randomInt(1, 7) },
  })),

  forwardMessage: {
    takes: {
      ...without(WHERE, 'business_connection_id', 'allow_paid_broadcast', 'reply_parameters'),
      from_chat_id: 'chat',
      message_id: 'int',
    },
    isSending: true,
    run: (call) => {
      const { message, chat } = original(call)
      const origin = message.from
        ? { type: 'user', date: message.date, sender_user: message.from }
        : { type: 'channel', date: message.date, chat: chat.about, message_id: message.message_id }
      return told(call, { ...contentOf(message), forward_origin: origin })
    },
  },

  copyMessage: {
    takes: {
      ...without({ ...COMMON, ...CAPTION, ...ABOVE }, 'business_connection_id'),
      from_chat_id: 'chat',
      message_id: 'int',
    },
    isSending: true,
    run: (call) => {
      const { message_id: id } = told(call, { ...contentOf(original(call).message), ...captionIn(call) }) as ApiMessage
      return { message_id: id }
    },
  },
}

function without(takes: Takes, ...names: string[]): Takes {
  return Object.fromEntries(Object.entries(takes).filter(([name]) => !names.includes(name)))
}

/** A method that sends one message. */
function saying(takes: Takes, content: (call: Call) => ApiContent | Promise<ApiContent>): Method {
  return { takes: { ...COMMON, ...takes }, isSending: true, run: async (call) => told(call, await content(call)) }
}

function media(kind: FileKind, takes: Takes, wordless?: 'wordless'): Method {
  return saying({ ...takes, ...(wordless ? {} : CAPTION), [kind]: 'file' }, async (call) => {
    place(call)
    const { given } = call
    const file = await fileFrom(call, given.file(kind), kind)
    if (kind === 'sticker' && given.has('emoji')) file.emoji = given.text('emoji')!
    const about = kind === 'audio' ? audioNames(given.text('performer'), given.text('title')) : {}
    const spoiler = given.bool('has_spoiler') ? { has_media_spoiler: true } : {}
    return { ...shown(file, call.world, about), ...spoiler, ...(wordless ? {} : captionIn(call)) }
  })
}

const audioNames = (performer: string | undefined, title: string | undefined) => ({
  ...(performer ? { performer } : {}),
  ...(title ? { title } : {}),
})

/** The chat a call names, if the bot may write there. */
function place({ world, bot, given }: Call): Chat {
  if (given.has('business_connection_id')) refuse(400, 'BUSINESS_CONNECTION_INVALID')
  const chat = world.chatFor(bot, given.chat())
  world.mayWrite(bot, chat)
  return chat
}

/** Puts it into the chat; the result is the message. */
function told(call: Call, content: ApiContent): unknown {
  const { world, bot, given } = call
  const chat = place(call)
  const { inline, keyboard } = readMarkup(given.json('reply_markup'), chat)
  const around = { ...threadIn(call, chat), ...answeredIn(call, chat), ...(inline ? { reply_markup: inline } : {}) }
  const said = world.say(chat, chat.about.type === 'channel' ? undefined : bot.user, { ...content, ...around }, bot)
  if (keyboard) said.keyboard = keyboard
  delete chat.action
  return world.seenBy(bot, said.message)
}

function threadIn({ given }: Call, chat: Chat) {
  const thread = given.int('message_thread_id')
  if (thread === undefined) return {}
  if (!chat.topics.has(thread)) refuse(400, 'Message thread not found')
  return { message_thread_id: thread, is_topic_message: true }
}

interface ReplyParameters {
  message_id?: number
  chat_id?: number | string
  allow_sending_without_reply?: boolean
  quote?: string
}

function answeredIn({ given, world, bot }: Call, chat: Chat): ApiContent {
  const reply = given.json<ReplyParameters>('reply_parameters')
  if (!reply) return {}
  if (!Number.isInteger(Number(reply.message_id)))
    refuse(400, 'Can\'t parse ReplyParameters: Field "message_id" is required')
  const other = reply.chat_id === undefined ? chat : world.chatFor(bot, reply.chat_id)
  const target = other.messages.get(Number(reply.message_id))
  if (!target) return reply.allow_sending_without_reply ? {} : refuse(400, 'Message to be replied not found')
  const quote = quoteIn(reply.quote, target.message)
  if (other === chat) return { reply_to_message: asAnswered(target.message), ...quote }
  const origin = { type: 'user', date: target.message.date, sender_user: target.message.from }
  return { external_reply: { origin }, ...quote }
}

function quoteIn(quote: string | undefined, { text, caption }: ApiMessage) {
  if (!quote) return {}
  const position = (text ?? caption ?? '').indexOf(quote)
  return position < 0 ? refuse(400, 'QUOTE_TEXT_INVALID') : { quote: { text: quote, position, is_manual: true } }
}

export function textIn({ given, world }: Pick<Call, 'given' | 'world'>): { text: string; entities?: never[] } {
  const source = given.text('text') ?? ''
  if (Buffer.byteLength(source) > TEXT_BYTES) refuse(400, 'Text is too long')
  const formatted = format(source, {
    parseMode: given.text('parse_mode'),
    entities: given.json('entities'),
    userById: (id) => world.userById(id),
  })
  if (formatted.text === '') refuse(400, 'Message text is empty')
  if (formatted.text.length > TEXT_MOST) refuse(400, 'Message is too long')
  return { text: formatted.text, ...(formatted.entities.length > 0 ? { entities: formatted.entities as never[] } : {}) }
}

export function captionIn({ given, world }: Pick<Call, 'given' | 'world'>): ApiContent {
  return captionFrom(world, given.text('caption'), given.text('parse_mode'), given.json('caption_entities'))
}

export function captionFrom(
  world: Call['world'],
  caption: string | undefined,
  parseMode: string | undefined,
  entities: unknown,
): ApiContent {
  if (!caption) return {}
  const formatted = format(caption, { parseMode, entities, userById: (id) => world.userById(id) })
  if (formatted.text.length > CAPTION_MOST) refuse(400, 'Message caption is too long')
  return { caption: formatted.text, ...(formatted.entities.length > 0 ? { caption_entities: formatted.entities } : {}) }
}

/** One item of an album, or the new file of an edited message. */
export interface InputMedia {
  type: FileKind
  media: string
  caption?: string
  parse_mode?: string
  caption_entities?: unknown
  has_spoiler?: boolean
  performer?: string
  title?: string
  duration?: number
  width?: number
  height?: number
}

const MEDIA_TYPES = new Set<string>(['photo', 'video', 'animation', 'audio', 'document'])

export async function mediaContent(call: Call, item: InputMedia): Promise<ApiContent> {
  if (!MEDIA_TYPES.has(item.type)) refuse(400, `Can't parse InputMedia: Media type "${item.type}" is invalid`)
  const file = await fileFrom(call, item.media, item.type)
  if (item.duration !== undefined) file.seconds = item.duration
  if (item.width && item.height) Object.assign(file, { width: item.width, height: item.height })
  const about = item.type === 'audio' ? audioNames(item.performer, item.title) : {}
  const caption = captionFrom(call.world, item.caption, item.parse_mode, item.caption_entities)
  return { ...shown(file, call.world, about), ...(item.has_spoiler ? { has_media_spoiler: true } : {}), ...caption }
}

async function sendAlbum(call: Call): Promise<unknown[]> {
  const items = call.given.json<InputMedia[]>('media')
  if (!Array.isArray(items) || items.length < 2) refuse(400, 'Too few messages to send as an album')
  const album = items as InputMedia[]
  if (album.length > 10) refuse(400, 'Too many messages to send as an album')
  if (album.some(({ type }) => type === 'animation')) refuse(400, "Animations can't be sent in an album")
  for (const own of ['document', 'audio'])
    if (album.some(({ type }) => type === own) && album.some(({ type }) => type !== own))
      refuse(400, `${own.charAt(0).toUpperCase()}${own.slice(1)} can't be mixed with other media types`)
  place(call)
  const contents: ApiContent[] = []
  for (const item of album) contents.push(await mediaContent(call, item))
  const group = String(randomInt(2 ** 40))
  return contents.map((content) => told(call, { ...content, media_group_id: group }))
}

function POINT(): Takes {
  return { latitude: 'float', longitude: 'float' }
}

export function pointIn(given: Call['given']) {
  const latitude = given.float('latitude') ?? refuse(400, 'Wrong latitude specified')
  const longitude = given.float('longitude') ?? refuse(400, 'Wrong longitude specified')
  if (Math.abs(latitude) > 90 || Math.abs(longitude) > 180) refuse(400, 'Wrong location specified')
  const accuracy = given.float('horizontal_accuracy')
  return { latitude, longitude, ...(accuracy ? { horizontal_accuracy: accuracy } : {}) }
}

function pollIn(call: Call): ApiContent {
  const { given } = call
  const question = given.text('question') ?? ''
  const options = (given.json<(string | { text: string })[]>('options') ?? []).map((each) =>
    typeof each === 'string' ? each : each.text,
  )
  if (question.length < 1 || question.length > 300) refuse(400, 'Poll question must be from 1 to 300 characters')
  if (options.length < 1) refuse(400, 'Poll must have at least 1 option')
  if (options.length > 12) refuse(400, "Poll can't have more than 12 options")
  if (options.some((text) => text.length < 1 || text.length > 100))
    refuse(400, 'Poll options length must not exceed 100')
  const isAnonymous = given.has('is_anonymous') ? given.bool('is_anonymous') : true
  if (!isAnonymous && place(call).about.type === 'channel')
    refuse(400, "Non-anonymous polls can't be sent to channel chats")
  return {
    poll: {
      id: String(randomInt(2 ** 46)),
      question,
      options: options.map((text, index) => ({ persistent_id: String(index), text, voter_count: 0 })),
      total_voter_count: 0,
      is_closed: given.bool('is_closed'),
      is_anonymous: isAnonymous,
      type: given.text('type') || 'regular',
      allows_multiple_answers: given.bool('allows_multiple_answers'),
      allows_revoting: true,
      members_only: false,
    },
  }
}

function original({ world, bot, given }: Call) {
  const chat = world.chatFor(bot, given.chat('from_chat_id'))
  return { chat, message: world.find(chat, given.int('message_id'), 'forward').message }
}

/** What was said, without where, when and by whom. */
function contentOf(message: ApiMessage): ApiContent {
  const {
    message_id: _id,
    date: _date,
    edit_date: _edited,
    chat: _chat,
    from: _from,
    sender_chat: _sender,
    reply_to_message: _reply,
    ...content
  } = message
  return content
}

/** The calls we use, and what their refusals mean to us. https://core.telegram.org/bots/api#making-requests */
import { z } from 'zod'
import type { Context, FileRef, Json, Reply, Request } from '#connector-kit/connector.ts'
import { refusalOf, type Refusals } from '#connector-kit/refusals.ts'
import { ApiChanged } from '#connector-kit/send-error.ts'
import { CAPTION, TEXT } from './abilities.ts'
import type { TheirEntity } from './payloads.ts'
import { readAs } from './read-as.ts'
import type { Settings } from './settings.ts'

/** What every sending call takes. */
export interface Sending {
  chat_id: ChatId
  message_thread_id?: number
  disable_notification?: true
  reply_parameters?: { message_id: number; chat_id?: ChatId; allow_sending_without_reply: true }
  reply_markup?: Markup
}
export type ChatId = number | string
type Target = { chat_id: ChatId; message_id: number }

export interface Captioned {
  caption?: string
  caption_entities?: TheirEntity[]
}

export type Markup =
  | { inline_keyboard: InlineButton[][] }
  | { keyboard: KeyboardButton[][]; resize_keyboard: true; one_time_keyboard: boolean }
export type InlineButton = { text: string } & (
  | { callback_data: string }
  | { url: string }
  | { copy_text: { text: string } }
  | { web_app: { url: string } }
)
export interface KeyboardButton {
  text: string
  request_contact?: true
  request_location?: true
  web_app?: { url: string }
}

/** A file parameter: the id of an earlier file, or `attach://name` of a file in the same request. */
export type TheirFile = string
type Sized = { duration?: number; width?: number; height?: number }

export type InputMedia = Captioned &
  Sized & { type: 'photo' | 'video' | 'animation' | 'audio' | 'document'; media: TheirFile; supports_streaming?: true }

export interface Calls {
  getMe: Record<never, never>
  getUpdates: { offset?: number; timeout: number; allowed_updates: readonly string[] }
  setWebhook: { url: string; secret_token: string; allowed_updates: readonly string[]; max_connections: number }
  deleteWebhook: Record<never, never>
  getWebhookInfo: Record<never, never>
  getFile: { file_id: string }
  getChat: { chat_id: ChatId }
  sendMessage: Sending & { text: string; entities?: TheirEntity[] }
  sendPhoto: Sending & Captioned & { photo: TheirFile }
  sendAnimation: Sending & Captioned & Sized & { animation: TheirFile }
  sendVideo: Sending & Captioned & Sized & { video: TheirFile; supports_streaming: true }
  sendVideoNote: Sending & { video_note: TheirFile; duration?: number; length?: number }
  sendAudio: Sending & Captioned & { audio: TheirFile; duration?: number }
  sendVoice: Sending & Captioned & { voice: TheirFile; duration?: number }
  sendDocument: Sending & Captioned & { document: TheirFile; disable_content_type_detection: true }
  sendSticker: Sending & { sticker: TheirFile; emoji?: string }
  sendMediaGroup: Omit<Sending, 'reply_markup'> & { media: InputMedia[] }
  sendLocation: Sending & { latitude: number; longitude: number; live_period?: number }
  sendVenue: Sending & { latitude: number; longitude: number; title: string; address: string }
  sendContact: Sending & { phone_number: string; first_name: string; vcard?: string }
  sendPoll: Sending & {
    question: string
    options: { text: string }[]
    is_anonymous: boolean
    allows_multiple_answers: boolean
  }
  editMessageText: Target & { text: string; entities?: TheirEntity[]; reply_markup?: Markup }
  editMessageCaption: Target & Captioned & { reply_markup?: Markup }
  editMessageMedia: Target & { media: InputMedia; reply_markup?: Markup }
  editMessageLiveLocation: Target & { latitude: number; longitude: number; reply_markup?: Markup }
  deleteMessage: Target
  setMessageReaction: Target & { reaction: { type: 'emoji'; emoji: string }[] }
  sendChatAction: { chat_id: ChatId; action: 'typing' | 'record_voice' | 'upload_document' }
  answerCallbackQuery: { callback_query_id: string; text?: string }
}
export type Method = keyof Calls

/** A file of ours that goes with the call; `name` is the field, or what follows `attach://`. */
export interface Upload {
  name: string
  file: FileRef
  type: string
  fileName?: string | undefined
}

export interface CallOptions {
  final?: true
  uploads?: Upload[]
  timeoutMs?: number
}

const UPLOAD_MS = 120_000

/** One call as a request: JSON, or a form when files go along. Forms carry nested values as JSON in a string. */
export function call<M extends Method>(
  c: Context<Settings>,
  method: M,
  parameters: Calls[M],
  { final, uploads = [], timeoutMs }: CallOptions = {},
): Request {
  const json = parameters as Record<string, Json>
  const values = Object.entries(json).map(([name, value]) => ({
    name,
    value: typeof value === 'string' ? value : JSON.stringify(value),
  }))
  const files = uploads.map(({ name, file, type, fileName }) => ({
    name,
    file,
    type,
    ...(fileName ? { fileName } : {}),
  }))
  const deadline = timeoutMs ?? (uploads.length > 0 ? UPLOAD_MS : undefined)
  return {
    via: 'http',
    method: 'POST',
    url: `${baseOf(c)}/bot${c.settings.token}/${method}`,
    body: uploads.length > 0 ? { multipart: [...values, ...files] } : { json },
    ...(final ? { final } : {}),
    ...(deadline ? { timeoutMs: deadline } : {}),
  }
}

/** Holds the token: for our own server only, never for a browser. */
export const fileUrl = (c: Context<Settings>, path: string): string =>
  `${baseOf(c)}/file/bot${c.settings.token}/${path}`

const baseOf = ({ settings }: Context<Settings>): string =>
  (settings.apiUrl ?? 'https://api.telegram.org').replace(/\/+$/, '')

/** Large ids are safe: they have at most 52 significant bits. Names of public chats (`@name`) stay as they are. */
export const chatId = (chat: string): ChatId => (/^-?\d+$/.test(chat) ? Number(chat) : chat)

/**
 * What Telegram answered.
 * @param chat  where the call went, if to a chat: groups are slowed down alone
 * @throws SendError by the table below · ApiChanged when this is not Telegram's JSON
 */
export function read<T>(reply: Reply, result: z.ZodType<T>, chat?: ChatId): T {
  const envelope = Envelope.safeParse(reply.body)
  if (!envelope.success) {
    if (reply.status >= 500) throw refusalOf(refusals, { code: reply.status, words: '' }, { envelope: {}, reply, chat })
    throw new ApiChanged(`an answer that is not Telegram’s (${reply.status})`)
  }
  const { ok, error_code: code = reply.status, description: words = '' } = envelope.data
  if (!ok) throw refusalOf(refusals, { code, words }, { envelope: envelope.data, reply, chat })
  return readAs(result, envelope.data.result, 'a result')
}

/**
 * ```json
 * {"ok":true,"result":{}}
 * {"ok":false,"error_code":400,"description":"Bad Request: chat not found"}
 * {"ok":false,"error_code":429,"description":"Too Many Requests: retry after 5","parameters":{"retry_after":5}}
 * ```
 */
const Envelope = z.object({
  ok: z.boolean(),
  result: z.unknown().optional(),
  error_code: z.int().optional(),
  description: z.string().optional(),
  parameters: z.object({ retry_after: z.number().optional(), migrate_to_chat_id: z.int().optional() }).optional(),
})

/** Seen when a repeated edit changes nothing: the wish is fulfilled. */
export const isNotModified = (reply: Reply): boolean => says(reply, /message is not modified/)
/** Telegram forgets a pressed button within minutes; its spinner has ended by then. */
export const isTooLateToAnswer = (reply: Reply): boolean => says(reply, /query is too old|query ID is invalid/)

const says = (reply: Reply, words: RegExp): boolean => {
  const told = Envelope.safeParse(reply.body).data
  return told?.ok === false && words.test(told.description ?? '')
}

interface Refused {
  envelope: Partial<z.infer<typeof Envelope>>
  reply: Reply
  chat: ChatId | undefined
}

/** Most special first. Texts come from the published server's source and from practice, by their beginning; an unknown text goes by its code. */
export const refusals: Refusals<Refused> = [
  [429, null, 'throttled', ({ envelope, reply, chat }) => waitOf(envelope.parameters?.retry_after, reply, chat)],
  [[500, 502, 503, 504], null, 'platform_down'],

  [403, /blocked by the user/, 'blocked'],
  [403, /user is deactivated/, 'no_such_identity'],
  // They may take the bot back, as a person may unblock it.
  [403, /was kicked from|is not a member of/, 'blocked'],
  [403, /chat was deleted/, 'no_such_identity'],
  [403, /can't initiate conversation/, 'not_allowed_yet'],

  [400, /upgraded to a supergroup/, 'moved', ({ envelope }) => movedTo(envelope.parameters?.migrate_to_chat_id)],
  [400, /chat not found/, 'no_such_identity'],

  [400, /message can't be (deleted|edited)/, 'too_old'],
  [400, /message to [a-z ]+ not found|MESSAGE_ID_INVALID/, 'gone'],
  [400, /message thread not found/, 'gone'],
  [400, /query is too old/, 'too_old'],

  [400, /wrong file_id or the file is temporarily unavailable/, 'media_not_ready'],
  [
    400,
    /wrong HTTP URL specified|failed to get HTTP URL content|wrong type of the web page content/,
    'content_refused',
    () => ({ field: 'media' }),
  ],
  [[400, 413], /file is too big|Entity Too Large/, 'content_refused', () => ({ field: 'media' })],
  [400, /caption is too long/, 'content_refused', () => ({ field: 'caption', limit: CAPTION })],
  [400, /can't parse entities|message text is empty/, 'content_refused', () => ({ field: 'text' })],
  [400, /(message|text) is too long/, 'content_refused', () => ({ field: 'text', limit: TEXT })],
  [400, /reply markup is too long|BUTTON_/, 'content_refused', () => ({ field: 'choices' })],
  [400, /poll /, 'content_refused', () => ({ field: 'poll' })],

  [404, /method not found/, 'refused'],
  // A malformed token answers "Not Found"; a server that does not serve this bot 421.
  [[401, 404, 421], null, 'signed_out'],
  // Another program reads this bot's messages; Telegram's words say whether it polls or has a webhook.
  [409, null, 'refused'],
]

const movedTo = (to: number | undefined) => (to === undefined ? {} : { to: String(to) })

/** Groups have a pace of their own; elsewhere the whole bot was too fast. */
function waitOf(told: number | undefined, reply: Reply, chat: ChatId | undefined) {
  const header = Number(reply.headers['retry-after'])
  const after = told ?? (header > 0 ? header : undefined)
  const inGroup = String(chat ?? '').startsWith('-')
  return { ...(after === undefined ? {} : { after }), scope: inGroup ? ('chat' as const) : ('channel' as const) }
}

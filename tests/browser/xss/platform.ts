/**
 * What a platform says of itself and of our messages, with payloads: names of bots, troubles of their webhooks, refusals of messages. It
 * keeps what it was told to send to one reader, who gets links to pages of ours.
 */
import { botApi, type BotApi } from '#tests/hostile/bot-api.ts'
import { mark } from './detector.ts'
import type { Payload } from './payloads.ts'
import { PRIVATE_CHATS, STICKER } from './telegram-door.ts'

export const BOT_FIELDS = ['botHandle', 'botTrouble', 'botRefused'] as const

export interface Platform extends Pick<BotApi, 'url' | 'secret' | 'close'> {
  /** From now on the bot of this place goes by this payload. */
  namesBot(place: number, payload: Payload): void
  /** From now on it is told so instead of who it is. */
  refusesBot(place: number): void
  /** When the bot of this place has an address that it is called at. */
  isCalled(place: number): Promise<void>
  /** What the reader was sent, oldest first. */
  readonly read: readonly string[]
}

/** Whoever gets texts that are too long for his messenger. */
export const READER = { id: 77, is_bot: false, first_name: 'Reader of long texts' }

/** The place stands in its token. */
export const tokenOf = (place: number): string => `${BOTS + place}:xss`
const BOTS = 500_000

export async function platform(payloads: readonly Payload[]): Promise<Platform> {
  const read: string[] = []
  const named = new Map<string, Payload>()
  const refused = new Set<string>()
  const hooks = new Map<string, string>()
  const byChat = new Map(payloads.map((payload) => [PRIVATE_CHATS + payload.number, payload]))
  let message = 0
  const api = await botApi(({ method, token, body }) => {
    const bot = named.get(token)
    if (method === 'setWebhook') hooks.set(token, body.url as string)
    if (method === 'getMe' && bot) return refused.has(token) ? no(bot, 'botRefused') : said(meOf(bot, token))
    if (method === 'getWebhookInfo' && bot) return said(troubleOf(bot, hooks.get(token)))
    // What is loaded is no picture: then its emoji is shown. All other files cannot be had.
    if (method === 'getFile' && body.file_id === STICKER)
      return said({ file_id: STICKER, file_path: 'stickers/s.webp' })
    if (method !== 'sendMessage') return undefined
    const unwanted = byChat.get(Number(body.chat_id))
    if (unwanted) return no(unwanted, 'refused')
    if (body.chat_id === READER.id) read.push(String(body.text))
    return said({
      message_id: ++message,
      date: Math.floor(Date.now() / 1000),
      chat: { id: body.chat_id, type: 'private' },
    })
  })
  return {
    url: api.url,
    secret: api.secret,
    close: api.close,
    namesBot: (place, payload) => {
      named.set(tokenOf(place), payload)
      refused.delete(tokenOf(place))
    },
    refusesBot: (place) => void refused.add(tokenOf(place)),
    isCalled: async (place) => {
      while (!hooks.has(tokenOf(place))) await new Promise((resolve) => setTimeout(resolve, 50))
    },
    read,
  }
}

const said = (result: unknown) => ({ ok: true, result })
const no = ({ number, text }: Payload, field: string) => ({
  ok: false,
  error_code: 400,
  description: mark(number, field) + text,
})

const meOf = ({ number, text }: Payload, token: string) => ({
  id: Number(token.split(':')[0]),
  is_bot: true,
  first_name: text,
  username: mark(number, 'botHandle') + text,
  can_read_all_group_messages: true,
})

const troubleOf = ({ number, text }: Payload, url = '') => ({
  url,
  has_custom_certificate: false,
  pending_update_count: 1,
  last_error_date: Math.floor(Date.now() / 1000),
  last_error_message: mark(number, 'botTrouble') + text,
})

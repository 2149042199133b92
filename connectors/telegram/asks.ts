/** Questions about the bot itself, its files, its way of receiving. https://core.telegram.org/bots/api#getting-updates */
import { z } from 'zod'
import type { Asks, Context, Me } from '#connector-kit/connector.ts'
import { SendError } from '#connector-kit/send-error.ts'
import { call, chatId, fileUrl, read } from './api.ts'
import { Chat, User } from './payloads.ts'
import type { Settings } from './settings.ts'
import { UPDATE_KINDS } from './update-kinds.ts'
import { chatAsWho, nameOf } from './who.ts'

export const asks: Asks<Settings> = {
  *me(c) {
    const bot = read(yield call(c, 'getMe', {}), Bot)
    const failing =
      c.settings.receive === 'polling'
        ? undefined
        : webhookTrouble(read(yield call(c, 'getWebhookInfo', {}), WebhookInfo), c)
    const trouble = failing ?? privacyNote(bot)
    const me: Me = { id: String(bot.id), name: nameOf(bot) }
    return { ...me, ...(bot.username ? { handle: bot.username } : {}), ...(trouble ? { trouble } : {}) }
  },

  *file(remote, c) {
    const { file_path: path } = read(yield call(c, 'getFile', { file_id: remote }), TheirFile)
    if (!path) throw new SendError('media_not_ready')
    // A self-hosted server with --local names a place on its own disk.
    if (path.startsWith('/'))
      throw new SendError('refused', { words: 'the server runs with --local and does not hand out files' })
    return { url: fileUrl(c, path) }
  },

  *register(url, c) {
    const parameters = { url, secret_token: c.secret, allowed_updates: UPDATE_KINDS, max_connections: CONNECTIONS }
    read(yield call(c, 'setWebhook', parameters), z.literal(true))
  },

  /** What has not come yet stays with Telegram for a day: a poll, or the next webhook, gets it. */
  *unregister(c) {
    read(yield call(c, 'deleteWebhook', {}), z.literal(true))
  },

  *profile(id, c) {
    const place = chatId(id)
    return chatAsWho(read(yield call(c, 'getChat', { chat_id: place }), Chat, place))
  },
}

/** Chats run in parallel up to this number; one chat is always in order. 40 is Telegram's own default. */
const CONNECTIONS = 40

const Bot = User.extend({
  can_join_groups: z.boolean().optional(),
  can_read_all_group_messages: z.boolean().optional(),
})

/** `{"file_id":"A","file_unique_id":"u","file_size?":9000,"file_path?":"photos/file_1.jpg"}` */
const TheirFile = z.object({ file_path: z.string().optional() })

/**
 * ```json
 * {"url":"https://e.x/hooks/1","has_custom_certificate":false,"pending_update_count":3,
 *  "last_error_date?":1700000000,"last_error_message?":"Wrong response from the webhook: 500 Internal Server Error"}
 * ```
 */
const WebhookInfo = z.object({
  url: z.string(),
  pending_update_count: z.int(),
  last_error_date: z.int().optional(),
  last_error_message: z.string().optional(),
})

/** Checks come every quarter of an hour: an error before the last one was told then. */
const RECENT_MS = 20 * 60_000

function webhookTrouble(info: z.infer<typeof WebhookInfo>, { channel, now }: Context<Settings>): string | undefined {
  const isOurs = info.url.includes(channel)
  const age = now.getTime() - (info.last_error_date ?? 0) * 1000
  if (!isOurs || info.pending_update_count === 0 || age > RECENT_MS) return undefined
  return `Telegram could not deliver messages here: ${info.last_error_message ?? 'no reason given'}`
}

const privacyNote = (bot: z.infer<typeof Bot>): string | undefined =>
  bot.can_join_groups && bot.can_read_all_group_messages === false
    ? 'Privacy mode is on: in groups the bot hears only commands and replies to it. @BotFather changes it with /setprivacy.'
    : undefined

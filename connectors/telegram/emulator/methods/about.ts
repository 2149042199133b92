/** Who the bot is, whom it talks to, its files; small answers. */
import { refuse } from '../refusal.ts'
import { isInside, type Chat } from '../world.ts'
import type { Call, Methods } from './method.ts'

const ACTIONS = new Set(
  `typing upload_photo record_video upload_video record_voice upload_voice upload_document choose_sticker find_location
   record_video_note upload_video_note`.split(/\s+/),
)
const ACTION_MS = 5_000
const TOAST = 200

export const about: Methods = {
  getMe: { takes: {}, run: ({ bot }) => ({ ...bot.user, can_read_all_group_messages: bot.readsAll }) },
  logOut: { takes: {}, run: () => true },
  close: { takes: {}, run: () => true },

  getFile: {
    takes: { file_id: 'text' },
    run: ({ world, bot, given }) => {
      const id = given.text('file_id') ?? ''
      const file = world.faults.take('media_gone') ? undefined : world.files.find(bot.user.id, id)
      if (!file) return refuse(400, 'Wrong file_id or the file is temporarily unavailable')
      const path = world.files.pathOf(bot.user.id, file)
      return { file_id: id, file_unique_id: file.uniqueId, file_size: file.bytes.length, file_path: path }
    },
  },

  getUserProfilePhotos: {
    takes: { user_id: 'int', offset: 'int', limit: 'int' },
    run: ({ given }) => {
      if (!given.has('user_id')) refuse(400, 'Invalid user_id specified')
      return { total_count: 0, photos: [] }
    },
  },

  getChat: {
    takes: { chat_id: 'chat' },
    run: (call) => {
      const chat = heard(call)
      return {
        ...chat.about,
        accent_color_id: 1,
        max_reaction_count: 11,
        accepted_gift_types: {
          unlimited_gifts: false,
          limited_gifts: false,
          unique_gifts: false,
          premium_subscription: false,
          gifts_from_channels: false,
        },
      }
    },
  },

  getChatMember: {
    takes: { chat_id: 'chat', user_id: 'int' },
    run: (call) => {
      const chat = heard(call)
      const id = call.given.int('user_id') ?? refuse(400, 'Invalid user_id specified')
      const user = call.world.userById(id)
      const status = chat.members.get(id)
      return user && status ? { user, status } : refuse(400, 'PARTICIPANT_ID_INVALID')
    },
  },

  getChatMemberCount: {
    takes: { chat_id: 'chat' },
    run: (call) => [...heard(call).members.values()].filter(isInside).length,
  },

  leaveChat: {
    takes: { chat_id: 'chat' },
    run: (call) => {
      heard(call).members.set(call.bot.user.id, 'left')
      return true
    },
  },

  sendChatAction: {
    takes: { chat_id: 'chat', action: 'text', message_thread_id: 'int', business_connection_id: 'text' },
    run: ({ world, bot, given }) => {
      const chat = world.chatFor(bot, given.chat())
      world.mayWrite(bot, chat)
      const what = given.text('action') ?? ''
      if (!ACTIONS.has(what)) refuse(400, 'Wrong parameter action in request')
      chat.action = { what, until: world.clock.now() + ACTION_MS }
      return true
    },
  },

  answerCallbackQuery: {
    takes: { callback_query_id: 'text', text: 'text', show_alert: 'bool', url: 'text', cache_time: 'int' },
    run: ({ world, bot, given }) => {
      const press = bot.presses.get(given.text('callback_query_id') ?? '')
      if (!press || world.clock.now() > press.until)
        return refuse(400, 'Query is too old and response timeout expired or query ID is invalid')
      const text = given.text('text') ?? ''
      if (text.length > TOAST) refuse(400, 'MESSAGE_TOO_LONG')
      press.answer = text
      return true
    },
  },

  setMyCommands: {
    takes: { commands: 'json', scope: 'json', language_code: 'text' },
    run: ({ bot, given }) => {
      const commands = given.json<{ command: string; description: string }[]>('commands')
      if (!commands) return refuse(400, "Can't parse commands: expected an Array")
      if (commands.length > 100) refuse(400, 'BOT_COMMANDS_TOO_MUCH')
      if (commands.some(({ command }) => !/^[a-z0-9_]{1,32}$/.test(command))) refuse(400, 'BOT_COMMAND_INVALID')
      if (commands.some(({ description }) => !description || description.length > 256))
        refuse(400, 'BOT_COMMAND_DESCRIPTION_INVALID')
      bot.commands = commands
      return true
    },
  },
  getMyCommands: { takes: { scope: 'json', language_code: 'text' }, run: ({ bot }) => bot.commands },
  deleteMyCommands: {
    takes: { scope: 'json', language_code: 'text' },
    run: ({ bot }) => {
      bot.commands = []
      return true
    },
  },
}

/** A chat the bot may look at: its private ones, and rooms it is in. */
function heard({ world, bot, given }: Call): Chat {
  const chat = world.chatFor(bot, given.chat())
  const { type } = chat.about
  if (type === 'private') return chat.isOpen ? chat : refuse(400, 'Chat not found')
  const status = chat.members.get(bot.user.id)
  if (status === 'kicked') refuse(403, `Bot was kicked from the ${type} chat`)
  if (!isInside(status)) refuse(403, `Bot is not a member of the ${type} chat`)
  return chat
}

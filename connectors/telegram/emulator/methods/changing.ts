/** Calls that change what was said. https://core.telegram.org/bots/api#updating-messages */
import type { ApiContent } from '../api-types.ts'
import { readMarkup } from '../markup.ts'
import type { ParameterType } from '../parameters.ts'
import { refuse } from '../refusal.ts'
import { asTelegramReacts, REACTIONS } from '../reactions.ts'
import type { Chat, Said } from '../world.ts'
import type { Call, Methods } from './method.ts'
import { captionIn, mediaContent, pointIn, textIn, type InputMedia } from './sending.ts'

const TARGET: Record<string, ParameterType> = {
  business_connection_id: 'text',
  chat_id: 'chat',
  message_id: 'int',
  inline_message_id: 'text',
  reply_markup: 'json',
}
const DELETE_WITHIN_S = 48 * 3600
const FILES = ['photo', 'video', 'animation', 'audio', 'document', 'voice', 'video_note', 'sticker']

export const changing: Methods = {
  editMessageText: {
    takes: { ...TARGET, text: 'text', parse_mode: 'text', entities: 'json', link_preview_options: 'json' },
    isSending: true,
    run: (call) =>
      edit(call, ({ message }) => {
        if (message.text === undefined) refuse(400, 'There is no text in the message to edit')
        return { entities: undefined as never, ...textIn(call) }
      }),
  },

  editMessageCaption: {
    takes: {
      ...TARGET,
      caption: 'text',
      parse_mode: 'text',
      caption_entities: 'json',
      show_caption_above_media: 'bool',
    },
    isSending: true,
    run: (call) =>
      edit(call, ({ message }) => {
        if (!FILES.some((kind) => message[kind] !== undefined))
          refuse(400, 'There is no caption in the message to edit')
        return { caption: undefined as never, caption_entities: undefined as never, ...captionIn(call) }
      }),
  },

  editMessageMedia: {
    takes: { ...TARGET, media: 'json' },
    isSending: true,
    run: async (call) => {
      const item = call.given.json<InputMedia>('media') ?? refuse(400, "Can't parse InputMedia: Media not found")
      target(call)
      const content = await mediaContent(call, item)
      return edit(call, ({ message }) => {
        if (!FILES.some((kind) => message[kind] !== undefined) && message.text === undefined)
          refuse(400, "Message can't be edited")
        const gone = Object.fromEntries([...FILES, 'caption', 'caption_entities'].map((kind) => [kind, undefined]))
        return { ...gone, ...content }
      })
    },
  },

  editMessageReplyMarkup: {
    takes: TARGET,
    isSending: true,
    run: (call) => edit(call, () => ({})),
  },

  editMessageLiveLocation: {
    takes: {
      ...TARGET,
      latitude: 'float',
      longitude: 'float',
      horizontal_accuracy: 'float',
      live_period: 'int',
      heading: 'int',
      proximity_alert_radius: 'int',
    },
    isSending: true,
    run: (call) =>
      edit(call, ({ message }) => {
        const now = message.location as { live_period?: number } | undefined
        if (!now?.live_period) refuse(400, "Message can't be edited")
        return { location: { ...now, ...pointIn(call.given) } }
      }),
  },

  deleteMessage: {
    takes: { chat_id: 'chat', message_id: 'int' },
    isSending: true,
    run: (call) => {
      const { chat, said } = target(call, 'delete')
      checkDeletable(call, chat, said)
      chat.messages.delete(said.message.message_id)
      return true
    },
  },

  deleteMessages: {
    takes: { chat_id: 'chat', message_ids: 'json' },
    isSending: true,
    run: ({ world, bot, given }) => {
      const ids = given.json<number[]>('message_ids') ?? []
      if (ids.length < 1 || ids.length > 100) refuse(400, 'Message identifiers are not specified')
      const chat = world.chatFor(bot, given.chat())
      for (const id of ids) chat.messages.delete(id)
      return true
    },
  },

  setMessageReaction: {
    takes: { chat_id: 'chat', message_id: 'int', reaction: 'json', is_big: 'bool' },
    isSending: true,
    run: (call) => {
      const { said } = target(call, 'react')
      const wanted = call.given.json<{ type: string; emoji?: string }[]>('reaction') ?? []
      if (wanted.length > 1) refuse(400, 'REACTIONS_TOO_MANY')
      const emoji = wanted.map((each) => (each.type === 'emoji' ? (each.emoji ?? '') : refuse(400, 'REACTION_INVALID')))
      if (emoji.some((each) => !REACTIONS.has(asTelegramReacts(each)) || each.includes('\ufe0f')))
        refuse(400, 'REACTION_INVALID')
      said.reactions.set(call.bot.user.id, emoji)
      return true
    },
  },

  stopPoll: {
    takes: { chat_id: 'chat', message_id: 'int', reply_markup: 'json', business_connection_id: 'text' },
    isSending: true,
    run: (call) => {
      const { said } = target(call)
      const poll = said.message.poll as { is_closed: boolean } | undefined
      if (!poll) return refuse(400, 'Message with poll to stop not found')
      if (poll.is_closed) refuse(400, 'Poll has already been closed')
      poll.is_closed = true
      return poll
    },
  },
}

function target({ world, bot, given }: Call, what = 'edit'): { chat: Chat; said: Said } {
  if (given.has('inline_message_id')) refuse(400, 'MESSAGE_ID_INVALID')
  const chat = world.chatFor(bot, given.chat())
  world.mayWrite(bot, chat)
  return { chat, said: world.find(chat, given.int('message_id'), what) }
}

/** @param change  new fields; undefined ones vanish */
function edit(call: Call, change: (said: Said) => ApiContent): unknown {
  const { chat, said } = target(call)
  if (said.by !== call.bot) refuse(400, "Message can't be edited")
  const { inline, keyboard } = readMarkup(call.given.json('reply_markup'), chat)
  if (keyboard) refuse(400, 'Inline keyboard expected')
  const before = said.message
  const after: Record<string, unknown> = { ...before, ...change(said), reply_markup: inline }
  for (const key of Object.keys(after)) if (after[key] === undefined) delete after[key]
  if (JSON.stringify(sorted(after)) === JSON.stringify(sorted(before)))
    refuse(
      400,
      'Message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message',
    )
  said.message = { ...(after as typeof before), edit_date: call.world.clock.seconds() }
  return call.world.seenBy(call.bot, said.message)
}

/** The time of an earlier edit is no content. */
const sorted = ({ edit_date: _edited, ...message }: Record<string, unknown>) =>
  Object.entries(message).toSorted(([a], [b]) => (a < b ? -1 : 1))

function checkDeletable({ bot, world }: Call, chat: Chat, { message, by }: Said): void {
  if (world.clock.seconds() - message.date > DELETE_WITHIN_S) refuse(400, "Message can't be deleted for everyone")
  const isOthers = by !== bot && chat.about.type !== 'private'
  if (isOthers && chat.members.get(bot.user.id) !== 'administrator') refuse(400, "Message can't be deleted")
}

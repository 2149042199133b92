/** One op → the calls that do it. Pure: `fit` has already cut the content to what the abilities allow. */
import { z } from 'zod'
import type { Context, Op, OpDo, Plan, Sent } from '#connector-kit/connector.ts'
import { SendError } from '#connector-kit/send-error.ts'
import { call, chatId, isTooLateToAnswer, read, type ChatId } from './api.ts'
import { edit } from './edit.ts'
import { asTelegramWrites } from './reactions.ts'
import { send } from './send.ts'
import type { Settings } from './settings.ts'

export function* outgoing(op: Op, c: Context<Settings>): Plan<Sent> {
  switch (op.do) {
    case 'message':
      return yield* send(op, placeOf(op), c)

    case 'edit':
      return yield* edit(op, c)

    case 'delete': {
      const target = targetOf(op.target)
      read(yield call(c, 'deleteMessage', target), Done, target.chat_id)
      return NOTHING
    }

    case 'react': {
      const target = targetOf(op.target)
      const reaction = op.emoji.map((emoji) => ({ type: 'emoji' as const, emoji: asTelegramWrites(emoji) }))
      read(yield call(c, 'setMessageReaction', { ...target, reaction }), Done, target.chat_id)
      return NOTHING
    }

    case 'typing': {
      // There is no call to take it down: it fades, or the message comes.
      if (op.kind === 'stop') return NOTHING
      const place = placeOf(op)
      read(yield call(c, 'sendChatAction', { chat_id: place, action: ACTIONS[op.kind] }), Done, place)
      return NOTHING
    }

    case 'answer': {
      const text = op.text ? { text: op.text.slice(0, ANSWER) } : {}
      const reply = yield call(c, 'answerCallbackQuery', { callback_query_id: op.press, ...text })
      if (!isTooLateToAnswer(reply)) read(reply, Done)
      return NOTHING
    }

    // Only business accounts can mark as read; the abilities say so.
    case 'read':
      return NOTHING
  }
}

const ACTIONS = { text: 'typing', voice: 'record_voice', file: 'upload_document' } as const
const NOTHING: Sent = { ids: [] }
const Done = z.unknown()
/** https://core.telegram.org/bots/api#answercallbackquery: 0–200 characters */
const ANSWER = 200

/** A private chat has the person's own id. */
function placeOf({ chat, to }: Op): ChatId {
  const place = chat ?? to
  if (place === undefined) throw new SendError('bug', { words: 'an op without a place' })
  return chatId(place)
}

export const targetOf = ({ chat, id }: Extract<OpDo, { do: 'edit' }>['target']) => ({
  chat_id: chatId(chat),
  message_id: Number(id),
})

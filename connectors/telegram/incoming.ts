/**
 * One update → what it tells. Pure.
 *
 * update → the one kind beside `update_id` → the reader of that kind in the table → Incoming[]; no reader: `unknown`, kept and shown.
 * https://core.telegram.org/bots/api#update
 */
import type { Context, Event, Incoming } from '#connector-kit/connector.ts'
import { editIn, messageIn } from './messages.ts'
import { memberChanged, ourMembershipChanged } from './membership.ts'
import {
  Anything,
  CallbackQuery,
  JoinRequest,
  MessageReaction,
  ReactionCount,
  Update,
  type ReactionType,
} from './payloads.ts'
import { asTelegramWrites } from './reactions.ts'
import { readAs } from './read-as.ts'
import type { Reader, Reading } from './reading.ts'
import type { Settings } from './settings.ts'
import { chatAsWho, isRoom, chatName, whoIs } from './who.ts'

export function incoming(event: Event, c: Context<Settings>): Incoming[] {
  const update = readAs(Update, event.body, 'an update')
  const kind = Object.keys(update).find((key) => key !== 'update_id' && update[key] !== null)
  if (!kind) return [{ is: 'unknown', what: 'empty', at: c.now }]
  // A stranger's word may be `toString`, which every object has.
  const read = Object.hasOwn(READERS, kind) ? READERS[kind] : undefined
  const reading = { c, updateId: update.update_id }
  return read ? read(update[kind], reading) : unknownKind(kind, update[kind], reading)
}

const READERS: Readonly<Record<string, Reader>> = {
  message: messageIn,
  channel_post: messageIn,
  edited_message: editIn,
  edited_channel_post: editIn,
  my_chat_member: ourMembershipChanged,
  chat_member: memberChanged,

  chat_join_request: (payload, { c, updateId }) => {
    const request = readAs(JoinRequest, payload, 'chat_join_request')
    const by = whoIs(request.from, c.me)
    return [
      {
        is: 'message',
        ref: { chat: String(request.chat.id), id: `update:${updateId}` },
        by,
        at: new Date(request.date * 1000),
        content: { parts: [{ kind: 'event', what: 'asked_to_join', who: [by.name ?? by.id] }] },
        ...(isRoom(request.chat) ? { group: { name: chatName(request.chat) } } : {}),
      },
    ]
  },

  callback_query: (payload, { c }) => {
    const query = readAs(CallbackQuery, payload, 'callback_query')
    const by = whoIs(query.from, c.me)
    // A game, or a button under a message that somebody sent through the bot: nothing of ours stands there.
    if (!query.message || query.data === undefined) return [{ is: 'unknown', what: 'callback_query', by, at: c.now }]
    const chat = String(query.message.chat.id)
    const on = { chat, id: String(query.message.message_id) }
    return [{ is: 'press', id: query.id, chat, by, at: c.now, value: query.data, on }]
  },

  message_reaction: (payload, { c }) => {
    const told = readAs(MessageReaction, payload, 'message_reaction')
    const actor = told.user ? whoIs(told.user, c.me) : chatAsWho(told.actor_chat ?? told.chat)
    const target = { chat: String(told.chat.id), id: String(told.message_id) }
    return [{ is: 'reaction', target, by: actor, set: told.new_reaction.map(emojiOf) }]
  },

  /** Reactions without names, in channels. How many of each is seen in Telegram only. */
  message_reaction_count: (payload) => {
    const told = readAs(ReactionCount, payload, 'message_reaction_count')
    return [{ is: 'unknown', what: 'message_reaction_count', by: chatAsWho(told.chat), at: new Date(told.date * 1000) }]
  },
}

/** Payments, business mode, inline mode, votes, boosts, and whatever comes next: kept, and shown as what it is. */
function unknownKind(what: string, payload: unknown, { c }: Reading): Incoming[] {
  const told = Anything.safeParse(payload).data
  const user = told?.from ?? told?.user
  const chat = told?.chat ?? told?.voter_chat
  const by = user ? whoIs(user, c.me) : chat && chatAsWho(chat)
  return [{ is: 'unknown', what, at: told?.date ? new Date(told.date * 1000) : c.now, ...(by ? { by } : {}) }]
}

/** Animated emoji have no character of their own; a paid reaction is a star. */
function emojiOf(reaction: ReactionType): string {
  if (reaction.type === 'emoji' && reaction.emoji) return asTelegramWrites(reaction.emoji)
  return reaction.type === 'paid' ? '⭐' : '❔'
}

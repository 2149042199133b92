/** Their users and chats as ours. */
import type { Me, Who } from '#connector-kit/connector.ts'
import type { Chat, Message, User } from './payloads.ts'

export function whoIs(user: User, me: Me): Who {
  return {
    id: String(user.id),
    name: nameOf(user),
    ...(user.username ? { handle: user.username } : {}),
    ...(user.language_code ? { language: user.language_code } : {}),
    ...(String(user.id) === me.id ? { self: true as const } : {}),
    ...(user.is_bot ? { bot: true as const } : {}),
  }
}

/** A channel, or a group whose administrators write in its name. */
export function chatAsWho(chat: Chat): Who {
  const name = chatName(chat)
  return { id: String(chat.id), ...(name ? { name } : {}), ...(chat.username ? { handle: chat.username } : {}) }
}

/** `from` of a message in a group's own name is only a stand-in (GroupAnonymousBot): the chat comes first. */
export function authorOf(message: Message, me: Me): Who {
  if (message.sender_chat) return chatAsWho(message.sender_chat)
  if (message.from) return whoIs(message.from, me)
  return chatAsWho(message.chat)
}

export const nameOf = (user: User): string =>
  user.last_name ? `${user.first_name} ${user.last_name}` : user.first_name

export const chatName = (chat: Chat): string =>
  chat.title ?? [chat.first_name, chat.last_name].filter(Boolean).join(' ')

/** Everything but a private chat is a room: groups, supergroups, channels. */
export const isRoom = (chat: Chat): boolean => (chat.type === undefined ? chat.id < 0 : chat.type !== 'private')

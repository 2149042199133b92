/** What happened in a chat, told as messages: one row per kind. https://core.telegram.org/bots/api#message, "Service message: …" */
import type { Part } from '#contract/message/content.ts'
import type { Message } from './payloads.ts'
import { chatName, nameOf } from './who.ts'

/** Their key → our word for it. */
const EVENTS: Readonly<Record<string, string>> = {
  new_chat_members: 'joined',
  left_chat_member: 'left',
  new_chat_title: 'renamed',
  new_chat_photo: 'photo_changed',
  delete_chat_photo: 'photo_removed',
  group_chat_created: 'created',
  supergroup_chat_created: 'created',
  channel_chat_created: 'created',
  pinned_message: 'pinned',
  message_auto_delete_timer_changed: 'auto_delete_changed',
  forum_topic_created: 'topic_created',
  forum_topic_edited: 'topic_changed',
  forum_topic_closed: 'topic_closed',
  forum_topic_reopened: 'topic_reopened',
  general_forum_topic_hidden: 'topic_hidden',
  general_forum_topic_unhidden: 'topic_shown',
  video_chat_scheduled: 'call_scheduled',
  video_chat_started: 'call_started',
  video_chat_ended: 'call_ended',
  video_chat_participants_invited: 'call_invited',
  users_shared: 'users_shared',
  chat_shared: 'chat_shared',
  write_access_allowed: 'writing_allowed',
  connected_website: 'signed_in_by_website',
  proximity_alert_triggered: 'came_near',
  boost_added: 'boosted',
  chat_background_set: 'background_changed',
  chat_owner_left: 'owner_left',
  chat_owner_changed: 'owner_changed',
}

/**
 * @param given  the message as it came, for keys that say all by being there
 * @returns      [] when nothing happened, or only to the bot itself: `my_chat_member` tells that
 */
export function eventsOf(message: Message, given: Readonly<Record<string, unknown>>, ours: string): Part[] {
  const key = Object.keys(EVENTS).find((candidate) => given[candidate] !== undefined)
  if (!key) return []
  const who = whomOf(key, message, ours)
  return who ? [{ kind: 'event', what: EVENTS[key]!, who }] : []
}

/** The names that make a sentence of it; the author of the message is known besides. */
function whomOf(key: string, message: Message, ours: string): string[] | null {
  switch (key) {
    case 'new_chat_members': {
      const others = message.new_chat_members?.filter((user) => String(user.id) !== ours) ?? []
      return others.length > 0 ? others.map(nameOf) : null
    }
    case 'left_chat_member': {
      const left = message.left_chat_member
      return left && String(left.id) !== ours ? [nameOf(left)] : null
    }
    case 'new_chat_title':
      return [message.new_chat_title ?? '']
    default:
      return message.from ? [nameOf(message.from)] : [chatName(message.sender_chat ?? message.chat)].filter(Boolean)
  }
}

/** Whether the message is one of these, whatever becomes of it. */
export const tellsEvent = (given: Readonly<Record<string, unknown>>): boolean =>
  Object.keys(EVENTS).some((key) => given[key] !== undefined)

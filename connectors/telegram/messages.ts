/** Messages, posts of channels, and their edits. */
import type { Incoming } from '#connector-kit/connector.ts'
import type { Content, Part } from '#contract/message/content.ts'
import { richOf } from './entities.ts'
import { partsOf, quotedOf, storyOf } from './parts.ts'
import { Message, type Origin } from './payloads.ts'
import { readAs } from './read-as.ts'
import type { Reading } from './reading.ts'
import { eventsOf, tellsEvent } from './service-messages.ts'
import { authorOf, chatName, isRoom, nameOf } from './who.ts'

export function messageIn(payload: unknown, { c }: Reading): Incoming[] {
  const message = readAs(Message, payload, 'message')
  const moved = movedBy(message)
  if (moved) return [moved]
  const started = startOf(message)
  const chat = String(message.chat.id)
  const by = authorOf(message, c.me)
  const at = new Date(message.date * 1000)
  if (started) return [{ is: 'start', chat, by, at, ...(started.token ? { token: started.token } : {}) }]

  const given = payload as Record<string, unknown>
  const content = contentOf(message, given, c.me.id)
  if (!content) return []
  const { contact } = message
  // Anybody's card can be shared; only one's own proves the number. Telegram writes it without the plus.
  const isOwnPhone = contact !== undefined && contact.user_id === message.from?.id
  const replyTo = replyOf(message)
  const forwarded = message.forward_origin && { name: originName(message.forward_origin) }
  return [
    {
      is: 'message',
      ref: { chat, id: String(message.message_id) },
      by: isOwnPhone ? { ...by, phone: `+${contact.phone_number.replace(/^\+/, '')}` } : by,
      at,
      order: String(message.message_id),
      content,
      ...(replyTo ? { replyTo } : {}),
      // In groups without topics the same field only names a chain of replies.
      ...(message.is_topic_message && message.message_thread_id ? { thread: String(message.message_thread_id) } : {}),
      ...(forwarded ? { forwarded } : {}),
      ...(message.media_group_id ? { album: message.media_group_id } : {}),
      ...(isRoom(message.chat) ? { group: { name: chatName(message.chat) } } : {}),
    },
    ...('write_access_allowed' in given ? [{ is: 'permission' as const, by, may: true }] : []),
  ]
}

/** May also fire for changes a bot cannot see: an unchanged text is normal. A live location moves by edits. */
export function editIn(payload: unknown, { c }: Reading): Incoming[] {
  const message = readAs(Message, payload, 'edited message')
  const content = contentOf(message, payload as Record<string, unknown>, c.me.id)
  if (!content) return []
  return [
    {
      is: 'edit',
      target: { chat: String(message.chat.id), id: String(message.message_id) },
      by: authorOf(message, c.me),
      at: new Date((message.edit_date ?? message.date) * 1000),
      content,
    },
  ]
}

/** @returns null when it only repeats what another update tells */
function contentOf(message: Message, given: Record<string, unknown>, ours: string): Content | null {
  if (tellsEvent(given)) {
    const events = eventsOf(message, given, ours)
    return events.length > 0 ? { parts: events } : null
  }
  const parts = partsOf(message)
  return { parts: [...quotedOf(message), ...(parts.length > 0 ? parts : unreadable(message, given))] }
}

/** A kind that has no part of ours: its name, where it can be opened, and the words that stood under it. */
function unreadable(message: Message, given: Record<string, unknown>): Part[] {
  const words: Part[] = message.caption ? [{ kind: 'text', ...richOf(message.caption, message.caption_entities) }] : []
  if (message.story) return [storyOf(message.story), ...words]
  const what = Object.keys(given).find((key) => !ABOUT.has(key) && !isEmpty(given[key])) ?? 'empty'
  const { username } = message.chat
  const open = isRoom(message.chat) && username ? { openUrl: `https://t.me/${username}/${message.message_id}` } : {}
  return [{ kind: 'unknown', what, ...open }, ...words]
}

const isEmpty = (value: unknown) => value === '' || (Array.isArray(value) && value.length === 0)

/** Keys that stand beside what was said, not for it. */
const ABOUT = new Set(
  `message_id message_thread_id direct_messages_topic from sender_chat sender_boost_count sender_business_bot sender_tag date guest_query_id
   business_connection_id chat forward_origin is_topic_message is_automatic_forward reply_to_message external_reply quote reply_to_story
   reply_to_checklist_task_id reply_to_poll_option_id via_bot guest_bot_caller_user guest_bot_caller_chat edit_date has_protected_content
   is_from_offline is_paid_post media_group_id author_signature paid_star_count entities link_preview_options suggested_post_info effect_id
   caption caption_entities show_caption_above_media has_media_spoiler reply_markup`.split(/\s+/),
)

/** The first message of a topic is what all the others formally answer; only a real answer counts. */
function replyOf({
  reply_to_message: target,
  is_topic_message: inTopic,
  message_thread_id: thread,
  pinned_message: pinned,
}: Message) {
  const shown = pinned ?? target
  if (!shown || (inTopic && shown.message_id === thread && shown.forum_topic_created !== undefined)) return undefined
  return { chat: String(shown.chat.id), id: String(shown.message_id) }
}

/** Both chats tell of the upgrade: the group that ends and the supergroup that begins. */
function movedBy({ chat, migrate_to_chat_id: to, migrate_from_chat_id: from }: Message): Incoming | undefined {
  if (to !== undefined) return { is: 'moved', what: 'chat', from: String(chat.id), to: String(to) }
  if (from !== undefined) return { is: 'moved', what: 'chat', from: String(from), to: String(chat.id) }
  return undefined
}

/**
 * The button Start, or a link `t.me/bot?start=token`: the text `/start token`. A link's parameter has at most 64 of these characters.
 * In groups, or with other words behind it, it is a text like any other.
 */
function startOf({ text, chat, forward_origin: origin }: Message): { token: string | undefined } | undefined {
  const said = !isRoom(chat) && !origin && text !== undefined && /^\/start(?: ([\w-]{1,64}))?$/.exec(text)
  return said ? { token: said[1] } : undefined
}

const originName = (origin: Origin): string => {
  const chat = origin.sender_chat ?? origin.chat
  return origin.sender_user ? nameOf(origin.sender_user) : (origin.sender_user_name ?? (chat && chatName(chat)) ?? '')
}

/** A group, a supergroup with topics, or a channel, with the bot inside. */
import type { ApiChat, ApiContent } from './api-types.ts'
import { phoneOf, type PhoneDeps, type TelegramPhone } from './phone.ts'
import type { Bot, Chat, MemberStatus, World } from './world.ts'

export interface Room {
  readonly id: string
  /** A member's phone; joins when it was not in yet. */
  phone(name: string): TelegramPhone
  join(name: string): void
  leave(name: string): void
  rename(title: string, by: string): void
  /** Opens a topic; its id is what messages in it name. */
  topic(name: string, by: string): number
  /** Writes in a topic. */
  sayIn(topic: number, by: string, text: string): void
  addBot(by: string, status?: MemberStatus): void
  removeBot(by: string): void
  /** The group becomes a supergroup with another id. */
  migrate(): Room
}

export interface RoomOptions {
  type?: 'group' | 'supergroup' | 'channel'
  username?: string
  isForum?: boolean
  /** What the bot is at first; default an administrator in channels, else a member. */
  botIs?: MemberStatus
}

export function roomOf(deps: { world: World; bot: Bot; chat: Chat; mediaUrl: PhoneDeps['mediaUrl'] }): Room {
  const { world, bot, chat } = deps

  function service(by: string | undefined, content: ApiContent): number {
    const from = by === undefined || chat.about.type === 'channel' ? undefined : world.person(by)
    const said = world.say(chat, from, content)
    world.announce(chat, said, 'message')
    return said.message.message_id
  }

  function botBecomes(status: MemberStatus, by: string): void {
    const before = chat.members.get(bot.user.id) ?? 'left'
    chat.members.set(bot.user.id, status)
    const member = (now: MemberStatus) => ({ user: bot.user, status: now, ...RIGHTS[now] })
    const change = {
      chat: chat.about,
      from: world.person(by),
      date: world.clock.seconds(),
      old_chat_member: member(before),
      new_chat_member: member(status),
    }
    world.tell(bot, 'my_chat_member', change, `member:${chat.about.id}`)
  }

  function join(name: string): void {
    const user = world.person(name)
    chat.members.set(user.id, 'member')
    if (chat.about.type !== 'channel') service(name, { new_chat_members: [user] })
  }

  return {
    id: String(chat.about.id),
    join,
    phone: (name) => {
      const user = world.person(name)
      if (!chat.members.has(user.id)) chat.members.set(user.id, 'member')
      return phoneOf({ ...deps, user })
    },
    leave: (name) => {
      const user = world.person(name)
      chat.members.set(user.id, 'left')
      service(name, { left_chat_member: user })
    },
    rename: (title, by) => {
      chat.about.title = title
      service(by, { new_chat_title: title })
    },
    topic: (name, by) => {
      const id = chat.nextId
      service(by, {
        message_thread_id: id,
        is_topic_message: true,
        forum_topic_created: { name, icon_color: 7_322_096 },
      })
      chat.topics.add(id)
      return id
    },
    sayIn: (topic, by, text) => {
      const opened = chat.messages.get(topic)!.message
      service(by, { message_thread_id: topic, is_topic_message: true, reply_to_message: opened, text })
    },
    addBot: (by, status = 'member') => botBecomes(status, by),
    removeBot: (by) => botBecomes('kicked', by),
    migrate: () => {
      const about: Omit<ApiChat, 'id'> = { type: 'supergroup', title: chat.about.title ?? '' }
      const next = world.room(about)
      for (const [id, status] of chat.members) next.members.set(id, status)
      service(undefined, { migrate_to_chat_id: next.about.id })
      chat.movedTo = next.about.id
      const room = roomOf({ ...deps, chat: next })
      world.announce(next, world.say(next, undefined, { migrate_from_chat_id: chat.about.id }), 'message')
      return room
    },
  }
}

/** Required beside the status. https://core.telegram.org/bots/api#chatmemberadministrator */
const RIGHTS: Readonly<Record<MemberStatus, object>> = {
  creator: { is_anonymous: false },
  administrator: {
    can_be_edited: false,
    is_anonymous: false,
    can_manage_chat: true,
    can_delete_messages: true,
    can_manage_video_chats: true,
    can_restrict_members: true,
    can_promote_members: false,
    can_change_info: true,
    can_invite_users: true,
    can_post_stories: false,
    can_edit_stories: false,
    can_delete_stories: false,
  },
  member: {},
  left: {},
  kicked: { until_date: 0 },
}

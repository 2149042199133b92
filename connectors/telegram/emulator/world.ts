/** Who is there and what was said: bots, people, private chats (one per bot and person), rooms, messages. */
import type { ApiChat, ApiContent, ApiMessage, ApiUser } from './api-types.ts'
import type { EmulatorClock } from './clock.ts'
import type { Faults } from '#connector-kit/emulator/faults.ts'
import type { Files } from './files.ts'
import { refuse } from './refusal.ts'
import type { Updates } from './updates.ts'
import type { WebhookSender } from './webhook-sender.ts'

export interface Bot {
  token: string
  user: ApiUser & Record<string, unknown>
  /** Privacy mode is off: hears everything in groups. */
  readsAll: boolean
  updates: Updates
  webhook: WebhookSender
  /** When `setWebhook` was last called. */
  webhookSetAt: number
  commands: { command: string; description: string }[]
  /** Pressed buttons that may still be answered; `answer` is what the person was shown. */
  presses: Map<string, { until: number; answer?: string }>
}

export interface Said {
  /** As it is kept: files by `file_unique_id` alone, for every bot has its own ids. */
  message: ApiMessage
  reactions: Map<number, string[]>
  /** The bot that sent it. */
  by?: Bot
  /** The keyboard that came with it: the person's own is replaced by the newest. */
  keyboard?: Keyboard | 'removed'
}

export interface Keyboard {
  keyboard: { text: string; request_contact?: boolean; request_location?: boolean }[][]
  one_time_keyboard?: boolean
}

export interface Chat {
  about: ApiChat
  /** Of a private chat. */
  bot?: Bot
  messages: Map<number, Said>
  nextId: number
  /** Of a room: who is in it, and as what. A private chat has the person and the bot. */
  members: Map<number, MemberStatus>
  /** The person pressed Start or wrote. */
  isOpen: boolean
  isBlocked: boolean
  movedTo?: number
  /** Threads of a forum, by the id of the message that opened each. */
  topics: Set<number>
  /** What the bot is shown to be doing. */
  action?: { what: string; until: number }
}
export type MemberStatus = 'creator' | 'administrator' | 'member' | 'left' | 'kicked'

export interface World {
  readonly clock: EmulatorClock
  readonly files: Files
  readonly faults: Faults
  readonly bots: Bot[]
  /** Every update that was made, for validation. */
  readonly told: unknown[]
  person(name: string): ApiUser
  userById(id: number): ApiUser | undefined
  /** Deactivated accounts. */
  readonly gone: Set<number>
  talk(bot: Bot, person: ApiUser): Chat
  room(about: Omit<ApiChat, 'id'>): Chat
  /** @throws Refusal `chat not found` */
  chatFor(bot: Bot, id: number | string): Chat
  /** @throws Refusal when the bot may not write there */
  mayWrite(bot: Bot, chat: Chat): void
  say(chat: Chat, from: ApiUser | undefined, content: ApiContent, by?: Bot): Said
  /** @throws Refusal `message to … not found` */
  find(chat: Chat, id: number | undefined, what: string): Said
  /** A message as this bot sees it. */
  seenBy(bot: Bot, message: ApiMessage): ApiMessage
  /** To every bot that hears this chat. */
  announce(chat: Chat, said: Said, kind: 'message' | 'edited_message'): void
  tell(bot: Bot, kind: string, payload: unknown, lane: string): void
}

export function emptyWorld(deps: { clock: EmulatorClock; files: Files; faults: Faults }): World {
  const { clock, files, faults } = deps
  const people = new Map<string, ApiUser>()
  const users = new Map<number, ApiUser>()
  const chats: Chat[] = []
  const bots: Bot[] = []
  const told: unknown[] = []
  const gone = new Set<number>()
  let nextUser = 7_000_001
  let nextRoom = 5_000_001
  /** Updates that a fault holds back. */
  let held: (() => void)[] = []

  const newChat = (about: ApiChat, bot?: Bot): Chat => {
    const members = new Map<number, MemberStatus>()
    const chat: Chat = {
      about,
      messages: new Map(),
      nextId: 1,
      members,
      isOpen: false,
      isBlocked: false,
      topics: new Set(),
    }
    if (bot) chat.bot = bot
    chats.push(chat)
    return chat
  }

  function person(name: string): ApiUser {
    const known = people.get(name)
    if (known) return known
    const [first = name, ...rest] = name.split(' ')
    const plain = name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
    const user: ApiUser = {
      id: nextUser++,
      is_bot: false,
      first_name: first,
      ...(rest.length > 0 ? { last_name: rest.join(' ') } : {}),
      ...(plain.length > 2 ? { username: plain } : {}),
      language_code: /\p{Script=Cyrillic}/u.test(name) ? 'ru' : 'en',
    }
    people.set(name, user)
    users.set(user.id, user)
    return user
  }

  function talk(bot: Bot, user: ApiUser): Chat {
    const known = chats.find((chat) => chat.bot === bot && chat.about.id === user.id)
    if (known) return known
    const { id, first_name, last_name, username } = user
    const about: ApiChat = {
      id,
      type: 'private',
      first_name,
      ...(last_name ? { last_name } : {}),
      ...(username ? { username } : {}),
    }
    return newChat(about, bot)
  }

  function chatFor(bot: Bot, id: number | string): Chat {
    const isIt = ({ about }: Chat) =>
      about.id === id || (typeof id === 'string' && `@${about.username}` === id && about.type !== 'private')
    const found = chats.find((chat) => isIt(chat) && (chat.bot === undefined || chat.bot === bot))
    if (found) return found
    const user = typeof id === 'number' ? users.get(id) : undefined
    return user ? talk(bot, user) : refuse(400, 'Chat not found')
  }

  function mayWrite(bot: Bot, chat: Chat): void {
    const { type } = chat.about
    if (chat.movedTo !== undefined)
      refuse(400, 'Group chat was upgraded to a supergroup chat', { migrate_to_chat_id: chat.movedTo })
    if (type === 'private') {
      if (gone.has(chat.about.id)) refuse(403, 'User is deactivated')
      if (chat.isBlocked) refuse(403, 'Bot was blocked by the user')
      if (!chat.isOpen) refuse(403, "Bot can't initiate conversation with a user")
      return
    }
    const status = chat.members.get(bot.user.id)
    if (status === 'kicked') refuse(403, `Bot was kicked from the ${type} chat`)
    if (status === undefined || status === 'left') refuse(403, `Bot is not a member of the ${type} chat`)
    if (type === 'channel' && status === 'member') refuse(400, 'Need administrator rights in the channel chat')
  }

  function say(chat: Chat, from: ApiUser | undefined, content: ApiContent, by?: Bot): Said {
    const message: ApiMessage = {
      message_id: chat.nextId++,
      ...(from ? { from } : {}),
      ...(chat.about.type === 'channel' ? { sender_chat: chat.about } : {}),
      chat: chat.about,
      date: clock.seconds(),
      ...content,
    }
    const said: Said = { message, reactions: new Map(), ...(by ? { by } : {}) }
    chat.messages.set(message.message_id, said)
    return said
  }

  function announce(chat: Chat, said: Said, kind: 'message' | 'edited_message'): void {
    const inChannel = chat.about.type === 'channel'
    const named = inChannel ? (kind === 'message' ? 'channel_post' : 'edited_channel_post') : kind
    for (const bot of bots) {
      const isThere = chat.bot ? chat.bot === bot : isInside(chat.members.get(bot.user.id))
      // Bots do not hear other bots, nor themselves.
      if (isThere && !said.message.from?.is_bot && hears(bot, chat, said))
        tell(bot, named, world.seenBy(bot, said.message), `chat:${chat.about.id}`)
    }
  }

  function hears(bot: Bot, chat: Chat, { message }: Said): boolean {
    const { type } = chat.about
    if (type === 'private' || type === 'channel' || bot.readsAll) return true
    if (chat.members.get(bot.user.id) === 'administrator' || message.text === undefined) return true
    const handle = bot.user.username ?? ''
    const command = /^\/\w+(?:@(\w+))?/.exec(message.text)
    const lastBot = [...chat.messages.values()].findLast((each) => each.by)?.by
    const isForIt = command && (command[1] === undefined ? lastBot === bot || !lastBot : command[1] === handle)
    return Boolean(isForIt) || message.reply_to_message?.from?.id === bot.user.id
  }

  function tell(bot: Bot, kind: string, payload: unknown, lane: string): void {
    if (faults.isOn('silent')) {
      held.push(() => give(bot, kind, payload, lane))
      faults.onCalm(release)
      return
    }
    // The next one of another chat overtakes this one; alone it comes a second later.
    if (faults.take('reorder')) {
      held.push(() => give(bot, kind, payload, lane))
      void clock.sleep(1000).then(release)
      return
    }
    give(bot, kind, payload, lane)
    if (held.length > 0 && !faults.isOn('silent')) release()
  }

  function give(bot: Bot, kind: string, payload: unknown, lane: string): void {
    const pending = bot.updates.add(kind, payload, lane)
    if (!pending) return
    told.push(pending.update)
    if (faults.take('forged')) bot.webhook.forge()
    if (!faults.take('duplicate')) return
    // A webhook repeats what was not answered; a poll gets the same number again.
    if (bot.webhook.current()) bot.webhook.loseAnswer()
    else bot.updates.repeat(pending)
  }

  function release(): void {
    const now = held
    held = []
    for (const give of now) give()
  }

  const world: World = {
    clock,
    files,
    faults,
    bots,
    told,
    gone,
    person,
    talk,
    chatFor,
    mayWrite,
    say,
    announce,
    tell,
    userById: (id) => users.get(id) ?? bots.find((bot) => bot.user.id === id)?.user,
    room: (about) => newChat({ id: about.type === 'group' ? -nextRoom++ : -1_000_000_000_000 - nextRoom++, ...about }),
    find: (chat, id, what) => {
      if (id === undefined) return refuse(400, 'Message identifier is not specified')
      return chat.messages.get(id) ?? refuse(400, `Message to ${what} not found`)
    },
    seenBy: (bot, message) => withFileIds(message, bot, files) as ApiMessage,
  }
  return world
}

export const isInside = (status: MemberStatus | undefined): boolean =>
  status !== undefined && status !== 'left' && status !== 'kicked'

/** Answers never nest. */
export function asAnswered({ reply_to_message: _deeper, ...message }: ApiMessage): ApiMessage {
  return message as ApiMessage
}

/** `file_id` beside every `file_unique_id`. */
function withFileIds(value: unknown, bot: Bot, files: Files): unknown {
  if (Array.isArray(value)) return value.map((each) => withFileIds(each, bot, files))
  if (typeof value !== 'object' || value === null) return value
  const copy = Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withFileIds(each, bot, files)]))
  const unique = copy.file_unique_id
  const file = typeof unique === 'string' ? files.byUniqueId(unique) : undefined
  return file ? { file_id: files.idFor(bot.user.id, file), ...copy } : copy
}

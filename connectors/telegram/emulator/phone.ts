/** A person's Telegram: in the private chat with a bot, or in a room. */
import { randomInt } from 'node:crypto'
import type { Phone, SeenMessage } from '#connector-kit/emulator/emulator.ts'
import type { Ref } from '#connector-kit/connector.ts'
import { isMedia, type MediaPart, type Part } from '#contract/message/content.ts'
import type { ApiContent, ApiUser } from './api-types.ts'
import type { FileKind } from './files.ts'
import { format } from './formatting/formatting.ts'
import type { InlineButton } from './markup.ts'
import { shown } from './media.ts'
import { asTelegramReacts } from './reactions.ts'
import { sampleFile } from '#connector-kit/emulator/sample-files.ts'
import { seenAs, theirMarks } from './screen.ts'
import { asAnswered, type Bot, type Chat, type Keyboard, type Said, type World } from './world.ts'

export interface TelegramPhone extends Phone {
  readonly user: ApiUser
  /** Says anything that the Bot API can tell: `{ dice: … }`, `{ story: … }`, `{ forward_origin: …, text }`. */
  tell(content: ApiContent, replyTo?: Ref): Promise<Ref>
  vote(poll: Ref, options: number[]): Promise<void>
  /** What the bot is shown to be doing now. */
  action(): string | undefined
  /** What the last pressed button was answered with; undefined while its spinner turns. */
  toast(): string | undefined
  /** The account is deleted. */
  deactivate(): void
}

const PRESS_MS = 150_000

export interface PhoneDeps {
  world: World
  /** Whose buttons are pressed, who is blocked. */
  bot: Bot
  chat: Chat
  user: ApiUser
  mediaUrl: (uniqueId: string) => string
}

export function phoneOf({ world, bot, chat, user, mediaUrl }: PhoneDeps): TelegramPhone {
  const isPrivate = chat.bot !== undefined
  let lastPress: { until: number; answer?: string } | undefined
  const refOf = ({ message }: Said): Ref => ({ chat: String(chat.about.id), id: String(message.message_id) })

  function find(ref: Ref): Said {
    const said = chat.messages.get(Number(ref.id))
    if (!said) throw new Error(`there is no message ${ref.id} on this screen`)
    return said
  }

  function tell(content: ApiContent, replyTo?: Ref): Said {
    if (isPrivate) {
      if (chat.isBlocked) unblock()
      chat.isOpen = true
    }
    const target = replyTo && chat.messages.get(Number(replyTo.id))
    const answered = target ? { reply_to_message: asAnswered(target.message) } : {}
    const said = world.say(chat, chat.about.type === 'channel' ? undefined : user, { ...content, ...answered })
    world.announce(chat, said, 'message')
    return said
  }

  function unblock(): void {
    chat.isBlocked = false
    membership('kicked', 'member')
  }

  function membership(before: string, after: string): void {
    const member = (status: string) => ({ user: bot.user, status, ...(status === 'kicked' ? { until_date: 0 } : {}) })
    const change = {
      chat: chat.about,
      from: user,
      date: world.clock.seconds(),
      old_chat_member: member(before),
      new_chat_member: member(after),
    }
    world.tell(bot, 'my_chat_member', change, `member:${chat.about.id}`)
  }

  async function contentOf(part: Part): Promise<ApiContent> {
    if (isMedia(part)) return mediaContent(part)
    switch (part.kind) {
      case 'text': {
        const { text, entities } = format(part.text, {
          entities: theirMarks(part.entities),
          userById: (id) => world.userById(id),
        })
        return { text, ...(entities.length > 0 ? { entities } : {}) }
      }
      case 'location': {
        const live = part.liveUntil
          ? { live_period: Math.round((Date.parse(part.liveUntil) - world.clock.now()) / 1000) }
          : {}
        const location = { latitude: part.lat, longitude: part.lon, ...live }
        return part.title
          ? { location, venue: { location, title: part.title, address: part.address ?? '' } }
          : { location }
      }
      case 'contact':
        return { contact: { phone_number: part.phones[0] ?? '', first_name: part.name } }
      case 'poll':
        return { poll: pollOf(part) }
      case 'link':
        return { text: part.url, entities: [{ type: 'url', offset: 0, length: part.url.length }] }
      case 'unknown':
        return { [part.what]: {} }
      case 'order':
      case 'call':
      case 'event':
      case 'template':
      case 'html':
        throw new Error(`nobody can say a part "${part.kind}" in Telegram`)
    }
  }

  async function mediaContent(part: MediaPart): Promise<ApiContent> {
    const kind = kindOf(part)
    const bytes = await bytesOf(part)
    const size = part.width && part.height ? { width: part.width, height: part.height } : {}
    const seconds = part.seconds === undefined ? {} : { seconds: Math.round(part.seconds) }
    const emoji = part.kind === 'sticker' && part.emoji ? { emoji: part.emoji } : {}
    const file = world.files.store({
      kind,
      bytes,
      type: part.type,
      ...size,
      ...seconds,
      ...emoji,
      ...(part.name ? { name: part.name } : {}),
    })
    if (!part.caption?.text) return shown(file, world)
    const { text, entities } = format(part.caption.text, {
      entities: theirMarks(part.caption.entities),
      userById: (id) => world.userById(id),
    })
    return { ...shown(file, world), caption: text, ...(entities.length > 0 ? { caption_entities: entities } : {}) }
  }

  const phone: TelegramPhone = {
    name: [user.first_name, user.last_name].filter(Boolean).join(' '),
    id: String(user.id),
    user,

    start: async (token) => {
      const text = token ? `/start ${token}` : '/start'
      tell({ text, entities: [{ type: 'bot_command', offset: 0, length: 6 }] })
    },

    say: async (content, replyTo) => {
      const contents: ApiContent[] = []
      for (const part of content.parts) contents.push(await contentOf(part))
      const isAlbum = content.parts.length > 1 && content.parts.every(isMedia)
      const group = isAlbum ? { media_group_id: String(randomInt(2 ** 40)) } : {}
      const said = contents.map((each) => tell({ ...each, ...group }, replyTo))
      return refOf(said[0]!)
    },

    tell: async (content, replyTo) => refOf(tell(content, replyTo)),

    edit: async (ref, content) => {
      const said = find(ref)
      const { message_id, date, chat: where, from, sender_chat: sender, reply_to_message: reply } = said.message
      const kept = {
        message_id,
        date,
        chat: where,
        ...(from ? { from } : {}),
        ...(sender ? { sender_chat: sender } : {}),
      }
      const fresh = await contentOf(content.parts[0]!)
      said.message = {
        ...kept,
        ...(reply ? { reply_to_message: reply } : {}),
        ...fresh,
        edit_date: world.clock.seconds(),
      }
      world.announce(chat, said, 'edited_message')
    },

    /** Bots are not told. */
    remove: async (ref) => {
      chat.messages.delete(find(ref).message.message_id)
    },

    react: async (ref, emoji) => {
      const said = find(ref)
      const told = (all: string[]) => all.map((each) => ({ type: 'emoji', emoji: asTelegramReacts(each) }))
      const before = said.reactions.get(user.id) ?? []
      said.reactions.set(user.id, emoji)
      const change = {
        chat: chat.about,
        message_id: said.message.message_id,
        user,
        date: world.clock.seconds(),
        old_reaction: told(before),
        new_reaction: told(emoji),
      }
      // Seen: private chats tell too. In rooms only an administrator hears it.
      const hears = isPrivate || chat.members.get(bot.user.id) === 'administrator'
      if (hears) world.tell(bot, 'message_reaction', change, `reaction:${chat.about.id}`)
    },

    press: async (label) => {
      const newest = [...chat.messages.values()].toReversed()
      for (const said of newest) {
        const button = inlineButtons(said).find((each) => each.text === label)
        if (button) return pressed(said, button)
      }
      const key = keysOf(newest.find((said) => said.keyboard)?.keyboard).find((each) => each.text === label)
      if (!key) throw new Error(`there is no button "${label}" on this screen`)
      if (key.request_contact)
        tell({ contact: { phone_number: ownNumber(user), first_name: user.first_name, user_id: user.id } })
      else if (key.request_location) tell({ location: { latitude: 55.75, longitude: 37.62 } })
      else tell({ text: label })
    },

    vote: async (ref, options) => {
      const poll = find(ref).message.poll as ReturnType<typeof pollOf>
      for (const option of options) poll.options[option]!.voter_count++
      poll.total_voter_count++
      const persistent = options.map((option) => poll.options[option]!.persistent_id)
      const answer = { poll_id: poll.id, user, option_ids: options, option_persistent_ids: persistent }
      if (!poll.is_anonymous) world.tell(bot, 'poll_answer', answer, `poll:${user.id}`)
    },

    // Bots are told neither.
    read: async () => {},
    typing: async () => {},

    block: async (on) => {
      if (!isPrivate) throw new Error('only the private chat with a bot can be blocked')
      if (on === chat.isBlocked) return
      if (!on) return unblock()
      chat.isBlocked = true
      membership('member', 'kicked')
    },

    deactivate: () => world.gone.add(user.id),
    action: () => (chat.action && chat.action.until > world.clock.now() ? chat.action.what : undefined),
    toast: () => lastPress?.answer,
    sees: (): SeenMessage[] => [...chat.messages.values()].map((said) => seenAs(said, said.by !== undefined, mediaUrl)),
  }
  return phone

  function pressed(said: Said, button: InlineButton): void {
    // Everything else opens something on the phone itself.
    if (button.callback_data === undefined) return
    const id = String(randomInt(2 ** 46))
    const press = { until: world.clock.now() + PRESS_MS }
    bot.presses.set(id, press)
    lastPress = press
    const message = world.seenBy(bot, said.message)
    const query = { id, from: user, message, chat_instance: String(-chat.about.id), data: button.callback_data }
    world.tell(bot, 'callback_query', query, `callback:${user.id}`)
  }
}

const inlineButtons = ({ message }: Said): InlineButton[] =>
  (message.reply_markup as { inline_keyboard: InlineButton[][] } | undefined)?.inline_keyboard.flat() ?? []

const keysOf = (keyboard: Keyboard | 'removed' | undefined) =>
  keyboard === undefined || keyboard === 'removed' ? [] : keyboard.keyboard.flat()

const ownNumber = ({ id }: ApiUser): string => `7999${String(id).slice(-7)}`

function kindOf(part: MediaPart): FileKind {
  switch (part.kind) {
    case 'image':
      return 'photo'
    case 'video':
      return part.look === 'round' ? 'video_note' : part.look === 'loop' ? 'animation' : 'video'
    case 'file':
      return 'document'
    case 'audio':
    case 'voice':
    case 'sticker':
      return part.kind
  }
}

/** `remote` may be a `data:` address or one of this machine; anything else stands for a small file of that type. */
async function bytesOf({ source, type, bytes }: MediaPart): Promise<Buffer> {
  const remote = 'remote' in source ? source.remote : ''
  const isHere = /^(data:|http:\/\/(127\.0\.0\.1|localhost)[:/])/.test(remote)
  return isHere ? Buffer.from(await (await fetch(remote)).arrayBuffer()) : sampleFile(type, bytes)
}

const pollOf = (part: Extract<Part, { kind: 'poll' }>) => ({
  id: String(randomInt(2 ** 46)),
  question: part.question,
  options: part.options.map((text, index) => ({ persistent_id: String(index), text, voter_count: 0 })),
  total_voter_count: 0,
  is_closed: false,
  is_anonymous: true,
  type: 'regular',
  allows_multiple_answers: part.many,
  allows_revoting: true,
  members_only: false,
})

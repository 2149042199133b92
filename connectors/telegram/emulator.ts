/**
 * A strict small Bot API server, for tests, the playground and whoever wants to try a bot without Telegram. Facts are those of the
 * Bot API's pages and of the published server (tdlib/telegram-bot-api); where both are silent the emulator is the stricter one.
 *
 * emulator/server.ts    HTTP, tokens, faults → methods/      what each call takes and does
 * emulator/world.ts     bots, people, chats  → updates.ts    what waits for a bot → webhook-sender.ts, or a poll
 * emulator/phone.ts     what people do       → room.ts, business.ts
 */
import type { AddressInfo } from 'node:net'
import type { Emulator, EmulatorCall, EmulatorOptions, StartEmulator } from '#connector-kit/emulator/emulator.ts'
import type { ApiUser } from './emulator/api-types.ts'
import { businessAccount, type BusinessAccount } from './emulator/business.ts'
import { emulatorClock } from './emulator/clock.ts'
import { noFaults } from '#connector-kit/emulator/faults.ts'
import { emulatedFiles } from './emulator/files.ts'
import { methodsFor } from './emulator/methods/methods.ts'
import { phoneOf, type TelegramPhone } from './emulator/phone.ts'
import { roomOf, type Room, type RoomOptions } from './emulator/room.ts'
import { frontOf } from './emulator/server.ts'
import { updatesOf } from './emulator/updates.ts'
import { webhookSender } from './emulator/webhook-sender.ts'
import { emptyWorld, type Bot } from './emulator/world.ts'

export interface TelegramEmulatorOptions extends EmulatorOptions {
  /** `local` (default): webhooks may be plain http on this machine. `public`: Telegram's own rules for addresses. */
  hooks?: 'local' | 'public'
}

export interface BotOptions {
  name?: string
  handle?: string
  token?: string
  /** Privacy mode is off. Default true here, for groups are easier to try so; Telegram's own default is false. */
  readsAll?: boolean
}

export interface EmulatedBot {
  readonly id: string
  readonly handle: string
  readonly token: string
  /** Settings that sign a channel in here. */
  readonly settings: { token: string; apiUrl: string }
  /** @BotFather's /revoke: the token is worth nothing any more. */
  revoke(): void
}

/** The first bot is there from the start; phones and rooms talk to it unless another is named. */
export interface TelegramEmulator extends Emulator {
  readonly bot: EmulatedBot
  readonly settings: EmulatedBot['settings']
  /** Everything that was told to bots: updates as they were sent. */
  readonly updates: readonly unknown[]
  addBot(options: BotOptions): EmulatedBot
  phone(name: string, bot?: EmulatedBot): TelegramPhone
  room(title: string, options?: RoomOptions): Room
  business(owner: string): BusinessAccount
  /** Any update at all, of kinds that nobody knows yet too. */
  tell(kind: string, payload: unknown): void
}

const FIRST_UPDATE = 100_001

const start = async (options: TelegramEmulatorOptions = {}): Promise<TelegramEmulator> => {
  const clock = emulatorClock(options.now)
  const faults = noFaults()
  const world = emptyWorld({ clock, faults, files: emulatedFiles(clock) })
  const log: EmulatorCall[] = []
  const front = frontOf(world, methodsFor(options.hooks !== 'public'), log)
  // In one process with its clients a busy moment outlasts the usual 5 s, and a connection dies under the next request.
  front.server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve, reject) => {
    front.server.once('error', reject).listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const url = `http://127.0.0.1:${(front.server.address() as AddressInfo).port}`
  const mediaUrl = (uniqueId: string) => `${url}/media/${uniqueId}`
  const inside = new Map<string, Bot>()

  function addBot({
    name = 'Emulated Bot',
    handle = `emulated${world.bots.length || ''}_bot`,
    token,
    readsAll = true,
  }: BotOptions): EmulatedBot {
    const id = token ? Number(token.split(':')[0]) : 1_000_001 + world.bots.length
    const user: ApiUser & Record<string, unknown> = {
      id,
      is_bot: true,
      first_name: name,
      username: handle,
      can_join_groups: true,
      supports_inline_queries: false,
      can_connect_to_business: true,
      has_main_web_app: false,
    }
    const updates = updatesOf(clock, FIRST_UPDATE)
    const bot: Bot = {
      token: token ?? `${id}:AAEmulatedTokenOfTheParleyEmulator_${id}`,
      user,
      readsAll,
      updates,
      webhook: webhookSender({ clock, updates, answered: (call) => void front.answered(bot, call) }),
      webhookSetAt: Number.NEGATIVE_INFINITY,
      commands: [],
      presses: new Map(),
    }
    world.bots.push(bot)
    inside.set(bot.token, bot)
    return {
      id: String(id),
      handle,
      token: bot.token,
      settings: { token: bot.token, apiUrl: url },
      revoke: () => world.bots.splice(world.bots.indexOf(bot), 1),
    }
  }

  const first = addBot({ name: 'Parley Shop', handle: 'parley_shop_bot' })
  const mine = inside.get(first.token)!

  return {
    url,
    bot: first,
    settings: first.settings,
    log,
    updates: world.told,
    addBot,
    phone: (name, bot) => {
      const with_ = bot ? inside.get(bot.token)! : mine
      const user = world.person(name)
      return phoneOf({ world, bot: with_, chat: world.talk(with_, user), user, mediaUrl })
    },
    room: (title, { type = 'group', username, isForum, botIs } = {}) => {
      const chat = world.room({
        type,
        title,
        ...(username ? { username } : {}),
        ...(isForum ? { is_forum: true as const } : {}),
      })
      chat.members.set(mine.user.id, botIs ?? (type === 'channel' ? 'administrator' : 'member'))
      return roomOf({ world, bot: mine, chat, mediaUrl })
    },
    business: (owner) => businessAccount(world, mine, owner),
    tell: (kind, payload) => world.tell(mine, kind, payload, `other:${kind}`),
    never: {},
    met: faults.met,
    fault: faults.add,
    calm: faults.calm,
    advance: (ms) => clock.advance(ms),
    close: async () => {
      for (const bot of inside.values()) bot.webhook.stop()
      clock.stop()
      front.server.closeAllConnections()
      await new Promise<void>((resolve) => front.server.close(() => resolve()))
    },
  }
}

export default start satisfies StartEmulator

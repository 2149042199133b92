/**
 * The emulator and the connector against the whole Bot API in writing (PaulSonOfLars/telegram-bot-api-spec): whoever has that file beside
 * the repository, or names it in BOT_API_SPECIFICATION, reads here that no method, parameter or field is of our own making.
 */
import { existsSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { plain } from '#contract/message/content.ts'
import { sampleFile } from '#connector-kit/emulator/sample-files.ts'
import startEmulator, { type TelegramEmulator } from './emulator.ts'
import { methodsFor } from './emulator/methods/methods.ts'
import { objectionsTo, readSpecification, type Specification } from './specification.ts'

const FILE =
  process.env.BOT_API_SPECIFICATION ??
  new URL('../../../shared/specs/telegram-bot-api-10.1.json', import.meta.url).pathname
const isHere = existsSync(FILE)

describe.skipIf(!isHere)(`the Bot API as written in ${FILE}${isHere ? '' : ', which is not there'}`, () => {
  let spec: Specification
  let emulator: TelegramEmulator
  const calls: { method: string; given: Record<string, unknown>; result: unknown }[] = []

  beforeAll(async () => {
    spec = readSpecification(readFileSync(FILE, 'utf8'))
    emulator = await startEmulator()
    await aLivelyDay()
  })
  afterAll(() => emulator.close())

  // ---------------------------------------------------------------- a day

  async function ask(method: string, given: Record<string, unknown> = {}) {
    const files = Object.entries(given).filter(([, value]) => value instanceof Blob)
    const form = new FormData()
    for (const [name, value] of Object.entries(given))
      if (value instanceof Blob) form.set(name, value, 'a.file')
      else form.set(name, typeof value === 'string' ? value : JSON.stringify(value))
    const body = files.length > 0 ? form : JSON.stringify(given)
    const headers: Record<string, string> = files.length > 0 ? {} : { 'content-type': 'application/json' }
    const answer = await fetch(`${emulator.url}/bot${emulator.bot.token}/${method}`, { method: 'POST', headers, body })
    return (await answer.json()) as { ok: boolean; result?: unknown; error_code?: number; description?: string }
  }

  /** A call that must succeed. */
  async function call<T = { message_id: number }>(method: string, given: Record<string, unknown> = {}): Promise<T> {
    const { ok, result, description } = await ask(method, given)
    if (!ok) throw new Error(`${method}: ${description}`)
    calls.push({ method, given, result })
    return result as T
  }

  const upload = (type: string) => new Blob([new Uint8Array(sampleFile(type))], { type })

  /** Every method of the emulator, and everything people can do. */
  async function aLivelyDay(): Promise<void> {
    const KINDS = 'message edited_message channel_post edited_channel_post business_connection business_message'
    const MORE =
      'edited_business_message deleted_business_messages message_reaction callback_query poll_answer my_chat_member'
    await call('setWebhook', {
      url: 'http://127.0.0.1:9/',
      secret_token: 'word',
      allowed_updates: `${KINDS} ${MORE}`.split(' '),
    })
    await call('getWebhookInfo')
    await call('deleteWebhook', { drop_pending_updates: true })
    await call('getWebhookInfo')
    await call('getMe')
    await call('setMyCommands', { commands: [{ command: 'help', description: 'Help' }] })
    await call('getMyCommands')
    await call('deleteMyCommands')

    const ann = emulator.phone('Ann Lee')
    await ann.start('ref42')
    const chat_id = Number(ann.id)
    const here = { chat_id }
    const hello = await ann.say({
      parts: [
        { kind: 'text', text: 'see https://e.example or @ann', entities: [{ kind: 'bold', offset: 0, length: 3 }] },
      ],
    })
    await ann.edit(hello, plain('see nothing'))
    await ann.say(plain('an answer'), hello)
    await theirMedia()
    await call('getChat', here)
    await call('getChatMemberCount', here)
    await call('getUserProfilePhotos', { user_id: chat_id })
    await call('sendChatAction', { ...here, action: 'typing' })

    const inline = {
      inline_keyboard: [
        [
          { text: 'Yes', callback_data: 'y' },
          { text: 'Site', url: 'https://e.example' },
        ],
      ],
    }
    const said = await call('sendMessage', { ...here, text: '<b>Tea?</b>', parse_mode: 'HTML', reply_markup: inline })
    await ann.press('Yes')
    const press = emulator.updates.at(-1) as { callback_query: { id: string } }
    await call('answerCallbackQuery', { callback_query_id: press.callback_query.id, text: 'noted' })
    await call('editMessageText', { ...here, message_id: said.message_id, text: 'Coffee?', reply_markup: inline })
    await call('editMessageReplyMarkup', { ...here, message_id: said.message_id })
    await call('sendMessage', {
      ...here,
      text: 'here',
      reply_parameters: { message_id: Number(hello.id), quote: 'nothing' },
    })
    const keys = [[{ text: 'Phone', request_contact: true }, { text: 'Place', request_location: true }, { text: 'No' }]]
    await call('sendMessage', { ...here, text: 'Which?', reply_markup: { keyboard: keys } })
    for (const label of ['Phone', 'Place', 'No']) await ann.press(label)
    await call('setMessageReaction', {
      ...here,
      message_id: Number(hello.id),
      reaction: [{ type: 'emoji', emoji: '👍' }],
    })
    await ann.react({ chat: ann.id, id: String(said.message_id) }, ['❤'])
    await ann.react({ chat: ann.id, id: String(said.message_id) }, [])

    const photo = await call('sendPhoto', { ...here, photo: upload('image/jpeg'), caption: 'tea', has_spoiler: true })
    await call('editMessageCaption', { ...here, message_id: photo.message_id, caption: 'green tea' })
    await call('editMessageMedia', {
      ...here,
      message_id: photo.message_id,
      media: { type: 'document', media: 'attach://new' },
      new: upload('application/pdf'),
    })
    const file = await call<{ document: { file_id: string } }>('sendDocument', {
      ...here,
      document: upload('application/pdf'),
    })
    await call('getFile', { file_id: file.document.file_id })
    await call('sendVideo', { ...here, video: upload('video/mp4'), duration: 2, width: 320, height: 200 })
    await call('sendAnimation', { ...here, animation: upload('video/mp4') })
    await call('sendAudio', { ...here, audio: upload('audio/mpeg'), title: 'Song', performer: 'Bo' })
    await call('sendVoice', { ...here, voice: upload('audio/ogg') })
    await call('sendVideoNote', { ...here, video_note: upload('video/mp4'), length: 240 })
    await call('sendSticker', { ...here, sticker: upload('image/webp'), emoji: '🙂' })
    const album = [
      { type: 'photo', media: 'attach://one', caption: 'two' },
      { type: 'photo', media: 'attach://two' },
    ]
    await call('sendMediaGroup', { ...here, media: album, one: upload('image/jpeg'), two: upload('image/png') })
    const live = await call('sendLocation', {
      ...here,
      latitude: 1,
      longitude: 2,
      live_period: 60,
      horizontal_accuracy: 5,
    })
    await call('editMessageLiveLocation', { ...here, message_id: live.message_id, latitude: 1.5, longitude: 2 })
    await call('sendVenue', { ...here, latitude: 1, longitude: 2, title: 'Shop', address: 'Road 1' })
    await call('sendContact', {
      ...here,
      phone_number: '+7999',
      first_name: 'Bo',
      last_name: 'Lee',
      vcard: 'BEGIN:VCARD',
    })
    const poll = await call('sendPoll', { ...here, question: 'When?', options: [{ text: 'Now' }], is_anonymous: false })
    await ann.vote({ chat: ann.id, id: String(poll.message_id) }, [0])
    await call('stopPoll', { ...here, message_id: poll.message_id })
    await call('sendDice', here)
    const known = { ...here, from_chat_id: chat_id, message_id: Number(hello.id) }
    await call('forwardMessage', known)
    await call('copyMessage', known)
    await call('deleteMessage', { ...here, message_id: said.message_id })
    await call('deleteMessages', { ...here, message_ids: [photo.message_id, live.message_id] })
    await ann.block(true)
    await ann.block(false)

    await rooms(chat_id, Number(hello.id))
    const owner = emulator.business('Olga')
    owner.edits('Ann Lee', owner.hears('Ann Lee', 'are you open?'), 'are you open today?')
    owner.deletes('Ann Lee', [1])
    await call('getUpdates', { limit: 100, allowed_updates: [] })
    await call('logOut')
    await call('close')
  }

  async function theirMedia(): Promise<void> {
    const bo = emulator.phone('Боря')
    const source = { remote: '' }
    const caption = { text: 'look', entities: [{ kind: 'italic' as const, offset: 0, length: 4 }] }
    const image = { kind: 'image', type: 'image/jpeg', source } as const
    await bo.say({
      parts: [
        { ...image, caption },
        { ...image, type: 'image/png' },
      ],
    })
    for (const look of ['round', 'loop', 'plain'] as const)
      await bo.say({ parts: [{ kind: 'video', type: 'video/mp4', source, look }] })
    await bo.say({ parts: [{ kind: 'audio', type: 'audio/mpeg', source, name: 'song.mp3' }] })
    await bo.say({ parts: [{ kind: 'voice', type: 'audio/ogg', source, seconds: 3 }] })
    await bo.say({ parts: [{ kind: 'file', type: 'application/pdf', source, name: 'bill.pdf' }] })
    await bo.say({ parts: [{ kind: 'sticker', type: 'image/webp', source, emoji: '🙂' }] })
    await bo.say({ parts: [{ kind: 'location', lat: 1, lon: 2, title: 'Shop', address: 'Road 1' }] })
    await bo.say({ parts: [{ kind: 'location', lat: 1, lon: 2 }] })
    await bo.say({ parts: [{ kind: 'contact', name: 'Bo', phones: ['+7999'], emails: [] }] })
    await bo.say({ parts: [{ kind: 'poll', question: 'When?', options: ['Now', 'Later'], many: true }] })
  }

  async function rooms(elsewhere: number, message: number): Promise<void> {
    const group = emulator.room('Tea lovers')
    group.removeBot('Ann Lee')
    group.addBot('Ann Lee', 'administrator')
    group.join('Cy')
    const cy = group.phone('Cy')
    const said = await cy.say(plain('hi all'))
    await cy.react(said, ['👍'])
    group.rename('Coffee lovers', 'Cy')
    const chat_id = Number(group.id)
    await call('sendMessage', { chat_id, text: 'hi', reply_parameters: { message_id: message, chat_id: elsewhere } })
    await call('getChatMember', { chat_id, user_id: Number(cy.id) })
    group.leave('Cy')
    const forum = emulator.room('Forum', { type: 'supergroup', isForum: true })
    const topic = forum.topic('Green', 'Ann Lee')
    forum.sayIn(topic, 'Ann Lee', 'in here')
    await call('sendMessage', { chat_id: Number(forum.id), message_thread_id: topic, text: 'there' })
    group.migrate()
    const channel = emulator.room('News', { type: 'channel', username: 'news' })
    const post = await channel.phone('Ann Lee').say(plain('news'))
    await channel.phone('Ann Lee').edit(post, plain('old news'))
    const own = await call('sendMessage', { chat_id: '@news', text: 'from the bot' })
    await call('forwardMessage', { chat_id: elsewhere, from_chat_id: '@news', message_id: own.message_id })
    await call('leaveChat', { chat_id: Number(forum.id) })
  }

  test('what is not of the specification is found', () => {
    const user = { id: 7, is_bot: false, first_name: 'Ann' }
    expect(objectionsTo(user, ['User'], spec)).toEqual([])
    expect(objectionsTo({ ...user, id: '7', shoe_size: 40 }, ['User'], spec)).toEqual([
      'User.id: "7" is no Integer',
      'User.shoe_size: User has no such field',
    ])
    expect(objectionsTo([{ id: 7 }], ['Array of User'], spec)).toHaveLength(2)
  })

  // ---------------------------------------------------------------- the emulator

  test('each method of the emulator exists, and takes nothing that the real one does not', () => {
    const strange = [...methodsFor(true).values()].flatMap(({ name, takes }) => {
      const known = spec.methods[name]
      if (!known) return [name]
      const names = new Set((known.fields ?? []).map((field) => field.name))
      return Object.keys(takes).flatMap((parameter) => (names.has(parameter) ? [] : [`${name}.${parameter}`]))
    })
    expect(strange).toEqual([])
  })

  test('each method of the emulator was called', () => {
    const called = new Set(calls.map(({ method }) => method))
    expect([...methodsFor(true).values()].map(({ name }) => name).filter((name) => !called.has(name))).toEqual([])
  })

  test('each call is refused without a parameter that must be there', async () => {
    const taken: string[] = []
    const tried = new Set<string>()
    for (const { method, given } of calls)
      for (const { name, required } of spec.methods[method]!.fields ?? []) {
        if (!required || tried.has(`${method}.${name}`)) continue
        tried.add(`${method}.${name}`)
        const { [name]: _gone, ...rest } = given
        if ((await ask(method, rest)).error_code !== 400) taken.push(`${method}.${name}`)
      }
    expect(tried.size).toBeGreaterThan(50)
    expect(taken).toEqual([])
  })

  test('each answer is of the type that its method returns', () => {
    const wrong = calls.flatMap(({ method, result }) =>
      objectionsTo(result, spec.methods[method]!.returns, spec).map((words) => `${method}: ${words}`),
    )
    expect([...new Set(wrong)]).toEqual([])
  })

  test('each update is one of the specification', () => {
    expect(emulator.updates.length).toBeGreaterThan(40)
    const wrong = emulator.updates.flatMap((update) => objectionsTo(update, ['Update'], spec))
    expect([...new Set(wrong)]).toEqual([])
  })

  // ---------------------------------------------------------------- the connector

  test('each request of the connector names a method that exists, and only parameters of it, of their types', () => {
    const goldens = JSON.parse(readFileSync(new URL('testdata/outgoing.json', import.meta.url), 'utf8')) as {
      label: string
      requests?: { via: string; url: string; body?: { json?: object; multipart?: FormField[] } }[]
    }[]
    const seen: string[] = []
    const wrong = goldens.flatMap(({ label, requests = [] }) =>
      requests.flatMap(({ via, url, body = {} }) => {
        const method = /\/bot[^/]+\/(\w+)$/.exec(url ?? '')?.[1]
        if (via !== 'http' || !method) return []
        seen.push(method)
        return objectionsToCall(method, body.json ?? fieldsOf(body.multipart ?? [])).map(
          (words) => `${label}: ${words}`,
        )
      }),
    )
    expect(new Set(seen).size).toBeGreaterThan(15)
    expect([...new Set(wrong)]).toEqual([])
  })

  function objectionsToCall(method: string, given: object): string[] {
    const known = spec.methods[method]
    if (!known) return [`there is no method ${method}`]
    return objectionsTo(given, [method], { ...spec, types: { ...spec.types, [method]: known } })
  }
})

interface FormField {
  name: string
  value?: string
  file?: unknown
}

/** A form's fields as the values they stand for; files are named by the `attach://` of another field. */
function fieldsOf(form: readonly FormField[]): Record<string, unknown> {
  const attached = new Set(JSON.stringify(form).match(/attach:\/\/[\w-]+/g))
  return Object.fromEntries(
    form
      .filter(({ name, file }) => file === undefined || !attached.has(`attach://${name}`))
      .map(({ name, value = '' }) => [name, unwritten(value)]),
  )
}

function unwritten(value: string): unknown {
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}

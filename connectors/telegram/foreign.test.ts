/** Witnesses that know nothing of Parley: two public client libraries run against the emulator as they would against Telegram. */
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Bot as Grammy, InlineKeyboard, InputFile, Keyboard, webhookCallback } from 'grammy'
import { Telegraf, Markup } from 'telegraf'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { plain } from '#contract/message/content.ts'
import startEmulator, { type TelegramEmulator } from './emulator.ts'
import { sampleFile } from '#connector-kit/emulator/sample-files.ts'

let emulator: TelegramEmulator
/** Long enough for a machine that is busy with other tests. */
const soon = (look: () => unknown) => vi.waitFor(look, 20_000)
vi.setConfig({ testTimeout: 60_000 })
const endings: (() => unknown)[] = []

beforeEach(async () => {
  emulator = await startEmulator()
})
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end()
  await emulator.close()
})

async function listening(handle: RequestListener): Promise<string> {
  const server: Server = createServer(handle)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  endings.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const aGrammy = () => new Grammy(emulator.bot.token, { client: { apiRoot: emulator.url } })
const aTelegraf = () => new Telegraf(emulator.bot.token, { telegram: { apiRoot: emulator.url } })

test('grammY polls, answers, and a press of its button comes back and is answered', async () => {
  const bot = aGrammy()
  bot.command('start', (ctx) =>
    ctx.reply(`Welcome, ${ctx.match}`, {
      reply_markup: new InlineKeyboard().text('Yes', 'yes').url('Site', 'https://e.example'),
    }),
  )
  bot.on('callback_query:data', (ctx) => ctx.answerCallbackQuery(`got ${ctx.callbackQuery.data}`))
  bot.on('message:photo', async (ctx) => {
    const file = await ctx.getFile()
    const bytes = await (await fetch(`${emulator.url}/file/bot${emulator.bot.token}/${file.file_path}`)).arrayBuffer()
    await ctx.reply(`a photo of ${bytes.byteLength} bytes: ${ctx.message.caption}`)
  })
  const running = bot.start()
  endings.push(() => bot.stop().then(() => running))

  const ann = emulator.phone('Ann Lee')
  await ann.start('ref42')
  await soon(() => expect(ann.sees().at(-1)?.content.parts[0]).toMatchObject({ kind: 'text', text: 'Welcome, ref42' }))
  await ann.press('Yes')
  await soon(() => expect(ann.toast()).toBe('got yes'))

  const caption = { text: 'look', entities: [] }
  await ann.say({ parts: [{ kind: 'image', source: { remote: '' }, type: 'image/jpeg', caption }] })
  const size = sampleFile('image/jpeg').length
  await soon(() =>
    expect(ann.sees().at(-1)?.content.parts[0]).toMatchObject({ text: `a photo of ${size} bytes: look` }),
  )
})

test('grammY sends every kind of file, an album, a place and a poll, edits and deletes', async () => {
  const { api } = aGrammy()
  const ann = emulator.phone('Ann')
  await ann.start()
  const to = Number(ann.id)
  const file = (type: string, name: string) => new InputFile(sampleFile(type), name)

  const photo = await api.sendPhoto(to, file('image/png', 'a.png'), { caption: '<b>hi</b>', parse_mode: 'HTML' })
  expect(photo).toMatchObject({ caption: 'hi', caption_entities: [{ type: 'bold', offset: 0, length: 2 }] })
  // An id of an earlier file is as good as the file.
  const again = await api.sendPhoto(to, photo.photo.at(-1)!.file_id)
  expect(again.photo.at(-1)!.file_unique_id).toBe(photo.photo.at(-1)!.file_unique_id)
  await api.sendVideo(to, file('video/mp4', 'v.mp4'), { duration: 12, width: 640, height: 360 })
  await api.sendVideoNote(to, file('video/mp4', 'n.mp4'), { length: 240 })
  await api.sendAnimation(to, file('image/gif', 'a.gif'))
  await api.sendAudio(to, file('audio/mpeg', 'a.mp3'), { performer: 'P', title: 'T' })
  await api.sendVoice(to, file('audio/ogg', 'v.ogg'), { duration: 3 })
  await api.sendDocument(to, file('application/pdf', 'a.pdf'))
  await api.sendSticker(to, file('image/webp', 's.webp'))
  await api.sendLocation(to, 55.7, 37.6)
  await api.sendVenue(to, 55.7, 37.6, 'Cafe', 'Street 1')
  await api.sendContact(to, '79990000000', 'Bo')
  await api.sendPoll(
    to,
    'Q?',
    ['Yes', 'No'].map((text) => ({ text })),
  )
  await api.sendDice(to, '🎲')
  const album = await api.sendMediaGroup(to, [
    { type: 'photo', media: file('image/png', '1.png'), caption: 'both' },
    { type: 'video', media: file('video/mp4', '2.mp4') },
  ])
  expect(album[0]).toMatchObject({ media_group_id: expect.stringMatching(/^\d+$/), caption: 'both' })
  const kinds = ann
    .sees()
    .slice(1)
    .map(({ content }) => content.parts[0]!.kind)
  expect(kinds).toEqual([
    'image',
    'image',
    'video',
    'video',
    'video',
    'audio',
    'voice',
    'file',
    'sticker',
    'location',
    'location',
    'contact',
    'poll',
    'text',
    'image',
    'video',
  ])

  const said = await api.sendMessage(to, 'first', {
    reply_markup: new Keyboard().requestContact('My number').resized(),
  })
  await api.editMessageText(to, said.message_id, 'second')
  expect(ann.sees().at(-1)).toMatchObject({ edited: true, content: { parts: [{ text: 'second' }] } })
  await expect(api.editMessageText(to, said.message_id, 'second')).rejects.toThrow('message is not modified')
  await api.setMessageReaction(to, said.message_id, [{ type: 'emoji', emoji: '👍' }])
  expect(ann.sees().at(-1)?.reactions).toEqual(['👍'])
  await api.sendChatAction(to, 'typing')
  expect(ann.action()).toBe('typing')
  await api.deleteMessage(to, said.message_id)
  expect(ann.sees().at(-1)?.content.parts[0]!.kind).toBe('video')
})

test('grammY takes a webhook with its secret and refuses a forged one', async () => {
  const bot = aGrammy()
  bot.on('message:text', (ctx) => ctx.reply(`echo ${ctx.message.text}`))
  const statuses: number[] = []
  const handle = webhookCallback(bot, 'http', { secretToken: 'a-Secret_1' })
  const url = await listening((request, response) => {
    response.on('finish', () => statuses.push(response.statusCode))
    void handle(request, response)
  })
  await bot.api.setWebhook(url, { secret_token: 'a-Secret_1' })
  const ann = emulator.phone('Ann')
  await ann.say(plain('hello'))
  await soon(() => expect(ann.sees().at(-1)?.content).toEqual(plain('echo hello')))
  await soon(() => expect(statuses).toEqual([200]))

  emulator.fault({ is: 'forged' })
  await ann.say(plain('once more'))
  await soon(() => expect(statuses.filter((status) => status === 401)).toHaveLength(1))
  await bot.api.deleteWebhook()
})

test('grammY reads our refusals as Telegram’s', async () => {
  const { api } = aGrammy()
  const ann = emulator.phone('Ann')
  await expect(api.sendMessage(Number(ann.id), 'hi')).rejects.toMatchObject({
    error_code: 403,
    description: "Forbidden: bot can't initiate conversation with a user",
  })
  await expect(api.sendMessage(5, 'hi')).rejects.toMatchObject({
    error_code: 400,
    description: 'Bad Request: chat not found',
  })
  await ann.start()
  await ann.block(true)
  await expect(api.sendMessage(Number(ann.id), 'hi')).rejects.toMatchObject({
    error_code: 403,
    description: 'Forbidden: bot was blocked by the user',
  })
  await ann.block(false)
  emulator.fault({ is: 'throttle', after: 5 })
  await expect(api.sendMessage(Number(ann.id), 'hi')).rejects.toMatchObject({
    error_code: 429,
    parameters: { retry_after: 5 },
  })
  emulator.advance(5_000)
  await expect(api.sendMessage(Number(ann.id), '<x>', { parse_mode: 'HTML' })).rejects.toThrow(
    `can't parse entities: Unsupported start tag "x" at byte offset 0`,
  )
  emulator.bot.revoke()
  await expect(api.getMe()).rejects.toMatchObject({ error_code: 401, description: 'Unauthorized' })
})

test('telegraf polls, sends files and buttons, hears presses', async () => {
  const bot = aTelegraf()
  bot.start((ctx) => ctx.reply('Choose', Markup.inlineKeyboard([[Markup.button.callback('Blue', 'blue')]])))
  bot.action('blue', async (ctx) => {
    await ctx.answerCbQuery('blue it is')
    await ctx.editMessageText('Blue was chosen')
  })
  bot.on('document', async (ctx) => {
    const link = await ctx.telegram.getFileLink(ctx.message.document.file_id)
    const text = await (await fetch(link)).text()
    await ctx.replyWithDocument({ source: Buffer.from(text.toUpperCase()), filename: 'loud.txt' }, { caption: 'back' })
  })
  const running = bot.launch()
  endings.push(async () => {
    bot.stop()
    await running
  })
  const bo = emulator.phone('Bo')
  await bo.start()
  await soon(() => expect(bo.sees().at(-1)?.content.choices?.rows[0]?.[0]?.label).toBe('Blue'))
  await bo.press('Blue')
  await soon(() => expect(bo.sees().at(-1)?.content).toEqual(plain('Blue was chosen')))
  expect(bo.toast()).toBe('blue it is')

  const source = { remote: `data:text/plain,${encodeURIComponent('hello file')}` }
  await bo.say({ parts: [{ kind: 'file', source, type: 'text/plain', name: 'a.txt' }] })
  await soon(() =>
    expect(bo.sees().at(-1)?.content.parts[0]).toMatchObject({ kind: 'file', name: 'loud.txt', bytes: 10 }),
  )
})

test('telegraf takes a webhook with its secret', async () => {
  const bot = aTelegraf()
  bot.on('text', (ctx) => ctx.reply(`echo ${ctx.message.text}`))
  const handle = bot.webhookCallback('/hook', { secretToken: 'another' })
  const url = await listening((request, response) => void handle(request, response))
  await bot.telegram.setWebhook(`${url}/hook`, { secret_token: 'another' })
  const bo = emulator.phone('Bo')
  await bo.say(plain('hello'))
  // Its answer comes inside the answer to the webhook.
  await soon(() => expect(bo.sees().at(-1)?.content).toEqual(plain('echo hello')))
  expect(await bot.telegram.getWebhookInfo()).toMatchObject({ pending_update_count: 0, max_connections: 40 })
})

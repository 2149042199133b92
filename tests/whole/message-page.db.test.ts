/** A text that is too long even in pieces, whole: its beginning on the phone, and a page of ours that holds it. */
import { afterAll, expect, test } from 'vitest'
import { createChannel } from '#contract/calls/channels.ts'
import {
  deleteMessage,
  editMessage,
  listConversations,
  listMessages,
  previewMessage,
  sendMessage,
} from '#contract/calls/conversations.ts'
import { plain } from '#contract/message/content.ts'
import startTelegram from '#connectors/telegram/emulator.ts'
import { until } from '#tests/support/parts.ts'
import { wholeParley } from '#tests/support/whole-parley.ts'

const telegram = await startTelegram()
afterAll(() => telegram.close())
const parley = await wholeParley({ reaches: [telegram.url], env: { PARLEY_URL: 'http://127.0.0.1:1' } })
const { owner } = parley
await owner.call(createChannel, {
  body: { connector: 'telegram', name: 'Shop', settings: { ...telegram.settings, receive: 'polling' } },
})

const phone = telegram.phone('Ann')
await phone.say(plain('Send me the terms'))
const id = await until(async () => (await owner.call(listConversations, { query: {} })).items[0]?.id)
/** 65,000 characters of 65,536 that a call takes: sixteen pieces there. */
const terms = `<b>&amp; "terms"</b> ${'All sales are final. '.repeat(3_100)}THE END`

test('it goes as one message with a link, and says so before', async () => {
  const told = await owner.call(previewMessage, { params: { id }, body: { text: terms } })
  expect(told).toMatchObject({ pieces: [{}], applied: [{ rule: 'text_as_link' }] })
  const { message, page } = await sent()
  expect(message.deliveries[0]).toMatchObject({ applied: [{ rule: 'text_as_link' }] })
  expect(phone.sees()).toHaveLength(2)
  expect(page.status).toBe(200)
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
  const html = await page.text()
  expect(html).toContain('THE END')
  expect(html).toContain('&lt;b&gt;&amp;amp; &quot;terms&quot;&lt;/b&gt;')
  expect(html).not.toContain('<b>')
})

test('the page shows the newest words, and nothing once the message was taken back', async () => {
  const { message, open } = await sent()
  await owner.call(editMessage, { params: { id: message.id }, body: { text: `${terms}, AND MORE` } })
  expect(await (await open()).text()).toContain('AND MORE')
  await owner.call(deleteMessage, { params: { id: message.id } })
  await until(async () => (await open()).status === 404)
  expect(await (await open()).text()).not.toContain('final')
})

test('a changed link opens nothing', async () => {
  const { address } = await sent()
  for (const other of [`${address.slice(0, -2)}AA`, address.replace('/m/', '/l/'), `${address}x`])
    expect((await fetch(other)).status).toBe(404)
})

async function sent() {
  const { id: asked } = await owner.call(sendMessage, { params: { id }, body: { text: terms } })
  const message = await until(async () => {
    const { items } = await owner.call(listMessages, { params: { id }, query: {} })
    return items.find((each) => each.id === asked && each.deliveries[0]?.state === 'sent')
  })
  const [part] = phone.sees().findLast(({ from }) => from === 'us')!.content.parts
  const link = /http:\/\/127\.0\.0\.1:1(\/m\/[\w-]+)$/.exec(part?.kind === 'text' ? part.text : '')![1]!
  const address = `${parley.url}${link}`
  const open = () => fetch(address)
  return { message, address, open, page: await open() }
}

/** What the inbox relies on beyond the first path: files of a conversation, and a hold that keeps the order of words. */
import { afterAll, expect, test } from 'vitest'
import { createChannel } from '#contract/calls/channels.ts'
import { createContact, getContact, mergeContacts, undoAct } from '#contract/calls/contacts.ts'
import {
  cancelDelivery,
  getConversation,
  listConversations,
  listFiles,
  sendMessage,
} from '#contract/calls/conversations.ts'
import type { FileId } from '#contract/ids.ts'
import { plain } from '#contract/message/content.ts'
import startTelegram from '#connectors/telegram/emulator.ts'
import { until } from '#tests/support/parts.ts'
import { aPng } from '#tests/support/samples.ts'
import { wholeParley } from '#tests/support/whole-parley.ts'

const telegram = await startTelegram()
afterAll(() => telegram.close())
const { owner } = await wholeParley({ reaches: [telegram.url] })
await owner.call(createChannel, {
  body: { connector: 'telegram', name: 'Shop', settings: { ...telegram.settings, receive: 'webhook' } },
})

async function aTalk(name: string) {
  const phone = telegram.phone(name)
  await phone.say(plain('Hello'))
  const row = await until(async () => (await owner.call(listConversations, { query: { q: name } })).items[0])
  return { phone, params: { id: row.id } }
}
const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString()
const ours = (phone: { sees(): { from: string; content: { parts: unknown[] } }[] }) =>
  phone.sees().filter((seen) => seen.from === 'us')

test('files of a conversation are listed newest first, page by page', async () => {
  const { params } = await aTalk('Ann')
  const names = ['one.png', 'two.png', 'three.png']
  for (const name of names) {
    const file = (await owner.upload(name, 'image/png', await aPng(8, 8))) as FileId
    await owner.call(sendMessage, {
      params,
      body: { parts: [{ kind: 'image', source: { file }, type: 'image/png', name }] },
    })
  }
  const first = await owner.call(listFiles, { params, query: { limit: 2 } })
  expect(first.items.map((each) => each.name)).toEqual(['three.png', 'two.png'])
  const second = await owner.call(listFiles, { params, query: { limit: 2, cursor: first.next! } })
  expect(second).toMatchObject({ items: [{ name: 'one.png', kind: 'image', type: 'image/png' }], next: null })
})

test('a few seconds to think better of it do not let the next message overtake', async () => {
  const { phone, params } = await aTalk('Bob')
  await owner.call(sendMessage, { params, body: { text: 'First', sendAt: inSeconds(3) } })
  await owner.call(sendMessage, { params, body: { text: 'Second' } })
  await until(() => ours(phone).length === 2, 20_000)
  expect(ours(phone).map((seen) => seen.content)).toEqual([plain('First'), plain('Second')])
})

test('a message for tomorrow keeps nothing behind it', async () => {
  const { phone, params } = await aTalk('Cid')
  const later = await owner.call(sendMessage, { params, body: { text: 'Tomorrow', sendAt: inSeconds(86_400) } })
  await owner.call(sendMessage, { params, body: { text: 'Now' } })
  await until(() => ours(phone).length === 1, 20_000)
  expect(ours(phone)[0]!.content).toEqual(plain('Now'))
  const [delivery] = later.deliveries
  const taken = await owner.call(cancelDelivery, { params: { id: delivery!.id } })
  expect(taken.deliveries).toMatchObject([{ state: 'failed', reason: 'cancelled', settled: true }])
})

test('a contact that was only written down gives its name to the one who writes, and takes it back', async () => {
  const { params } = await aTalk('D.')
  const [row] = (await owner.call(listConversations, { query: { q: 'D.' } })).items
  const written = await owner.call(createContact, { body: { name: 'Dora from the fair' } })
  const merged = await owner.call(mergeContacts, { params: { id: written.id }, body: { with: row!.contact! } })
  expect(merged.contact).toMatchObject({ name: 'Dora from the fair', identities: [{ name: 'D.' }] })
  expect((await owner.call(getConversation, { params })).contact).toBe(written.id)
  const empty = await owner.call(createContact, { body: { name: 'Dora again' } })
  const second = await owner.call(mergeContacts, { params: { id: written.id }, body: { with: empty.id } })
  expect(second.contact.identities).toHaveLength(1)
  await owner.call(undoAct, { params: { id: second.act.id } })
  expect((await owner.call(getContact, { params: { id: empty.id } })).name).toBe('Dora again')
  await owner.call(undoAct, { params: { id: merged.act.id } })
  expect((await owner.call(getContact, { params: { id: row!.contact! } })).identities).toHaveLength(1)
  expect((await owner.call(getContact, { params: { id: written.id } })).identities).toEqual([])
})

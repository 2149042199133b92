/** Albums, whole: several pictures said at once are one message here and one album there; networks without albums get them one by one. */
import { expect, test } from 'vitest'
import { listConversations, listMessages, sendMessage, type MessageView } from '#contract/calls/conversations.ts'
import type { ConversationId, FileId } from '#contract/ids.ts'
import { isMedia, plain, type Content } from '#contract/message/content.ts'
import { until } from '#tests/support/parts.ts'
import { aPng } from '#tests/support/samples.ts'
import { telegramShop } from '#tests/support/telegram-shop.ts'

const { telegram, owner } = await telegramShop()

test('an album from a phone is one message, with all its files', async () => {
  const feed = await owner.feed()
  const phone = telegram.phone('Ann')
  await phone.say({ parts: [await picture('#c33', 'The cup'), await picture('#3c3'), await picture('#33c')] })
  await phone.say(plain('Broken, all three'))

  const { message } = await feed.event('message.added', (event) => event.message.content.parts[0]?.kind === 'image')
  const { conversation } = message
  const all = await until(async () => {
    const items = await messagesOf(conversation)
    return items.length === 2 && items.every(isFetched) && items
  })
  expect(all.map(({ content }) => content.parts.map(({ kind }) => kind))).toEqual([
    ['text'],
    ['image', 'image', 'image'],
  ])
  expect(
    new Set(all[1]!.content.parts.map((part) => isMedia(part) && 'file' in part.source && part.source.file)).size,
  ).toBe(3)
  expect(feed.events.filter(({ kind }) => kind === 'message.added')).toHaveLength(2)
  feed.close()
})

test('an edited caption changes its own picture only', async () => {
  const phone = telegram.phone('Bob')
  const first = await phone.say({ parts: [await picture('#c33', 'Left'), await picture('#3c3', 'Right')] })
  const conversation = await talkOf('Bob')
  await until(async () => (await messagesOf(conversation))[0]?.content.parts.length === 2)
  await phone.edit(first, { parts: [await picture('#c33', 'Left, mended')] })
  const captions = await until(async () => {
    const [message] = await messagesOf(conversation)
    const said = message!.content.parts.map((part) => (isMedia(part) ? part.caption?.text : ''))
    return message!.edited && said
  })
  expect(captions).toEqual(['Left, mended', 'Right'])
})

test('two pictures of ours leave as one album', async () => {
  const phone = telegram.phone('Carl')
  await phone.say(plain('Show me'))
  const conversation = await talkOf('Carl')
  const calls = () => telegram.log.filter(({ what }) => what.startsWith('send')).map(({ what }) => what)
  const before = calls().length
  const files = [await uploaded('left.png', '#c33'), await uploaded('right.png', '#3c3')]
  const said = await owner.call(sendMessage, {
    params: { id: conversation },
    body: {
      parts: files.map((file) => ({ kind: 'image', source: { file }, type: 'image/png' })),
    } satisfies Content,
  })
  const sent = await until(async () => {
    const message = (await messagesOf(conversation)).find(({ id }) => id === said.id)
    return message?.deliveries[0]?.state === 'sent' && message
  })
  expect(calls().slice(before)).toEqual(['sendMediaGroup'])
  expect(sent.deliveries[0]!.applied).toEqual([])
})

// ---------------------------------------------------------------- what these promises are told with

async function picture(colour: string, caption?: string): Promise<Content['parts'][number]> {
  const png = await aPng(40, 30, colour)
  return {
    kind: 'image',
    source: { remote: `data:image/png;base64,${png.toString('base64')}` },
    type: 'image/png',
    ...(caption ? { caption: { text: caption, entities: [] } } : {}),
  }
}

const uploaded = async (name: string, colour: string) =>
  (await owner.upload(name, 'image/png', await aPng(40, 30, colour))) as FileId

const isFetched = ({ content }: MessageView): boolean =>
  content.parts.every((part) => !isMedia(part) || 'file' in part.source)

const messagesOf = async (id: ConversationId): Promise<MessageView[]> =>
  (await owner.call(listMessages, { params: { id }, query: {} })).items

const talkOf = (name: string): Promise<ConversationId> =>
  until(async () => (await owner.call(listConversations, { query: { q: name } })).items[0]?.id)

/** The way of a message, whole: a person's phone on an emulated network, the journal, the thread, the window's calls, and back. */
import { expect, test } from 'vitest'
import { createChannel, listQuarantine, replayQuarantine } from '#contract/calls/channels.ts'
import { createLink, getContact, splitContact } from '#contract/calls/contacts.ts'
import {
  deleteMessage,
  editMessage,
  getConversation,
  listConversations,
  listMessages,
  reactToMessage,
  resendDelivery,
  sendMessage,
  type ConversationRow,
  type MessageView,
} from '#contract/calls/conversations.ts'
import type { ConversationId, FileId, MessageId } from '#contract/ids.ts'
import { plain, type Content } from '#contract/message/content.ts'
import type { TelegramPhone } from '#connectors/telegram/emulator/phone.ts'
import { until } from '#tests/support/parts.ts'
import { aPng } from '#tests/support/samples.ts'
import { telegramShop } from '#tests/support/telegram-shop.ts'

const { telegram, parley, owner, channel } = await telegramShop()

test('what a phone writes stands in the list and comes over the socket', async () => {
  const feed = await owner.feed()
  await telegram.phone('Ann').say(plain('Hello, are you open?'))

  const { message } = await feed.event('message.added')
  expect(message).toMatchObject({ direction: 'in', author: { name: 'Ann' }, network: 'telegram', channel: channel.id })
  expect(message.content).toEqual(plain('Hello, are you open?'))
  const { items } = await owner.call(listConversations, { query: {} })
  expect(items).toMatchObject([
    { id: message.conversation, name: 'Ann', inCount: 1, readCount: 0, last: { words: 'Hello, are you open?' } },
  ])
  feed.close()
})

test('an answer reaches the phone, and is called sent only then', async () => {
  const { phone, conversation } = await aTalk('Bob')
  const feed = await owner.feed()
  const asked = await owner.call(sendMessage, {
    params: { id: conversation.id },
    body: { text: 'Yes, until nine.' },
  })
  expect(asked.deliveries).toMatchObject([{ state: 'queued', channel: channel.id, why: [{ code: 'wrote_last' }] }])

  const { message } = await feed.event(
    'message.changed',
    ({ message: { deliveries } }) => deliveries[0]?.state === 'sent',
  )
  expect(message.id).toBe(asked.id)
  expect(seenWords(phone)).toEqual(['Hello from Bob', 'Yes, until nine.'])
  const states = feed.events.flatMap((event) =>
    event.kind === 'message.changed' && event.message.id === asked.id ? event.message.deliveries[0]!.state : [],
  )
  expect(states.filter((state, at) => states.indexOf(state) === at)).toEqual(['sending', 'sent'].slice(-states.length))
  feed.close()
})

test('a channel that polls brings the same', async () => {
  const bot = telegram.addBot({ handle: 'polled_bot' })
  const polled = await owner.call(createChannel, {
    body: { connector: 'telegram', name: 'Polled', settings: { ...bot.settings, receive: 'polling' } },
  })
  const { phone, conversation } = await aTalk('Paul', bot)
  await sent(conversation, { text: 'Got it' })
  expect(seenWords(phone)).toEqual(['Hello from Paul', 'Got it'])
  expect(polled.webhookUrl).toBeNull()
})

test('edits and deletions of ours reach the phone', async () => {
  const { phone, conversation } = await aTalk('Carl')
  const first = await sent(conversation, { text: 'We close at nine' })
  const second = await sent(conversation, { text: 'Sorry, wrong chat' })

  const edited = await owner.call(editMessage, { params: { id: first.id }, body: { text: 'We close at ten' } })
  expect(edited).toMatchObject({ edited: { versions: 1 }, content: plain('We close at ten') })
  await until(() => seenWords(phone).includes('We close at ten'))
  await owner.call(deleteMessage, { params: { id: second.id } })
  await until(() => !seenWords(phone).includes('Sorry, wrong chat'))
  expect(seenWords(phone)).toEqual(['Hello from Carl', 'We close at ten'])
})

test('an edit keeps the marks of the words that stayed', async () => {
  const { conversation } = await aTalk('Mark')
  const { id } = await sent(conversation, { text: 'We close at nine' })
  const entities = [{ kind: 'bold' as const, offset: 0, length: 2 }]
  await owner.call(editMessage, { params: { id }, body: { text: 'We close at ten', entities } })
  const { content } = await owner.call(editMessage, { params: { id }, body: { text: 'We close at 10' } })
  expect(content).toEqual({ parts: [{ kind: 'text', text: 'We close at 10', entities }] })
})

test('an edit and a reaction of theirs change the message that stands here', async () => {
  const { phone, conversation } = await aTalk('Dora')
  const ours = await sent(conversation, { text: 'Thank you' })
  const theirs = await phone.say(plain('See you at 5'))
  await messageWith(conversation, 'See you at 5')
  await phone.edit(theirs, plain('See you at 6'))
  const edited = await messageWith(conversation, 'See you at 6')
  expect(edited.edited).toMatchObject({ versions: 1 })

  await phone.react(phone.sees().find((seen) => seen.from === 'us')!.ref, ['👍'])
  await until(async () => (await messageById(conversation, ours.id)).reactions[0]?.emoji.includes('👍'))
})

test('our reaction and our reply stand on the phone where we put them', async () => {
  const { phone, conversation } = await aTalk('Emil')
  const [theirs] = await messagesOf(conversation)
  await owner.call(reactToMessage, { params: { id: theirs!.id }, body: { emoji: ['❤️'] } })
  await until(() => phone.sees()[0]!.reactions.length > 0)
  expect(phone.sees()[0]!.reactions.map((emoji) => emoji.replace('\uFE0F', ''))).toEqual(['❤'])

  await sent(conversation, { text: 'To this one', replyTo: theirs!.id })
  const seen = phone.sees()
  expect(seen.at(-1)!.replyTo).toEqual(seen[0]!.ref)
})

test('a reply of theirs names the message that it answers', async () => {
  const { phone, conversation } = await aTalk('Fay')
  const ours = await sent(conversation, { text: 'Red or blue?' })
  await phone.say(plain('The second'), phone.sees().at(-1)!.ref)
  expect(await messageWith(conversation, 'The second')).toMatchObject({ replyTo: ours.id })
})

test('a picture of theirs is kept and given out; one of ours arrives with its bytes', async () => {
  const { phone, conversation } = await aTalk('Gus')
  const theirs = await aPng(40, 30, '#c33')
  await phone.say(pictureOf(`data:image/png;base64,${theirs.toString('base64')}`, 'The broken cup'))
  const part = await until(async () => {
    const found = (await messagesOf(conversation)).flatMap(({ content }) => content.parts).find(isFetched)
    return found
  })
  expect(part).toMatchObject({ kind: 'image', caption: { text: 'The broken cup' }, width: 40, height: 30 })
  const given = await owner.ask('GET', `/api/files/${part.source.file}`)
  expect([given.status, given.headers.get('content-type')]).toEqual([200, expect.stringMatching(/^image\//)])

  const ours = await aPng(64, 48, '#3c3')
  const file = (await owner.upload('catalogue.png', 'image/png', ours)) as FileId
  await sent(conversation, {
    parts: [{ kind: 'image', source: { file }, type: 'image/png', caption: { text: 'A new one', entities: [] } }],
  })
  const seen = phone.sees().at(-1)!.content.parts[0]!
  expect(seen).toMatchObject({ kind: 'image', caption: { text: 'A new one' }, width: 64, height: 48 })
})

test('who blocks us is a failure with its reason; after a new word the same message is sent again', async () => {
  const { phone, conversation } = await aTalk('Hal')
  await phone.block(true)
  const { id } = await owner.call(sendMessage, { params: { id: conversation.id }, body: { text: 'Are you there?' } })
  const failed = await until(async () => {
    const [delivery] = (await messageById(conversation, id)).deliveries
    return delivery?.state === 'failed' && delivery
  })
  expect(failed).toMatchObject({ reason: 'blocked', settled: false })
  expect(await owner.call(listConversations, { query: { view: 'failed' } })).toMatchObject({
    items: [{ id: conversation.id, failed: 1 }],
  })

  await phone.block(false)
  await until(async () => (await reachOf(conversation)) === 'ok')
  await owner.call(resendDelivery, { params: { id: failed.id }, body: {} })
  await until(() => seenWords(phone).includes('Are you there?'))
  const states = await until(async () => {
    const { deliveries } = await messageById(conversation, id)
    return (
      deliveries.length === 2 &&
      deliveries.every(({ state }) => state !== 'queued' && state !== 'sending') &&
      deliveries
    )
  })
  expect(states.map(({ state }) => state).toSorted()).toEqual(['failed', 'sent'])
  expect(await owner.call(getConversation, { params: { id: conversation.id } })).toMatchObject({ failed: 0 })
})

test('a long message that stopped half-way says how far it came, and sent again goes on from there', async () => {
  const { phone, conversation } = await aTalk('Hana')
  const text = 'as long as three '.repeat(600)
  const pieces = () => seenWords(phone).filter((words) => words.includes('as long as three'))
  const { id } = await owner.call(sendMessage, { params: { id: conversation.id }, body: { text } })
  await until(() => pieces().length === 1)
  await phone.block(true)
  const failed = await until(async () => {
    const [delivery] = (await messageById(conversation, id)).deliveries
    return delivery?.state === 'failed' && delivery
  })
  expect(failed.parts).toEqual({ arrived: 1, of: 3 })

  await phone.block(false)
  await until(async () => (await reachOf(conversation)) === 'ok')
  await owner.call(resendDelivery, { params: { id: failed.id }, body: {} })
  await until(
    async () => (await messageById(conversation, id)).deliveries.some(({ state }) => state === 'sent'),
    20_000,
  )
  expect(pieces().map((words) => / \(\d\/\d\)$/.exec(words)?.[0])).toEqual([' (1/3)', ' (2/3)', ' (3/3)'])
})

test('whoever writes again after the platform had called him blocked can be answered', async () => {
  const { phone, conversation } = await aTalk('Hugo')
  telegram.fault({ is: 'blocked' })
  await owner.call(sendMessage, { params: { id: conversation.id }, body: { text: 'Are you there?' } })
  await until(async () => (await reachOf(conversation)) === 'blocked')
  await phone.say(plain('Here I am'))
  await messageWith(conversation, 'Here I am')
  await sent(conversation, { text: 'Good' })
  expect(seenWords(phone).at(-1)).toBe('Good')
})

test('"wait" of a platform silences that one channel, uses up no try, and what another channel has to say goes at once', async () => {
  const bot = telegram.addBot({ handle: 'unhurried_bot' })
  await owner.call(createChannel, {
    body: { connector: 'telegram', name: 'Unhurried', settings: { ...bot.settings, receive: 'webhook' } },
  })
  const waiting = await aTalk('Leander', bot)
  const behind = await aTalk('Odette', bot)
  const other = await aTalk('Quirin')
  telegram.fault({ is: 'throttle', after: 6 })
  const say = ({ conversation: { id } }: typeof other, text: string) =>
    owner.call(sendMessage, { params: { id }, body: { text } })
  const first = await say(waiting, 'Told to wait')
  const work = () =>
    parley.test.asOwner<{ tries: number; waits: number }>('select tries, waits from delivery_work where waits > 0')
  expect(await until(async () => (await work())[0])).toEqual({ tries: 0, waits: 1 })
  const began = performance.now()
  await say(behind, 'On the same channel')
  await sent(other.conversation, { text: 'On another' })
  expect(performance.now() - began).toBeLessThan(5_000)
  expect([seenWords(waiting.phone), seenWords(behind.phone)]).toEqual([['Hello from Leander'], ['Hello from Odette']])
  await until(() => [waiting, behind].every(({ phone }) => seenWords(phone).length === 2), 20_000)
  expect(performance.now() - began).toBeGreaterThan(4_500)
  expect((await messageById(waiting.conversation, first.id)).deliveries).toHaveLength(1)
})

test('what the network invents tomorrow stands in the thread as what we do not know, and is counted', async () => {
  const { phone, conversation } = await aTalk('Wanda')
  const kinds = async () => {
    const page = await (await parley.stranger.ask('GET', '/metrics')).text()
    return Number(/^parley_unknown_parts_total\{connector="telegram"\} (\d+)$/m.exec(page)?.[1] ?? 0)
  }
  const before = await kinds()
  await phone.tell({ hologram: { depth: 3 }, text_in_colour: true })
  await phone.say(plain('You saw that?'))
  await messageWith(conversation, 'You saw that?')
  const unknown = (await messagesOf(conversation)).find(({ content }) => content.parts[0]?.kind === 'unknown')
  expect(unknown).toMatchObject({ direction: 'in', content: { parts: [{ kind: 'unknown', what: 'hologram' }] } })
  expect((await kinds()) - before).toBe(1)
})

test('the same event told twice is one message', async () => {
  const { phone, conversation } = await aTalk('Ida')
  telegram.fault({ is: 'duplicate' })
  await phone.say(plain('Only once'))
  await phone.say(plain('And this'))
  await messageWith(conversation, 'And this')
  expect((await messagesOf(conversation)).map(wordsOf)).toEqual(['And this', 'Only once', 'Hello from Ida'])
})

test('characters that no database keeps hold nobody up, from either side', async () => {
  const { phone, conversation } = await aTalk('Ivo')
  await phone.say(plain('half an emoji \uD83D and NUL \0 here'))
  await messageWith(conversation, 'half an emoji \uFFFD and NUL \uFFFD here')
  await sent(conversation, { text: 'mine: \uDE00 \0 too' })
  expect(seenWords(phone).at(-1)).toBe('mine: \uFFFD \uFFFD too')
})

test('an event that cannot be read is put aside with its bytes, others go on, and a replay brings it in once', async () => {
  const { phone, conversation } = await aTalk('Jan')
  telegram.tell('message', { message_id: 'not a number', chat: { id: Number(phone.id), type: 'private' }, text: 'odd' })
  const { asOwner } = parley.test
  await asOwner(`
    create function poison() returns trigger language plpgsql as $$ begin raise 'poison'; end $$;
    create trigger poison before insert on message for each row when (new.content::text like '%poison%') execute function poison()`)
  await phone.say(plain('poison'))
  // Five tries with longer and longer pauses; the pauses are not what is tested here.
  await until(async () => {
    await asOwner('update inbound_work set ready_at = now() where state = 0')
    return (await owner.call(listQuarantine, { params: { id: channel.id }, query: {} })).items.length === 2
  })
  await phone.say(plain('I go on'))
  await messageWith(conversation, 'I go on')
  const { items } = await owner.call(listQuarantine, { params: { id: channel.id }, query: {} })
  expect(items).toMatchObject([
    { code: 'api_changed', body: expect.stringContaining('not a number') },
    { code: 'unreadable', tries: 5, body: expect.stringContaining('poison') },
  ])

  await asOwner('drop trigger poison on message; drop function poison()')
  await owner.call(replayQuarantine, { params: { id: channel.id }, body: {} })
  await messageWith(conversation, 'poison')
  const { items: left } = await owner.call(listQuarantine, { params: { id: channel.id }, query: {} })
  await owner.call(replayQuarantine, { params: { id: channel.id }, body: {} })
  expect(left.map(({ code }) => code)).toEqual(['api_changed'])
  expect((await messagesOf(conversation)).filter((each) => wordsOf(each) === 'poison')).toHaveLength(1)
})

test('a proof link that another address opens and agrees to makes both one contact; a split parts them', async () => {
  const { conversation } = await aTalk('Kim')
  const contact = conversation.contact!
  const { url } = await owner.call(createLink, { params: { id: contact }, body: { channel: channel.id } })
  const token = new URL(url!).searchParams.get('start')!
  const other = telegram.phone('Kim at work')
  await other.start(token)
  await until(() => other.sees().some(({ content }) => content.choices))
  expect((await owner.call(getContact, { params: { id: contact } })).identities).toHaveLength(1)

  await other.press('Yes')
  const merged = await until(async () => {
    const view = await owner.call(getContact, { params: { id: contact } })
    return view.identities.length === 2 && view
  })
  expect(merged.evidence).toMatchObject([{ kind: 'proof', how: 'link' }])
  await other.say(plain('It is me'))
  await messageWith(conversation, 'It is me')
  // Called as it was known first, wherever it writes from now.
  expect(await owner.call(getContact, { params: { id: contact } })).toMatchObject({ name: 'Kim' })
  const { items } = await owner.call(listConversations, { query: { q: 'Kim' } })
  expect(items.map(({ name }) => name)).toEqual(['Kim'])

  const added = merged.identities.find(({ externalId }) => externalId === other.id)!
  const { parted } = await owner.call(splitContact, { params: { id: contact }, body: { identityId: added.id } })
  expect(parted.identities.map(({ id }) => id)).toEqual([added.id])
  expect((await messagesOf(conversation)).map(wordsOf)).not.toContain('It is me')
  expect((await messagesOf({ id: parted.conversation! })).map(wordsOf)).toContain('It is me')
})

// ---------------------------------------------------------------- what these promises are told with

/** Somebody has written to us, and it stands here. */
async function aTalk(
  name: string,
  bot = telegram.bot,
): Promise<{ phone: TelegramPhone; conversation: ConversationRow }> {
  const phone = telegram.phone(name, bot)
  await phone.say(plain(`Hello from ${name}`))
  const conversation = await until(async () => {
    const { items } = await owner.call(listConversations, { query: { q: name } })
    return items[0]
  })
  return { phone, conversation }
}

/** Says something and waits until the platform has it. */
async function sent(
  conversation: { id: ConversationId },
  body: { text: string; replyTo?: MessageId } | Content,
): Promise<MessageView> {
  const { id } = await owner.call(sendMessage, { params: { id: conversation.id }, body })
  return until(async () => {
    const message = await messageById(conversation, id)
    return message.deliveries[0]?.state === 'sent' && message
  })
}

const messagesOf = async (conversation: { id: ConversationId }): Promise<MessageView[]> =>
  (await owner.call(listMessages, { params: { id: conversation.id }, query: {} })).items

const messageById = async (conversation: { id: ConversationId }, id: MessageId): Promise<MessageView> =>
  (await messagesOf(conversation)).find((message) => message.id === id)!

const messageWith = (conversation: { id: ConversationId }, words: string): Promise<MessageView> =>
  until(async () => (await messagesOf(conversation)).find((message) => wordsOf(message) === words))

const reachOf = async ({ contact }: ConversationRow) =>
  (await owner.call(getContact, { params: { id: contact! } })).identities[0]!.reach

function wordsOf({ content }: { content: Content }): string {
  const [part] = content.parts
  return part?.kind === 'text' ? part.text : ''
}

const seenWords = (phone: TelegramPhone) => phone.sees().map(wordsOf)

const pictureOf = (remote: string, caption: string): Content => ({
  parts: [{ kind: 'image', source: { remote }, type: 'image/png', caption: { text: caption, entities: [] } }],
})

type Part = Content['parts'][number]
const isFetched = (part: Part): part is Extract<Part, { kind: 'image' }> & { source: { file: FileId } } =>
  part.kind === 'image' && 'file' in part.source

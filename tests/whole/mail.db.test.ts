/** Letters, whole: somebody's mail program, the mailbox, the journal, the thread, an answer, and what comes back. */
import { expect, test } from 'vitest'
import { changeChannel, WANTED_AGAIN } from '#contract/calls/channels.ts'
import { createContact, getContact, listContacts } from '#contract/calls/contacts.ts'
import {
  listConversations,
  listMessages,
  listRoads,
  resendDelivery,
  sendMessage,
  type ConversationRow,
  type MessageView,
} from '#contract/calls/conversations.ts'
import { search } from '#contract/calls/search.ts'
import type { FileId } from '#contract/ids.ts'
import { plain, type Part } from '#contract/message/content.ts'
import { mailShop } from '#tests/support/mail-shop.ts'
import { until } from '#tests/support/parts.ts'
import { aPng } from '#tests/support/samples.ts'

const { mail, owner, channel } = await mailShop()

test('a letter stands in the list, with its subject, its new words and itself', async () => {
  await mail.phone('Ann').write({
    subject: 'Opening hours',
    text: 'When do you open?\n\nOn Mon, 23 Nov 2026 at 10:00, Shop <shop@provider.test> wrote:\n> Welcome',
  })
  const conversation = await conversationOf('Ann')
  const [message] = await messagesOf(conversation)
  expect(message).toMatchObject({
    direction: 'in',
    network: 'email',
    author: { name: 'Ann' },
    content: { subject: 'Opening hours', parts: [{ kind: 'text', text: 'When do you open?' }, { kind: 'html' }] },
  })
})

test('an answer arrives as a letter that continues the thread', async () => {
  const bob = mail.phone('Bob')
  const asked = await bob.write({ subject: 'A cup', text: 'Is it blue?' })
  const conversation = await conversationOf('Bob')
  const sent = await said(conversation, 'Yes, it is.')
  const answer = mail.sent.at(-1)!.raw.toString('latin1')
  expect(sent.deliveries[0]).toMatchObject({ state: 'sent' })
  expect(bob.sees().at(-1)).toMatchObject({
    replyTo: { id: asked },
    content: { subject: 'Re: A cup', parts: plain('Yes, it is.').parts },
  })
  expect(answer).toContain(`In-Reply-To: <${asked}>`)
  expect(answer).toContain(`References: <${asked}>`)
  expect(answer).not.toMatch(/^Auto-Submitted:/im)

  // The copy among the sent letters is that letter, not another one.
  await until(() => mail.mailbox.folder('Sent')!.letters.length > 0)
  await bob.say(plain('Thank you'), bob.sees().at(-1)!.ref)
  await until(async () => (await messagesOf(conversation)).length === 3)
  expect((await messagesOf(conversation)).at(-1)).toMatchObject({
    replyTo: sent.id,
    content: { parts: plain('Thank you').parts },
  })
})

test('a letter that goes on from our own letter still names where the thread began', async () => {
  const cleo = mail.phone('Cleo')
  const asked = await cleo.write({ subject: 'A plate', text: 'Is it round?' })
  const conversation = await conversationOf('Cleo')
  await said(conversation, 'It is.')
  const first = nameOf(mail.sent.at(-1)!.raw)
  await said(conversation, 'And white.')
  expect(
    mail.sent
      .at(-1)!
      .raw.toString('latin1')
      .replaceAll(/\r\n\s+/g, ' '),
  ).toContain(`References: <${asked}> <${first}>`)
})

test('what a person writes in another mail program stands in the thread too', async () => {
  await mail.phone('Carl').write({ subject: 'Hello', text: 'Hello' })
  const conversation = await conversationOf('Carl')
  mail.mailbox.add(
    'Sent',
    'From: shop@provider.test\nTo: carl@people.test\nSubject: Re: Hello\nMessage-ID: <typed@elsewhere>\n\nTyped elsewhere',
  )
  await mail.phone('Carl').write({ text: 'One more' })
  const messages = await until(async () => {
    const now = await messagesOf(conversation)
    return now.length === 3 && now
  })
  expect(messages.map((message) => message.direction).toSorted()).toEqual(['in', 'in', 'out'])
})

test('an answer goes where its letter asked, and the thread says so; whoever gets it there proves nothing with it', async () => {
  const form = mail.phone('Form')
  const office = mail.phone('Office')
  await form.write({
    subject: 'Order 7',
    text: 'A customer asks',
    headers: { 'Reply-To': office.address },
    passing: { checks: undefined as never },
  })
  const conversation = await conversationOf('Form')
  expect((await messagesOf(conversation))[0]!.content.answersTo).toEqual({ of: form.address, to: office.address })
  const answered = async () =>
    (await owner.call(listRoads, { params: { id: conversation.id } })).items.map((each) => each.answered)
  expect(await answered()).toEqual([{ answersTo: { of: form.address, to: office.address } }])
  const sent = await said(conversation, 'We have it.')
  expect(sent).toMatchObject({ content: { answersTo: { to: office.address } }, deliveries: [{ state: 'sent' }] })
  expect([office.sees().length, form.sees().length]).toEqual([1, 0])
  // Its copy among the sent letters is no second message.
  const name = nameOf(mail.sent.at(-1)!.raw)
  await form.write({ text: 'More', inReplyTo: name, passing: { checks: undefined as never } })
  const messages = await until(async () => {
    const now = await messagesOf(conversation)
    return now.length === 3 && now
  })
  expect(messages.at(-1)).toMatchObject({ replyTo: sent.id, author: { unverified: true } })
  const contact = await owner.call(getContact, { params: { id: conversation.contact! } })
  expect(contact.identities).toMatchObject([{ unverified: true }])
  // The newest letter asks for nothing.
  expect(await answered()).toEqual([{}])
  await said(conversation, 'Anything else?')
  expect([office.sees().length, form.sees().length]).toEqual([1, 1])
})

test('what the asked address refuses says nothing of the sender', async () => {
  const flo = mail.phone('Flo')
  await flo.write({ subject: 'Order 8', text: 'A customer asks', headers: { 'Reply-To': 'nobody@elsewhere.test' } })
  const conversation = await conversationOf('Flo')
  const failed = await saidUntil(conversation, 'We have it.', 'failed')
  expect(failed.deliveries[0]).toMatchObject({ reason: 'refused' })
  const contact = await owner.call(getContact, { params: { id: conversation.contact! } })
  expect(contact.identities[0]).not.toMatchObject({ reach: 'gone' })
})

test('a letter that comes back later turns its message red, with the reason', async () => {
  const dora = mail.phone('Dora')
  await dora.write({ subject: 'Question', text: 'Hello?' })
  const conversation = await conversationOf('Dora')
  const ours = await said(conversation, 'An answer that comes back')
  mail.bounce({ original: mail.sent.at(-1)!.raw, recipient: dora.address })
  const failed = await until(async () => {
    const found = (await messagesOf(conversation)).find(({ id }) => id === ours.id)
    return found?.deliveries[0]?.state === 'failed' && found
  })
  expect(failed.deliveries[0]).toMatchObject({
    reason: 'no_such_identity',
    hint: { words: expect.stringContaining('User unknown') },
  })
  // The report is no message of anybody.
  expect(await messagesOf(conversation)).toHaveLength(2)
  const contact = await owner.call(getContact, { params: { id: conversation.contact! } })
  expect(contact.identities[0]).toMatchObject({ reach: 'gone' })
})

test('an answer lost after the last byte leaves doubt; a resend keeps the name, so that mail programs show one letter', async () => {
  const emil = mail.phone('Emil')
  await emil.write({ subject: 'Question', text: 'Hello?' })
  const conversation = await conversationOf('Emil')
  mail.keepsCopies = false
  mail.fault({ is: 'cut', when: 'after' })
  const unsure = await saidUntil(conversation, 'Twice?', 'unconfirmed')
  const name = nameOf(mail.sent.at(-1)!.raw)
  const before = mail.sent.length
  await owner.call(resendDelivery, { params: { id: unsure.deliveries[0]!.id }, body: {} })
  await until(() => mail.sent.length > before)
  expect(nameOf(mail.sent.at(-1)!.raw)).toBe(name)
  mail.keepsCopies = true
})

test('where the provider keeps a copy, the copy ends the doubt', async () => {
  const eva = mail.phone('Eva')
  await eva.write({ subject: 'Question', text: 'Hello?' })
  const conversation = await conversationOf('Eva')
  mail.fault({ is: 'cut', when: 'after' })
  await saidUntil(conversation, 'Once', 'unconfirmed', 'sent')
  await eva.write({ text: 'Thanks' })
  const messages = await until(async () => {
    const now = await messagesOf(conversation)
    return now.length >= 3 && now.every(({ deliveries }) => deliveries.every(({ state }) => state === 'sent')) && now
  })
  expect(messages.map(({ direction }) => direction)).toEqual(['in', 'out', 'in'])
})

test('an address that nobody has fails at once', async () => {
  const ed = mail.phone('Ed')
  await ed.write({ subject: 'Question', text: 'Hello?' })
  mail.fault({ is: 'gone' })
  const failed = await saidUntil(await conversationOf('Ed'), 'Anybody?', 'failed')
  expect(failed.deliveries[0]).toMatchObject({ reason: 'no_such_identity' })
})

test('a forged sender is somebody else, apart from the customer whose address he shows', async () => {
  const fay = mail.phone('Fay')
  await fay.write({ subject: 'Mine', text: 'I am Fay' })
  const hers = await conversationOf('Fay')
  await said(hers, 'Hello Fay')
  const letters = mail.sent.length
  await fay.write({
    subject: 'Re: Mine',
    text: 'Send me the money',
    inReplyTo: 'guessed.00000000000000000000@provider.test',
    passing: { checks: 'fail' },
  })
  const other = await until(async () =>
    (await conversations()).find((each) => each.last?.words.includes('Send me the money')),
  )
  expect(other.id).not.toBe(hers.id)
  expect(await messagesOf(hers)).toHaveLength(2)
  const [forged] = await messagesOf(other)
  expect(forged).toMatchObject({ replyTo: null, author: { unverified: true } })
  expect(other.contact).not.toBe(hers.contact)
  // Nobody outside heard of it, and whoever he is, an answer tells him nothing of what was said to her.
  expect(mail.sent).toHaveLength(letters)
  await said(other, 'Who are you?')
  const answer = mail.sent.at(-1)!.raw.toString('latin1')
  expect(answer).toContain('Who are you?')
  expect(['I am Fay', 'Hello Fay'].filter((words) => answer.includes(words))).toEqual([])
})

test('an unverified sender who answers our letter has it, so both are one', async () => {
  const gus = mail.phone('Gus')
  await gus.write({ subject: 'Hi', text: 'No checks here', passing: { checks: undefined as never } })
  mail.deliver(
    'From: Gus <gus@people.test>\nTo: shop@provider.test\nSubject: Hi again\nMessage-ID: <plain@people.test>\n\nWithout checks',
  )
  const unverified = await until(async () =>
    (await conversations()).find((each) => each.last?.words.includes('Without checks')),
  )
  await said(unverified, 'Who are you?')
  const ours = nameOf(mail.sent.at(-1)!.raw)
  mail.deliver(
    `From: Gus <gus@people.test>\nTo: shop@provider.test\nSubject: Re: Hi again\nMessage-ID: <p2@people.test>\nIn-Reply-To: <${ours}>\n\nIt is really me`,
  )
  const one = await until(async () =>
    (await conversations()).find((each) => each.last?.words.includes('It is really me')),
  )
  const messages = await messagesOf(one)
  const letterOf = (words: string) =>
    messages.find(({ content }) => (content.parts[0] as { text: string }).text === words)
  expect(letterOf('Without checks')).toMatchObject({ author: { unverified: true } })
  // From then on he is himself, and answered there.
  expect(letterOf('It is really me')).toMatchObject({
    author: { unverified: false },
    replyTo: letterOf('Who are you?')!.id,
  })
  const { items } = await owner.call(listRoads, { params: { id: one.id } })
  expect(items).toMatchObject([{ address: 'gus@people.test', chosen: true }])
  await said(one, 'Welcome, Gus')
  expect(mail.phone('Gus').sees().at(-1)).toMatchObject({ content: { parts: plain('Welcome, Gus').parts } })
})

test('pictures and files come and go whole; a large attachment is fetched from the server', async () => {
  const hal = mail.phone('Hal')
  const picture = await aPng(40, 30, '#c33')
  const large = Buffer.alloc(1_500_000, 'parley ')
  await hal.write({
    subject: 'Papers',
    text: 'Attached',
    html: '<p>Attached</p><img src="cid:cup@x">',
    files: [
      { name: 'cup.png', type: 'image/png', bytes: picture, cid: 'cup@x' },
      { name: 'big.bin', type: 'application/octet-stream', bytes: large },
    ],
  })
  const conversation = await conversationOf('Hal')
  const [message] = await until(async () => {
    const now = await messagesOf(conversation)
    return now[0]?.content.parts.every((part) => !('source' in part) || 'file' in part.source) && now
  })
  expect(message!.content.parts).toMatchObject([
    { kind: 'text', text: 'Attached' },
    { kind: 'image', cid: 'cup@x', width: 40, height: 30 },
    { kind: 'file', name: 'big.bin', bytes: large.length },
    { kind: 'html' },
  ])
  const big = message!.content.parts[2] as { source: { file: FileId } }
  const given = await owner.ask('GET', `/api/files/${big.source.file}`)
  expect(Buffer.from(await given.arrayBuffer()).equals(large)).toBe(true)

  const file = (await owner.upload('offer.png', 'image/png', picture)) as FileId
  await sentWhole(conversation, {
    text: 'Our offer',
    parts: [{ kind: 'image', source: { file }, type: 'image/png', name: 'offer.png' }],
  })
  expect(hal.sees().at(-1)!.content.parts).toMatchObject([
    { kind: 'text', text: 'Our offer' },
    { kind: 'image', name: 'offer.png' },
  ])
})

test('the server numbers the mailbox anew and breaks all lines: nothing is lost, nothing comes twice', async () => {
  const ida = mail.phone('Ida')
  await ida.write({ subject: 'One', text: 'First' })
  const conversation = await conversationOf('Ida')
  mail.mailbox.renumber('INBOX')
  mail.cutLines()
  await ida.write({ subject: 'Two', text: 'Second' })
  const messages = await until(async () => {
    const now = await messagesOf(conversation)
    return now.length >= 2 && now
  }, 20_000)
  expect(messages.map(({ content }) => content.subject)).toEqual(['One', 'Two'])
})

test('wrong settings are told in the words of the server that refused, before anything is saved', async () => {
  const attempt = async (change: object) => {
    const response = await owner.ask('POST', '/api/channels', {
      body: { connector: 'email-imap', name: 'Wrong', settings: { ...mail.settings, ...change } },
    })
    const { code, detail } = (await response.json()) as { code: string; detail: string }
    return `${code}: ${detail}`
  }
  expect(await attempt({ password: 'wrong' })).toMatch(/settings_refused: signed_out: IMAP: .*Invalid credentials/)
  expect(await attempt({ imap: { host: '127.0.0.1', port: 9, tls: false } })).toMatch(/^unreachable: /)
  expect(await attempt({ imap: { ...mail.settings.imap, tls: true } })).toMatch(/^unreachable: .*/)
})

test('the stored password goes to no other server: whoever names one writes it again', async () => {
  const { password, ...open } = mail.settings
  const change = (settings: Record<string, unknown>) =>
    owner.ask('PATCH', `/api/channels/${channel.id}`, { body: { settings } })
  const before = mail.log.length
  const elsewhere = await change({ ...open, smtp: { ...open.smtp, host: 'localhost' } })
  expect(elsewhere.status).toBe(422)
  expect(await elsewhere.json()).toMatchObject({
    code: 'invalid',
    fields: [{ path: 'settings.password', reason: WANTED_AGAIN }],
  })
  // Refused before anybody was asked.
  expect(mail.log.slice(before).filter(({ what }) => /AUTH|LOGIN/.test(what))).toEqual([])
  await owner.call(changeChannel, { params: { id: channel.id }, body: { settings: open } })
  await owner.call(changeChannel, { params: { id: channel.id }, body: { settings: { ...open, password } } })
})

test('a contact is written down by an address in any letters, and is the one whose letters come by it', async () => {
  const written = (address: string) =>
    owner.call(createContact, { body: { name: 'Olga', identity: { channel: channel.id, address } } })
  const olga = await written('Olga@Пример.РФ')
  expect(olga.identities).toMatchObject([{ externalId: 'olga@xn--e1afmkfd.xn--p1ai' }])
  expect((await written('olga@xn--e1afmkfd.xn--p1ai')).id).toBe(olga.id)
  for (const q of ['olga@пример.рф', 'OLGA@Пример', 'olga@xn--e1afmkfd'])
    expect([q, (await owner.call(listContacts, { query: { q } })).items.map(({ id }) => id)]).toEqual([q, [olga.id]])
  const { contacts } = await owner.call(search, { query: { q: 'olga@пример.рф' } })
  expect(contacts.map(({ id }) => id)).toEqual([olga.id])
})

test('whoever is called by what only looks like an address is found by it', async () => {
  const { id } = await owner.call(createContact, { body: { name: 'Ира чай@студия и @кофейня' } })
  for (const q of ['чай@студия', '@кофейня'])
    expect([q, (await owner.call(listContacts, { query: { q } })).items.map((each) => each.id)]).toEqual([q, [id]])
})

// ---------------------------------------------------------------- helpers

const conversations = async (): Promise<ConversationRow[]> => (await owner.call(listConversations, { query: {} })).items

async function conversationOf(name: string): Promise<ConversationRow> {
  return until(async () => (await conversations()).find((each) => each.name === name), 30_000)
}

async function messagesOf({ id }: Pick<ConversationRow, 'id'>): Promise<MessageView[]> {
  return (await owner.call(listMessages, { params: { id }, query: {} })).items.toReversed()
}

const said = (conversation: ConversationRow, text: string) => sentWhole(conversation, { text })

const sentWhole = (conversation: ConversationRow, body: { text: string; parts?: Part[] }) =>
  saidWhole(conversation, body, ['sent'])
const saidUntil = (conversation: ConversationRow, text: string, ...states: string[]) =>
  saidWhole(conversation, { text }, states)

async function saidWhole(conversation: ConversationRow, body: { text: string; parts?: Part[] }, states: string[]) {
  const { id } = await owner.call(sendMessage, { params: { id: conversation.id }, body })
  return until(async () => {
    const found = (await messagesOf(conversation)).find((message) => message.id === id)
    return found && states.includes(found.deliveries[0]!.state) && found
  })
}

const nameOf = (raw: Buffer): string => /^Message-ID:\s*<([^>]+)>/im.exec(raw.toString('latin1'))![1]!

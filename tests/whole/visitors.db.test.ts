/** Visitors of a site and members of the window, whole: sockets, streams, files, sessions, signed customers. */
import { createHmac, generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import { afterEach, expect, test } from 'vitest'
import { createChannel } from '#contract/calls/channels.ts'
import { createLink, getContact, mergeContacts } from '#contract/calls/contacts.ts'
import {
  announcePresence,
  deleteMessage,
  editMessage,
  listConversations,
  listMessages,
  markRead,
  reactToMessage,
  sendMessage,
} from '#contract/calls/conversations.ts'
import type { ChannelView } from '#contract/calls/channels.ts'
import type { FileId } from '#contract/ids.ts'
import { VISITOR_FILE_BYTES } from '#contract/visitor-talk.ts'
import { visitor, type Visitor, type VisitorOptions } from '#connectors/webchat/emulator/visitor.ts'
import type { Client } from '#tests/support/client.ts'
import { until } from '#tests/support/parts.ts'
import { aPng } from '#tests/support/samples.ts'
import { wholeParley } from '#tests/support/whole-parley.ts'

const SITE = 'https://shop.example'
const SECRET = 'a secret of the site that is long enough'
const parley = await wholeParley()
const { owner } = parley
const aChannel = (name: string, more: object = {}) =>
  owner.call(createChannel, { body: { connector: 'webchat', name, settings: { origins: [SITE], ...more } } })
const channel = await aChannel('Site', { identitySecret: SECRET })
const visitors: Visitor[] = []
afterEach(() => {
  for (const each of visitors.splice(0)) each.close()
})

const hookOf = (each: ChannelView) => `${parley.url}/hooks/${each.id}`
async function aVisitor(options: Partial<VisitorOptions> = {}): Promise<Visitor> {
  const made = await visitor({ hook: hookOf(channel), origin: SITE, ...options })
  visitors.push(made)
  return made
}
const text = (words: string) => [{ kind: 'text', text: words, entities: [] }]
const says = (who: Visitor, words: string) => who.act({ t: 'send', parts: text(words) })
const wordsOf = (who: Visitor) =>
  who.thread().map(({ from, content: { parts } }) => `${from}: ${parts[0]?.kind === 'text' ? parts[0].text : ''}`)

/** The conversation in which these words were said. */
const conversationWith = (words: string) =>
  until(async () => {
    const { items } = await owner.call(listConversations, { query: {} })
    return items.find((row) => row.last?.words === words)
  })

test('a visitor writes, a member answers, and a reload shows both once', async () => {
  const ann = await aVisitor()
  await says(ann, 'Are you open?')
  const conversation = await conversationWith('Are you open?')
  await owner.call(sendMessage, { params: { id: conversation.id }, body: { text: 'Until nine.' } })
  await until(() => ann.thread().length === 2)
  expect(wordsOf(ann)).toEqual(['you: Are you open?', 'team: Until nine.'])

  const reloaded = await aVisitor({ token: ann.token })
  await until(() => reloaded.thread().length === 2)
  expect(wordsOf(reloaded)).toEqual(wordsOf(ann))
  expect(reloaded.entries.map(({ seq }) => seq)).toEqual([1, 2])
})

test('what is said while the wire is cut arrives once, and nothing is missed or doubled', async () => {
  const ann = await aVisitor()
  await says(ann, 'before the cut')
  const conversation = await conversationWith('before the cut')
  ann.cut()
  const said = says(ann, 'into the void')
  await owner.call(sendMessage, { params: { id: conversation.id }, body: { text: 'said meanwhile' } })
  await said
  await until(() => ann.thread().length === 3)
  expect(wordsOf(ann).toSorted()).toEqual(['team: said meanwhile', 'you: before the cut', 'you: into the void'])
  const seqs = ann.entries.map(({ seq }) => seq)
  expect(seqs).toEqual([...new Set(seqs)])
  const { items } = await owner.call(listMessages, { params: { id: conversation.id }, query: {} })
  expect(items).toHaveLength(3)
})

test('the same act said twice is one message', async () => {
  const ann = await aVisitor()
  const id = randomUUID()
  await ann.act({ t: 'send', id, parts: text('only once') })
  await ann.act({ t: 'send', id, parts: text('only once') })
  const conversation = await conversationWith('only once')
  await says(ann, 'afterwards')
  await conversationWith('afterwards')
  const { items } = await owner.call(listMessages, { params: { id: conversation.id }, query: {} })
  expect(items).toHaveLength(2)
})

test('ticks rise to delivered and to read, and the visitor sees that he was read', async () => {
  const ann = await aVisitor()
  const asked = await says(ann, 'anybody?')
  const conversation = await conversationWith('anybody?')
  const feed = await owner.feed()
  const sent = await owner.call(sendMessage, { params: { id: conversation.id }, body: { text: 'Yes.' } })
  const stateIs = (state: string) =>
    feed.event('message.changed', ({ message }) => message.id === sent.id && message.deliveries[0]?.state === state)
  await stateIs('delivered')
  const answer = await until(() => ann.thread().find((message) => message.from === 'team'))
  ann.hint({ t: 'seen', chat: ann.chats[0], messages: [answer.id], read: true })
  await stateIs('read')

  await owner.call(markRead, { params: { id: conversation.id }, body: { seq: 1 } })
  await until(() => ann.thread().find((message) => message.id === asked)?.seen)
  expect(ann.thread().map(({ seen }) => seen)).toEqual([true, true])
  feed.close()
})

test('typing is seen on both sides', async () => {
  const ann = await aVisitor()
  await says(ann, 'let me think')
  const conversation = await conversationWith('let me think')
  const feed = await owner.feed()
  // Hints are not repeated: the socket is open a moment before it hears any.
  await until(() => feed.cursor())
  ann.hint({ t: 'typing' })
  await until(() =>
    feed.frames.some(
      (frame) =>
        'hints' in frame &&
        frame.hints.some((hint) => hint.hint === 'contact.typing' && hint.conversation === conversation.id),
    ),
  )
  const tell = (client: Client, typing: boolean | 'stopped') =>
    client.call(announcePresence, { params: { id: conversation.id }, body: { typing } })
  await tell(owner, true)
  await until(() => ann.isTypedTo())
  // Whoever looks on ends nothing, nor does the typist's own window, which says that he is here; nor a colleague who did not type.
  const colleague = await parley.member('agent')
  await tell(colleague, false)
  await tell(colleague, 'stopped')
  await tell(owner, false)
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect(ann.isTypedTo()).toBe(true)
  await tell(owner, 'stopped')
  await until(() => !ann.isTypedTo())
  // It only passes: nothing of it is kept.
  expect(ann.entries).toHaveLength(1)
  feed.close()
})

test('edits, reactions and deletions pass both ways', async () => {
  const ann = await aVisitor()
  const asked = await says(ann, 'teh price?')
  const conversation = await conversationWith('teh price?')
  await ann.act({ t: 'edit', message: asked, text: 'the price?' })
  const mine = await until(async () => {
    const { items } = await owner.call(listMessages, { params: { id: conversation.id }, query: {} })
    return items.find(({ content }) => content.parts[0]?.kind === 'text' && content.parts[0].text === 'the price?')
  })
  await owner.call(reactToMessage, { params: { id: mine.id }, body: { emoji: ['👍'] } })
  await until(() => ann.thread()[0]?.reactions.team[0] === '👍')

  const sent = await owner.call(sendMessage, { params: { id: conversation.id }, body: { text: '9 euro' } })
  const answer = await until(() => ann.thread().find((message) => message.from === 'team'))
  await owner.call(editMessage, { params: { id: sent.id }, body: { text: '10 euro' } })
  await until(() => ann.thread().find((message) => message.id === answer.id)?.edited)
  await ann.act({ t: 'react', message: answer.id, emoji: ['🎉'] })
  await until(async () => {
    const { items } = await owner.call(listMessages, { params: { id: conversation.id }, query: {} })
    return items.find(({ id }) => id === sent.id)?.reactions.some(({ emoji }) => emoji.includes('🎉'))
  })
  await owner.call(deleteMessage, { params: { id: sent.id } })
  await until(() => ann.thread().find((message) => message.id === answer.id)?.deleted)
  expect(ann.thread()).toMatchObject([
    { edited: true, content: { parts: [{ text: 'the price?' }] } },
    { edited: true, content: { parts: [{ text: '10 euro' }] }, reactions: { you: ['🎉'] } },
  ])
})

test('a visitor cannot change what the team said', async () => {
  const ann = await aVisitor()
  await says(ann, 'how much?')
  const conversation = await conversationWith('how much?')
  const sent = await owner.call(sendMessage, { params: { id: conversation.id }, body: { text: '100 euro' } })
  const answer = await until(() => ann.thread().find((message) => message.from === 'team'))
  await ann.act({ t: 'edit', message: answer.id, text: '1 euro' })
  await ann.act({ t: 'delete', message: answer.id })
  await says(ann, 'see?')
  await conversationWith('see?')
  const { items } = await owner.call(listMessages, { params: { id: conversation.id }, query: {} })
  expect(items.find(({ id }) => id === sent.id)).toMatchObject({
    content: { parts: [{ text: '100 euro' }] },
    deletedAt: null,
  })
  const reloaded = await aVisitor({ token: ann.token })
  await until(() => reloaded.thread().length === 3)
  expect(wordsOf(reloaded)).toContain('team: 100 euro')
})

test('a pressed button reads as its label', async () => {
  const ann = await aVisitor()
  await says(ann, 'which sizes?')
  const conversation = await conversationWith('which sizes?')
  await owner.call(sendMessage, {
    params: { id: conversation.id },
    body: {
      text: 'Which one?',
      choices: {
        as: 'buttons',
        rows: [
          [
            { id: 's', label: 'Small' },
            { id: 'l', label: 'Large' },
          ],
        ],
      },
    },
  })
  const offer = await until(() => ann.thread().find((message) => message.content.choices))
  await ann.act({ t: 'press', message: offer.id, value: 'l' })
  await conversationWith('Large')
  await until(() => ann.thread().at(-1)?.from === 'you' && wordsOf(ann).at(-1) === 'you: Large')
  expect(ann.thread().find((message) => message.id === offer.id)?.pressed).toBe('l')
})

test('what a button said is no message there: an answer to it quotes it', async () => {
  const ann = await aVisitor()
  await says(ann, 'which colours?')
  const conversation = await conversationWith('which colours?')
  const params = { id: conversation.id }
  const choices = { as: 'buttons' as const, rows: [[{ id: 'r', label: 'Crimson' }]] }
  await owner.call(sendMessage, { params, body: { text: 'Which one?', choices } })
  const offer = await until(() => ann.thread().find((message) => message.content.choices))
  await ann.act({ t: 'press', message: offer.id, value: 'r' })
  await conversationWith('Crimson')
  const { items } = await owner.call(listMessages, { params, query: {} })
  const pressed = items.find(({ content }) => content.parts[0]?.kind === 'text' && content.parts[0].text === 'Crimson')!
  await owner.call(sendMessage, { params, body: { text: 'A good one', replyTo: pressed.id } })
  await until(() => wordsOf(ann).at(-1)?.endsWith('A good one'))
  expect(ann.thread().at(-1)!.replyTo).toBeUndefined()
  expect(wordsOf(ann).at(-1)).toMatch(/^team: > .*: Crimson\nA good one$/)
})

test('a visitor’s file that is too large is refused, and nothing of it is kept', async () => {
  const ann = await aVisitor()
  const large = new Uint8Array(VISITOR_FILE_BYTES + 1_000_000)
  await expect(ann.upload(large, 'large.bin')).rejects.toMatchObject({ status: 413 })
  const [row] = await parley.test.asOwner<{ n: number }>(`select count(*)::int as n from file where name = 'large.bin'`)
  expect(row!.n).toBe(0)
})

test('files go both ways', async () => {
  const ann = await aVisitor()
  const photo = await ann.upload(new Uint8Array(await aPng(40, 30)), 'shoe.png')
  expect(photo).toMatchObject({ type: 'image/png', width: 40, height: 30, name: 'shoe.png' })
  await ann.act({
    t: 'send',
    parts: [
      {
        kind: 'image',
        source: { file: photo.id },
        type: photo.type,
        width: 40,
        height: 30,
        name: 'shoe.png',
        caption: { text: 'This shoe?', entities: [] },
      },
    ],
  })
  const conversation = await conversationWith('This shoe?')
  expect((await owner.ask('GET', `/api/files/${photo.id}`)).status).toBe(200)

  const price = await owner.upload('prices.csv', 'text/csv', Buffer.from('shoe,9'))
  await owner.call(sendMessage, {
    params: { id: conversation.id },
    body: { parts: [{ kind: 'file', source: { file: price as FileId }, type: 'text/csv', name: 'prices.csv' }] },
  })
  await until(() => ann.thread().length === 2)
  const got = await ann.download(price)
  expect(await got.text()).toBe('shoe,9')
})

test('a secret opens nothing of another visitor: foreign and nonexistent answer alike', async () => {
  const [ann, bob] = [await aVisitor(), await aVisitor()]
  const photo = await ann.upload(new Uint8Array(await aPng(8, 8)), 'private.png')
  await ann.act({ t: 'send', parts: [{ kind: 'image', source: { file: photo.id }, type: photo.type }] })

  const answers = []
  for (const file of [photo.id, randomUUID()]) {
    const response = await bob.download(file)
    answers.push({ status: response.status, body: await response.text() })
  }
  expect(answers[0]!.status).toBe(404)
  expect(answers[0]).toEqual(answers[1])

  // Nor by naming it in a message of his own, which would put it into his stream.
  for (const file of [photo.id, randomUUID()])
    await expect(
      bob.act({ t: 'send', parts: [{ kind: 'image', source: { file }, type: 'image/png' }] }),
    ).rejects.toThrow('refused with 404')
  expect((await bob.download(photo.id)).status).toBe(404)
  // Nor by speaking in a chat that he cannot read.
  for (const chat of [ann.chats[0], 'v:nobody'])
    await expect(bob.act({ t: 'send', chat, parts: text('hello') })).rejects.toThrow('refused with 404')
})

test('a wrong origin, none, and an altered secret are refused', async () => {
  const ann = await aVisitor()
  const answers = await Promise.allSettled([
    visitor({ hook: hookOf(channel), origin: 'https://evil.example' }),
    visitor({ hook: hookOf(channel), origin: 'https://shop.example.evil.example' }),
    visitor({ hook: hookOf(channel), origin: 'null' }),
    visitor({ hook: hookOf(channel), origin: SITE, token: `${ann.token.slice(0, -2)}AA` }),
  ])
  expect(answers.map((answer) => (answer.status === 'rejected' ? String(answer.reason) : 'let in'))).toEqual([
    'VisitorRefused: refused with 403',
    'VisitorRefused: refused with 403',
    'VisitorRefused: refused with 403',
    'VisitorRefused: refused with 401',
  ])
  const config = await fetch(`${hookOf(channel)}/config`)
  expect(config.status).toBe(403)
})

test('a secret of one channel is worth nothing at another', async () => {
  const ann = await aVisitor()
  const other = await aChannel('Other site')
  await expect(visitor({ hook: hookOf(other), origin: SITE, token: ann.token })).rejects.toThrow('refused with 401')
})

test('a visitor is called by where he is from until he says a name, in the language of the chat, and never by a handle', async () => {
  const [ann, boris] = [await aVisitor(), await aVisitor()]
  await says(ann, 'I say no name')
  await boris.act({ t: 'send', parts: text('Имени не скажу'), language: 'ru-RU' })
  const row = await conversationWith('I say no name')
  expect(row.name).toMatch(/^Visitor [\w-]{4} from shop\.example$/)
  expect((await conversationWith('Имени не скажу')).name).toMatch(/^Гость [\w-]{4} с shop\.example$/)
  const { identities } = await owner.call(getContact, { params: { id: row.contact! } })
  expect(identities).toMatchObject([{ name: row.name, handle: null }])

  await ann.act({ t: 'form', name: 'Ann Lee' })
  await says(ann, 'Now I said it')
  await until(async () => (await conversationWith('Now I said it')).name === 'Ann Lee')
})

test('an unsigned e-mail is a label: two visitors who claim it stay two', async () => {
  const [ann, eve] = [await aVisitor(), await aVisitor()]
  for (const [who, words] of [
    [ann, 'I am Ann'],
    [eve, 'I am Ann too'],
  ] as const) {
    await who.act({ t: 'form', name: 'Ann', email: 'ann@customer.example' })
    await says(who, words)
  }
  const [first, second] = [await conversationWith('I am Ann'), await conversationWith('I am Ann too')]
  expect(first.id).not.toBe(second.id)
  expect(first.contact).not.toBe(second.contact)
  expect(first.name).toBe('Ann')
})

// ---------------------------------------------------------------- signed customers

const now = () => Math.floor(Date.now() / 1000)
const claimsFor = (sub: string, more: object = {}) => ({
  aud: channel.id,
  sub,
  exp: now() + 300,
  jti: randomUUID(),
  name: sub,
  ...more,
})
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const hs256 = (claims: object, secret = SECRET, header: object = { alg: 'HS256' }) => {
  const signed = `${encode(header)}.${encode(claims)}`
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}

test('a signed customer is one person in two browsers, and what he said before signing in stays his', async () => {
  const phone = await aVisitor()
  await says(phone, 'from my phone, unknown')
  const unknown = await conversationWith('from my phone, unknown')

  const known = await aVisitor({
    token: phone.token,
    jwt: hs256(claimsFor('carl', { email: 'carl@customer.example' })),
  })
  expect(known.chats).toHaveLength(2)
  await until(() => wordsOf(known).includes('you: from my phone, unknown'))
  await says(known, 'now you know me')
  const laptop = await aVisitor({ jwt: hs256(claimsFor('carl')) })
  await says(laptop, 'from my laptop')
  const conversation = await conversationWith('from my laptop')
  const { items } = await owner.call(listMessages, { params: { id: conversation.id }, query: {} })
  expect(items).toHaveLength(3)
  expect(conversation.id).toBe(unknown.id)
  await until(() => wordsOf(laptop).includes('you: now you know me'))

  await owner.call(sendMessage, { params: { id: conversation.id }, body: { text: 'Hello Carl' } })
  await until(() => wordsOf(laptop).includes('team: Hello Carl') && wordsOf(known).includes('team: Hello Carl'))
})

test('who was joined to a signed customer by a member is answered where he wrote, though both are called alike', async () => {
  const signed = await aVisitor({ jwt: hs256(claimsFor('gina', { email: 'gina@customer.example' })) })
  await says(signed, 'Gina, signed')
  const phone = await aVisitor()
  await phone.act({ t: 'form', name: 'gina', email: 'gina@customer.example' })
  await says(phone, 'Gina, on my phone')
  const one = await conversationWith('Gina, signed')
  const other = await conversationWith('Gina, on my phone')
  await owner.call(mergeContacts, { params: { id: one.contact! }, body: { with: other.contact! } })
  await says(phone, 'do you hear me?')
  await conversationWith('do you hear me?')
  await owner.call(sendMessage, { params: { id: one.id }, body: { text: 'I hear you' } })
  expect(await until(() => wordsOf(phone).find((each) => each === 'team: I hear you'))).toBeDefined()
})

test('another customer in the same browser is somebody else', async () => {
  const dora = await aVisitor({ jwt: hs256(claimsFor('dora')) })
  await says(dora, 'I am Dora')
  const emil = await aVisitor({ token: dora.token, jwt: hs256(claimsFor('emil')) })
  expect(emil.chats).toEqual(['u:emil'])
  await says(emil, 'I am Emil')
  const [one, two] = [await conversationWith('I am Dora'), await conversationWith('I am Emil')]
  expect(one.contact).not.toBe(two.contact)
  expect(wordsOf(emil)).not.toContain('you: I am Dora')
})

test('every flaw of a token is refused', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const eddsa = (claims: object) => {
    const signed = `${encode({ alg: 'EdDSA' })}.${encode(claims)}`
    return `${signed}.${sign(null, Buffer.from(signed), privateKey).toString('base64url')}`
  }
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const withKey = await aChannel('Signed by key', { identityKey: pem })
  const used = claimsFor('fay')
  await aVisitor({ jwt: hs256(used) })
  const flawed: Record<string, VisitorOptions | string> = {
    'the same jti again': hs256(used),
    'no algorithm': `${encode({ alg: 'none' })}.${encode(claimsFor('fay'))}.`,
    'another algorithm': eddsa(claimsFor('fay')),
    'another secret': hs256(claimsFor('fay'), `${SECRET}!`),
    'altered claims': hs256(claimsFor('fay')).replace(/\.[^.]+\./, `.${encode(claimsFor('boss'))}.`),
    'another audience': hs256(claimsFor('fay', { aud: randomUUID() })),
    'two audiences': hs256(claimsFor('fay', { aud: [channel.id, 'x'] })),
    expired: hs256(claimsFor('fay', { exp: now() - 1 })),
    'too long a life': hs256(claimsFor('fay', { exp: now() + 660 })),
    'no expiry': hs256(claimsFor('fay', { exp: undefined })),
    'no jti': hs256(claimsFor('fay', { jti: undefined })),
    'no subject': hs256(claimsFor('fay', { sub: undefined })),
    'a public key taken for a secret': {
      hook: hookOf(withKey),
      origin: SITE,
      jwt: hs256(claimsFor('fay', { aud: withKey.id }), pem),
    },
    'no signing set up': { hook: hookOf(await aChannel('Unsigned')), origin: SITE, jwt: hs256(claimsFor('fay')) },
  }
  const outcomes: Record<string, string> = {}
  for (const [flaw, given] of Object.entries(flawed)) {
    const options = typeof given === 'string' ? { hook: hookOf(channel), origin: SITE, jwt: given } : given
    outcomes[flaw] = await visitor(options).then(
      (letIn) => (letIn.close(), 'let in'),
      (error: Error) => error.message,
    )
  }
  expect(outcomes).toEqual(Object.fromEntries(Object.keys(flawed).map((flaw) => [flaw, 'refused with 401'])))
  const good = await aVisitor({ hook: hookOf(withKey), jwt: eddsa(claimsFor('fay', { aud: withKey.id })) })
  expect(good.chats).toEqual(['u:fay'])
})

test('a proof link opened on the site asks back, and a yes joins both', async () => {
  const phone = await aVisitor()
  await says(phone, 'on my phone')
  const conversation = await conversationWith('on my phone')
  const link = await owner.call(createLink, {
    params: { id: conversation.contact! },
    body: { channel: channel.id },
  })
  expect(link.url).toMatch(/^https:\/\/shop\.example\/#parley=[\w-]{22}$/)

  const laptop = await aVisitor()
  await laptop.act({ t: 'start', link: link.url!.split('=')[1] })
  const question = await until(() => laptop.thread().find((message) => message.content.choices))
  const [yes] = question.content.choices!.rows.flat()
  await laptop.act({ t: 'press', message: question.id, value: yes!.value ?? yes!.id })
  await until(() => wordsOf(laptop).includes('team: Done. We remember what we talked about.'))
  const { items } = await owner.call(listMessages, { params: { id: conversation.id }, query: {} })
  expect(items.map(({ content }) => content)).toContainEqual(question.content)

  const late = await aVisitor()
  await late.act({ t: 'start', link: link.url!.split('=')[1] })
  await until(() =>
    wordsOf(late).includes('team: This link was used before or is too old. Just write here: we read it.'),
  )
  // Whoever used it himself is told nothing of the kind.
  await laptop.act({ t: 'start', link: link.url!.split('=')[1] })
  await says(laptop, 'here again')
  await conversationWith('here again')
  expect(wordsOf(laptop).filter((words) => words.includes('used before'))).toEqual([])
})

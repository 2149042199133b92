/** The mailbox connector with real servers: Dovecot keeps the letters, Postfix carries and returns them. */
import type { Email } from 'postal-mime'
import { afterAll, expect, test } from 'vitest'
import { createChannel, getChannel } from '#contract/calls/channels.ts'
import { getContact } from '#contract/calls/contacts.ts'
import {
  listConversations,
  listMessages,
  sendMessage,
  type ConversationRow,
  type MessageView,
} from '#contract/calls/conversations.ts'
import type { FileId } from '#contract/ids.ts'
import { wordsOf, type Content, type Part } from '#contract/message/content.ts'
import { until } from '#tests/support/parts.ts'
import { aPng } from '#tests/support/samples.ts'
import { wholeParley } from '#tests/support/whole-parley.ts'
import { mailboxOf, personAt, reachesOf } from './mail-person.ts'
import { startMailServers, whyNot, type MailServers } from './mail-servers.ts'

const PATIENCE_MS = 40_000
/** The connector looks into a mailbox by itself this often; what comes sooner was brought by IDLE. */
const LOOK_MS = 120_000

const why = whyNot()
test.skipIf(why !== null)(`Dovecot and Postfix can run here${why === null ? '' : `: ${why}`}`, () => {
  expect(why).toBeNull()
})
await (why ?? realServers())

async function realServers(): Promise<void> {
  const servers = await startMailServers(['shop', 'robot', 'ann', 'bob'])
  afterAll(() => servers.stop())
  const shop = await parleyWith(servers, 'shop')
  const ann = personAt(servers, 'ann')

  test('a wrong password is told in Dovecot’s words, before anything is saved', async () => {
    const refused = await shop.open('Wrong', 'wrong')
    expect(refused.status).toBe(422)
    expect(await refused.json()).toMatchObject({ code: 'settings_refused', values: { code: 'signed_out' } })
  })

  test('a letter is brought by IDLE, with its attachment byte for byte', async () => {
    const began = performance.now()
    const bytes = Buffer.from(Array.from({ length: 1_400_000 }, (_, index) => (index * 7 + (index >> 8)) % 256))
    await ann.write('shop', {
      subject: 'A cup',
      text: 'Is it blue?',
      attachments: [{ filename: 'cup.bin', content: bytes }],
    })
    const talk = await shop.talkAbout('Is it blue?')
    expect(performance.now() - began).toBeLessThan(LOOK_MS / 2)
    const file = await until(async () => {
      const [message] = await shop.messagesOf(talk)
      const part = message!.content.parts.find((each) => each.kind === 'file')
      return part && 'file' in part.source ? { ...part, id: part.source.file } : null
    }, PATIENCE_MS)
    expect(file).toMatchObject({ name: 'cup.bin', bytes: bytes.length })
    const given = await shop.owner.ask('GET', `/api/files/${file.id}`)
    expect(Buffer.from(await given.arrayBuffer()).equals(bytes)).toBe(true)
  })

  test('an answer leaves by a signed-in SMTP session and continues her thread, its attachment byte for byte', async () => {
    const talk = await shop.talkAbout('Is it blue?')
    const picture = await aPng(40, 30, '#33c')
    const file = (await shop.owner.upload('cup.png', 'image/png', picture)) as FileId
    const said = await shop.say(talk, 'Yes, it is.', 'sent', [
      { kind: 'image', source: { file }, type: 'image/png', name: 'cup.png' },
    ])
    const [answer] = await until(async () => {
      const letters = await ann.letters()
      return letters.length > 0 && letters
    }, PATIENCE_MS)
    expect(said.content.subject).toBe('Re: A cup')
    expect(answer).toMatchObject({ subject: 'Re: A cup', from: { address: 'shop@provider.test' } })
    expect(answer!.inReplyTo).toBe(ann.written[0])
    expect(answer!.references).toContain(ann.written[0])
    expect(headerOf(answer!, 'auto-submitted')).toBeUndefined()
    expect(Buffer.from(answer!.attachments[0]!.content as ArrayBuffer).equals(picture)).toBe(true)
    expect(await servers.postfixLog()).toMatch(/sasl_method=\w+, sasl_username=shop@provider\.test/)
  })

  test('her answer to it stands in the same conversation, under what it answers', async () => {
    const talk = await shop.talkAbout('Is it blue?')
    const [answer] = await ann.letters()
    await ann.write('shop', { subject: 'Re: A cup', text: 'I take two.', inReplyTo: answer!.messageId! })
    const messages = await until(async () => {
      const now = await shop.messagesOf(await shop.talkAbout('I take two.'))
      return now.length === 3 && now
    }, PATIENCE_MS)
    expect(messages.map(({ direction }) => direction)).toEqual(['in', 'out', 'in'])
    expect(messages[2]!.replyTo).toBe(messages[1]!.id)
    expect(messages[2]!.conversation).toBe(talk.id)
  })

  test('Dovecot goes away for a while and comes back: nothing is lost, nothing comes twice', async () => {
    for (const time of ['first', 'second']) {
      await servers.stopDovecot()
      await ann.write('shop', { subject: 'Re: A cup', text: `While it was away, ${time} time` }, 'mx')
      await servers.startDovecot()
      await ann.write('shop', { subject: 'Re: A cup', text: `When it was back, ${time} time` })
    }
    const talk = await shop.talkAbout('When it was back, second time')
    const words = (await shop.messagesOf(talk)).map(({ content }) => textOf(content))
    expect(words.toSorted()).toEqual(
      [
        'Is it blue?',
        'Yes, it is.',
        'I take two.',
        'While it was away, first time',
        'When it was back, first time',
        'While it was away, second time',
        'When it was back, second time',
      ].toSorted(),
    )
  })

  test('what Postfix could not bring comes back and turns its message red', async () => {
    await personAt(servers, 'nobody', 'elsewhere.test').write('shop', { subject: 'Hi', text: 'Write to me' }, 'mx')
    const talk = await shop.talkAbout('Write to me')
    const red = await shop.say(talk, 'This one comes back', 'failed')
    expect(red.deliveries[0]).toMatchObject({
      reason: 'no_such_identity',
      hint: { words: expect.stringContaining('User unknown') },
    })
    // It was taken first: the report came as a letter.
    expect(await servers.postfixLog()).toMatch(/to=<nobody@elsewhere\.test>.*dsn=5\.1\.1, status=bounced/)
    expect(await shop.messagesOf(talk)).toHaveLength(2)
    const contact = await shop.owner.call(getContact, { params: { id: talk.contact! } })
    expect(contact.identities.some(({ reach }) => reach === 'gone')).toBe(true)
  })

  test('a machine’s letter is shown and not answered; our machine’s letters say what they are', async () => {
    const robot = await parleyWith(servers, 'robot', { echo: true })
    const bob = personAt(servers, 'bob')
    const nobody = personAt(servers, 'nobody', 'elsewhere.test')
    await bob.write('robot', { subject: 'One', text: 'Are you there?' })
    const [answer] = await until(async () => {
      const letters = await bob.letters()
      return letters.length > 0 && letters
    }, PATIENCE_MS)
    expect(answer!.text).toContain('Are you there?')
    expect(headerOf(answer!, 'auto-submitted')).toBe('auto-replied')

    await bob.write('robot', {
      subject: 'Out of office',
      text: 'I am away',
      headers: { 'Auto-Submitted': 'auto-replied' },
    })
    // Its answer comes back as a report, which is nobody’s to answer either.
    await nobody.write('robot', { subject: 'Two', text: 'Answer into nothing' }, 'mx')
    const lost = await robot.talkAbout('Answer into nothing')
    await until(
      async () => (await robot.messagesOf(lost)).some((each) => each.deliveries[0]?.state === 'failed'),
      PATIENCE_MS,
    )
    await bob.write('robot', { subject: 'Three', text: 'Still there?' })
    await until(async () => (await bob.letters()).some(({ text }) => text?.includes('Still there?')), PATIENCE_MS)

    await robot.talkAbout('I am away')
    expect((await bob.letters()).filter(({ text }) => text?.includes('I am away'))).toEqual([])
    const signedIn = (await servers.postfixLog()).match(/sasl_username=robot@provider\.test/g)
    expect(signedIn).toHaveLength(3)
  })
}

// ---------------------------------------------------------------- the two sides

/** A whole Parley whose one channel is this mailbox. */
async function parleyWith(servers: MailServers, person: string, { echo = false } = {}) {
  const { owner } = await wholeParley({ reaches: reachesOf(servers), echo })
  const open = (name: string, password: string) =>
    owner.ask('POST', '/api/channels', {
      body: { connector: 'email-imap', name, settings: mailboxOf(servers, person, password) },
    })
  const { id } = await owner.call(createChannel, {
    body: { connector: 'email-imap', name: person, settings: mailboxOf(servers, person) },
  })
  const isReady = async () => (await owner.call(getChannel, { params: { id } })).state === 'ready'
  await until(isReady, PATIENCE_MS)

  const messagesOf = async ({ id: of }: ConversationRow): Promise<MessageView[]> =>
    (await owner.call(listMessages, { params: { id: of }, query: {} })).items.toReversed()
  return {
    owner,
    open,
    isReady,
    messagesOf,
    /** The conversation that holds these words. */
    talkAbout: (words: string) =>
      until(async () => {
        for (const row of (await owner.call(listConversations, { query: {} })).items)
          if ((await messagesOf(row)).some(({ content }) => wordsOf(content).includes(words))) return row
        return null
      }, PATIENCE_MS),
    say: async (to: ConversationRow, text: string, state: string, parts?: Part[]): Promise<MessageView> => {
      const body = { text, ...(parts ? { parts } : {}) }
      const said = await owner.call(sendMessage, { params: { id: to.id }, body })
      return until(async () => {
        const found = (await messagesOf(to)).find((each) => each.id === said.id)
        return found?.deliveries[0]?.state === state && found
      }, PATIENCE_MS)
    },
  }
}

const textOf = ({ parts }: Content): string =>
  parts.flatMap((part) => (part.kind === 'text' ? [part.text] : [])).join(' ')

const headerOf = ({ headers }: Email, name: string): string | undefined =>
  headers.find(({ key }) => key === name)?.value

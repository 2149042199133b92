/**
 * What the whole program does when a network misbehaves: the table of faults, over every connector that has an emulator. One Parley, one
 * channel each; what a fault demands is said once, for all.
 */
import { access } from 'node:fs/promises'
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { checkChannel, createChannel, getChannel, type ChannelView } from '#contract/calls/channels.ts'
import { getContact } from '#contract/calls/contacts.ts'
import {
  fetchFileAgain,
  listConversations,
  listMessages,
  sendMessage,
  type ConversationRow,
  type MessageView,
} from '#contract/calls/conversations.ts'
import { plain, wordsOf } from '#contract/message/content.ts'
import type { Connector } from '#connector-kit/connector.ts'
import type { Emulator, Fault, FaultName, Phone, StartEmulator } from '#connector-kit/emulator/emulator.ts'
import { connectorFolders } from '#connector-kit/load.ts'
import { until } from '#tests/support/parts.ts'
import { wholeParley, type WholeParley } from '#tests/support/whole-parley.ts'

// Some of these wait for a platform's own schedule.
vi.setConfig({ testTimeout: 90_000 })

const ROOT = new URL('../../connectors/', import.meta.url)

interface World {
  /** The connector's folder, and the way it receives where it has two. */
  name: string
  folder: string
  settings: Record<string, unknown>
  emulator: Emulator
  /** Which of the Parleys it is at: people of two emulators have the same numbers, so no Parley meets a network twice. */
  at: number
}

const worlds: World[] = []
for (const folder of await connectorFolders(ROOT)) {
  const file = new URL(`${folder}/emulator.ts`, ROOT)
  if (
    !(await access(file).then(
      () => true,
      () => false,
    ))
  )
    continue
  const { default: start } = (await import(file.href)) as { default: StartEmulator }
  const { default: connector } = (await import(new URL(`${folder}/${folder}.ts`, ROOT).href)) as { default: Connector }
  const { receives } = connector.manifest
  const ways = receives.length > 1 ? receives.map((receive) => ({ receive })) : [{}]
  for (const [at, way] of ways.entries()) {
    const emulator = await start()
    worlds.push({
      name: [folder, ...Object.values(way)].join(' by '),
      folder,
      settings: { ...(emulator.settings as Record<string, unknown>), ...way },
      emulator,
      at,
    })
  }
}
afterAll(() => Promise.all(worlds.map(({ emulator }) => emulator.close())))
const addresses = worlds.flatMap(({ emulator }) => emulator.hosts?.map((host) => `tcp://${host}`) ?? [emulator.url])
const parleys: WholeParley[] = []
for (let at = 0; at <= Math.max(...worlds.map((world) => world.at)); at++)
  parleys.push(await wholeParley({ reaches: addresses }))

test('every connector with an emulator is here', () => {
  expect(worlds.length).toBeGreaterThan(0)
})

describe.each(worlds)('$name', ({ name, folder, settings, emulator, at }) => {
  const { owner, test: database } = parleys[at]!
  const may = (fault: FaultName) => emulator.never[fault] === undefined
  const breaks = (fault: Fault, times?: number) => {
    asked = fault.is
    emulator.fault(fault, times)
  }
  let asked: FaultName | undefined
  let channel: ChannelView
  let people = 0

  beforeEach(async () => {
    asked = undefined
    emulator.calm()
    channel ??= await open()
    await until(async () => (await stateNow()) === 'ready', 20_000)
  })

  afterEach(() => {
    // An emulator that does not know a fault passes all of this: then nothing was proven.
    if (asked && !emulator.met.has(asked))
      throw new Error(`the emulator of ${name} met no fault "${asked}": build it, or name it in never`)
  })

  async function open(): Promise<ChannelView> {
    const made = await owner.call(createChannel, {
      body: { connector: folder, name, settings },
    })
    if (made.webhookUrl) emulator.meets?.(made.webhookUrl)
    return made
  }

  const stateNow = async () => (await owner.call(getChannel, { params: { id: channel.id } })).state

  /** Somebody new has written. */
  async function aTalk() {
    const phone = emulator.phone(`${name.replaceAll(/[- ]/g, '')} ${++people}`)
    const hello = `hello from ${phone.name}`
    await phone.say(plain(hello))
    const conversation = await until(async () => {
      const { items } = await owner.call(listConversations, { query: {} })
      return items.find((row) => row.last?.words.includes(hello))
    }, 20_000)
    return { phone, conversation }
  }

  const messages = async ({ id }: ConversationRow): Promise<MessageView[]> =>
    (await owner.call(listMessages, { params: { id }, query: {} })).items

  const answer = (to: ConversationRow, text: string) =>
    owner.call(sendMessage, { params: { id: to.id }, body: { text } })

  const deliveryOf = async (conversation: ConversationRow, { id }: MessageView) =>
    (await messages(conversation)).find((message) => message.id === id)!.deliveries[0]!

  const ended = (conversation: ConversationRow, message: MessageView) =>
    until(async () => {
      const delivery = await deliveryOf(conversation, message)
      return ['sent', 'delivered', 'read', 'failed', 'unconfirmed'].includes(delivery.state) ? delivery : null
    }, 30_000)

  const timesSeen = (phone: Phone, words: string) =>
    phone.sees().filter(({ from, content }) => from === 'us' && wordsOf(content).includes(words)).length

  const said = async (conversation: ConversationRow, words: string) =>
    (await messages(conversation)).filter(({ content }) => wordsOf(content).includes(words)).length

  test('a word there is a message here; an answer from here is seen there, once', async () => {
    const { phone, conversation } = await aTalk()
    const sent = await answer(conversation, 'welcome')
    expect(['sent', 'delivered', 'read']).toContain((await ended(conversation, sent)).state)
    expect(timesSeen(phone, 'welcome')).toBe(1)
  })

  test.runIf(may('duplicate'))('duplicate: one message', async () => {
    const { phone, conversation } = await aTalk()
    breaks({ is: 'duplicate' })
    await phone.say(plain('only once'))
    await until(async () => (await said(conversation, 'only once')) > 0, 20_000)
    await phone.say(plain('and after'))
    await until(async () => (await said(conversation, 'and after')) > 0, 20_000)
    expect(await said(conversation, 'only once')).toBe(1)
  })

  test.runIf(may('throttle'))('throttle: waits as long as it is told, then arrives once', async () => {
    const { phone, conversation } = await aTalk()
    breaks({ is: 'throttle', after: 2 })
    const began = performance.now()
    const sent = await answer(conversation, 'slowly')
    expect(['sent', 'delivered', 'read']).toContain((await ended(conversation, sent)).state)
    expect(performance.now() - began).toBeGreaterThan(1500)
    expect(timesSeen(phone, 'slowly')).toBe(1)
  })

  const UNSURE: readonly [name: string, fault: Fault][] = [
    ['500', { is: 'server_error', status: 500 }],
    ['503', { is: 'server_error', status: 503 }],
    ['cut before it is processed', { is: 'cut', when: 'before' }],
    ['cut after it was', { is: 'cut', when: 'after' }],
    ['cut inside the answer', { is: 'cut', when: 'inside' }],
    ['a page instead of an answer', { is: 'html' }],
    ['an answer with other names', { is: 'changed' }],
  ]
  test.each(UNSURE.filter(([, { is }]) => may(is)))(
    '%s: sent or unconfirmed, never two, and the next passes',
    async (_, fault) => {
      const { phone, conversation } = await aTalk()
      breaks(fault)
      const unsure = await answer(conversation, 'perhaps')
      const { state } = await ended(conversation, unsure)
      expect(['sent', 'delivered', 'read', 'unconfirmed']).toContain(state)
      // Never called sent without having been taken; a phone whose own wire was cut sees it when it is back.
      if (state !== 'unconfirmed') await until(() => timesSeen(phone, 'perhaps') > 0, 20_000)
      const seen = timesSeen(phone, 'perhaps')
      expect(seen).toBeLessThanOrEqual(1)
      emulator.calm()
      await owner.call(checkChannel, { params: { id: channel.id } }).catch(() => {})
      const next = await answer(conversation, 'certainly')
      expect(['sent', 'delivered', 'read']).toContain((await ended(conversation, next)).state)
      await until(() => timesSeen(phone, 'certainly') > 0, 20_000)
      expect(timesSeen(phone, 'certainly')).toBe(1)
      expect(timesSeen(phone, 'perhaps')).toBe(seen)
    },
  )

  test.runIf(may('slow'))('slow: others do not wait', async () => {
    const ann = await aTalk()
    const bob = await aTalk()
    breaks({ is: 'slow', seconds: 6 })
    const slow = await answer(ann.conversation, 'takes its time')
    await until(async () => (await deliveryOf(ann.conversation, slow)).state === 'sending' || emulator.log.length > 0)
    const quick = await answer(bob.conversation, 'at once')
    await ended(bob.conversation, quick)
    expect(['queued', 'sending']).toContain((await deliveryOf(ann.conversation, slow)).state)
    await ended(ann.conversation, slow)
    expect(timesSeen(ann.phone, 'takes its time')).toBe(1)
  })

  test.runIf(may('blocked'))('blocked: failed with that reason, and the address is marked', async () => {
    const { conversation } = await aTalk()
    breaks({ is: 'blocked' })
    const sent = await answer(conversation, 'are you there?')
    expect(await ended(conversation, sent)).toMatchObject({ state: 'failed', reason: 'blocked' })
    const contact = await owner.call(getContact, { params: { id: conversation.contact! } })
    expect(contact.identities[0]).toMatchObject({ reach: 'blocked' })
  })

  test.runIf(may('gone'))('gone: failed, and the address is marked', async () => {
    const { conversation } = await aTalk()
    breaks({ is: 'gone' })
    const sent = await answer(conversation, 'are you there?')
    expect(await ended(conversation, sent)).toMatchObject({ state: 'failed', reason: 'no_such_identity' })
    const contact = await owner.call(getContact, { params: { id: conversation.contact! } })
    expect(contact.identities[0]).toMatchObject({ reach: 'gone' })
  })

  test.runIf(may('forged'))('forged: what the network did not say is not said here', async () => {
    const { phone, conversation } = await aTalk()
    breaks({ is: 'forged' })
    await phone.say(plain('really me'))
    await until(async () => (await said(conversation, 'really me')) > 0, 20_000)
    await phone.say(plain('me again'))
    await until(async () => (await said(conversation, 'me again')) > 0, 20_000)
    expect(await said(conversation, 'really me')).toBe(1)
  })

  test.runIf(may('silent'))('silent: what was not told is told later, once', async () => {
    const { phone, conversation } = await aTalk()
    breaks({ is: 'silent' }, Number.POSITIVE_INFINITY)
    await phone.say(plain('into the void'))
    emulator.calm()
    await until(async () => (await said(conversation, 'into the void')) > 0, 20_000)
    expect(await said(conversation, 'into the void')).toBe(1)
  })

  test.runIf(may('reorder'))('reorder: what overtook another is heard, what was overtaken too', async () => {
    const ann = await aTalk()
    const bob = await aTalk()
    breaks({ is: 'reorder' })
    await ann.phone.say(plain('said first'))
    await bob.phone.say(plain('said second'))
    await until(async () => (await said(bob.conversation, 'said second')) > 0, 20_000)
    await until(async () => (await said(ann.conversation, 'said first')) > 0, 20_000)
    await ann.phone.say(plain('said third'))
    await until(async () => (await said(ann.conversation, 'said third')) > 0, 20_000)
    expect(await said(ann.conversation, 'said first')).toBe(1)
    const words = (await messages(ann.conversation)).toReversed().map(({ content }) => wordsOf(content))
    const places = ['said first', 'said third'].map((each) => words.findIndex((one) => one.includes(each)))
    expect(places[0]).toBeLessThan(places[1]!)
  })

  test.runIf(may('media_gone'))('media_gone: the part stays with its reason, and “try again” fetches it', async () => {
    const { phone, conversation } = await aTalk()
    breaks({ is: 'media_gone' }, Number.POSITIVE_INFINITY)
    await phone.say({ parts: [{ kind: 'image', source: { remote: '' }, type: 'image/jpeg' }] })
    const picture = async () => {
      const found = (await messages(conversation)).find(({ content }) => content.parts[0]?.kind === 'image')
      const part = found?.content.parts[0]
      return found && part?.kind === 'image' ? { id: found.id, source: part.source } : null
    }
    const failed = await until(async () => {
      // Nobody waits here for the minute and a half between five tries.
      await database.asOwner('update file_fetch set ready_at = now() where failed is null and ready_at > now()')
      const now = await picture()
      return now && 'failed' in now.source && now.source.failed ? now : null
    }, 60_000)
    expect(failed.source).toMatchObject({ failed: expect.stringMatching(/\w/) as string })
    emulator.calm()
    await owner.call(fetchFileAgain, { params: { id: failed.id, part: 0 } })
    await until(async () => 'file' in (await picture())!.source, 20_000)
  })

  test('huge: refused before it is stored', async () => {
    const url = channel.webhookUrl ?? `${channel.id}`
    const isHook = url.startsWith('http')
    const answers = isHook
      ? await Promise.all(
          ['x'.repeat(1_100_000), `${'['.repeat(100_000)}${']'.repeat(100_000)}`].map(
            async (body) => (await fetch(url, { method: 'POST', body })).status,
          ),
        )
      : [413, 413]
    expect(answers[0]).toBe(413)
    expect([400, 401, 403, 404, 413]).toContain(answers[1])
  })

  test('flood: one who writes without end loses nothing, and does not keep others from being heard', async () => {
    const loud = await aTalk()
    const words = Array.from({ length: 30 }, (_, index) => `word ${index} of the flood.`)
    const flood = Promise.all(words.map((each) => loud.phone.say(plain(each))))
    const quiet = await aTalk()
    expect(quiet.conversation.id).not.toBe(loud.conversation.id)
    await flood
    await until(async () => (await said(loud.conversation, words.at(-1)!)) > 0, 30_000)
    const all = (await owner.call(listMessages, { params: { id: loud.conversation.id }, query: { limit: 200 } })).items
    const heard = words.map((each) => all.filter(({ content }) => wordsOf(content).includes(each)).length)
    expect(heard).toEqual(words.map(() => 1))
  })

  test.runIf(may('auth_lost'))('auth_lost: signed out, the queue is kept, and sent after signing in', async () => {
    const { phone, conversation } = await aTalk()
    breaks({ is: 'auth_lost' }, Number.POSITIVE_INFINITY)
    const sent = await answer(conversation, 'once you are back')
    await until(async () => (await stateNow()) === 'signed_out', 40_000)
    await owner.call(checkChannel, { params: { id: channel.id } })
    const { stateData } = await owner.call(getChannel, { params: { id: channel.id } })
    expect(stateData.words ?? '', 'no code of ours in the mouth of the platform').not.toContain('signed_out')
    // One that was under way comes back to the queue.
    await until(async () => (await deliveryOf(conversation, sent)).state === 'queued')
    expect(timesSeen(phone, 'once you are back')).toBe(0)
    emulator.calm()
    await owner.call(checkChannel, { params: { id: channel.id } })
    expect((await ended(conversation, sent)).state).toMatch(/^(sent|delivered|read)$/)
    expect(timesSeen(phone, 'once you are back')).toBe(1)
    await until(async () => (await stateNow()) === 'ready', 20_000)
    await phone.say(plain('and I hear you'))
    await until(async () => (await said(conversation, 'and I hear you')) === 1, 20_000)
  })
})

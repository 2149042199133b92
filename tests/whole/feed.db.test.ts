/** The feed over its socket: nothing missed, nothing twice, whatever is cut and wherever one comes back. */
import { randomUUID } from 'node:crypto'
import { afterAll, expect, test } from 'vitest'
import { saveDraft, sendMessage } from '#contract/calls/conversations.ts'
import type { FeedEvent } from '#contract/feed/event.ts'
import startTelegram from '#connectors/telegram/emulator.ts'
import { clientOf, type Feed } from '#tests/support/client.ts'
import { furnish } from '#tests/support/furnished.ts'
import { until } from '#tests/support/parts.ts'
import { wholeParley } from '#tests/support/whole-parley.ts'

const telegram = await startTelegram()
afterAll(() => telegram.close())
const parley = await wholeParley({ reaches: [telegram.url] })
const { owner } = parley
const world = await furnish(parley, owner, telegram)
const note = (text: string) =>
  owner.call(sendMessage, { params: { id: world.conversation }, body: { text, note: true } })

const notesIn = (events: readonly FeedEvent[]) =>
  events.flatMap((event) =>
    event.kind === 'message.added' && event.message.direction === 'note' ? wordsOf(event.message.content) : [],
  )
const wordsOf = ({ parts: [part] }: { parts: { kind: string }[] }) =>
  part?.kind === 'text' ? (part as unknown as { text: string }).text : ''

test('50 events over a socket that is cut again and again, on two programs of one database: all once, in order', async () => {
  const twin = await parley.twin({ PARLEY_ROLES: 'web' })
  const begun = await owner.feed()
  await until(() => begun.cursor())
  let cursor = begun.cursor()!
  begun.close()
  const heard: string[] = []
  const writing = (async () => {
    for (let n = 1; n <= 50; n++) await note(`note ${n}`)
  })()
  for (let round = 0; heard.length < 50; round++) {
    if (round > 200) throw new Error(`only ${heard.length} came`)
    const feed: Feed = await (round % 2 ? twin.owner : owner).feed(cursor)
    await until(() => notesIn(feed.events).length > 0, 30_000)
    // Whatever came up to the cursor counts; the rest is told again.
    heard.push(...notesIn(feed.events))
    cursor = feed.cursor()!
    feed.close()
  }
  await writing
  expect(heard).toEqual(Array.from({ length: 50 }, (_, n) => `note ${n + 1}`))
}, 180_000)

test('a cursor of another database, one too old, one of the future and one that is none are reset, and what follows comes', async () => {
  const first = await owner.feed()
  const cursor = await until(() => first.cursor())
  first.close()
  const [lineage = '', xid = '', pos = '', at = ''] = Buffer.from(cursor, 'base64url').toString().split('.')
  const encoded = (...fields: string[]) => Buffer.from(fields.join('.')).toString('base64url')
  const strange = [
    encoded(randomUUID(), xid, pos, at),
    encoded(lineage, xid, pos, String(Number(at) - 40 * 86_400)),
    encoded(lineage, String(10n ** 18n), pos, at),
    encoded(lineage, '9'.repeat(20), '9'.repeat(19), at),
    'none',
  ]
  const feeds = await Promise.all(strange.map((each) => owner.feed(each)))
  await until(() => feeds.every(({ frames }) => frames.length > 0))
  expect(feeds.map(({ frames: [frame] }) => Object.keys(frame!))).toEqual(strange.map(() => ['reset']))
  await note('after the reset')
  await until(() => feeds.every(({ events }) => notesIn(events).includes('after the reset')))
  for (const feed of feeds) feed.close()
}, 30_000)

test('whoever speaks on it is cut with one fixed answer, and other sockets go on', async () => {
  const listening = await owner.feed()
  const frames = [
    'hello',
    '{"subscribe":"everything"}',
    JSON.stringify(Array.from({ length: 10_000 }, (_, n) => ({ subscribe: `conversation ${n}` }))),
    '{"__proto__":{"role":"owner"}}',
    '{"constructor":{"prototype":{"role":"owner"}}}',
    Buffer.alloc(500_000, 'x'),
  ]
  for (const frame of frames) {
    const feed = await owner.feed()
    feed.send(frame)
    expect([String(frame).slice(0, 40), await feed.closed]).toEqual([String(frame).slice(0, 40), 1008])
    expect(JSON.stringify(feed.frames)).not.toContain('subscribe')
  }
  const feed = await owner.feed()
  feed.send(Buffer.alloc(2 * 1024 * 1024, 'x'))
  expect([1009, 1006]).toContain(await feed.closed)
  await note('still here')
  await until(() => notesIn(listening.events).includes('still here'))
  listening.close()
})

test('a page of another site gets no socket by a cookie; nobody gets none', async () => {
  for (const origin of ['https://evil.example', 'null', 'not an origin']) {
    const feed = await owner.as({ origin }).feed()
    expect([origin, await feed.closed]).toEqual([origin, 4401])
    expect(feed.events).toEqual([])
  }
  const nobody = await clientOf(parley.url).feed()
  expect(await nobody.closed).toBe(4401)
})

test('hints of typing pass, and what is one member’s alone does not', async () => {
  const feed = await owner.feed()
  await until(() => feed.cursor())
  const agent = await parley.member('agent')
  await agent.ask('PUT', `/api/conversations/${world.conversation}/presence`, { body: { typing: true } })
  const told = (hint: string) => feed.frames.some((frame) => 'hints' in frame && frame.hints[0]?.hint === hint)
  await until(() => told('member.typing'))
  await agent.ask('PUT', `/api/conversations/${world.conversation}/presence`, { body: { typing: 'stopped' } })
  await until(() => told('member.stopped'))
  await agent.call(saveDraft, { params: { id: world.conversation }, body: { text: 'unfinished thought' } })
  await note('a mark behind it')
  await until(() => notesIn(feed.events).includes('a mark behind it'))
  expect(JSON.stringify(feed.frames)).not.toContain('unfinished thought')
  feed.close()
})

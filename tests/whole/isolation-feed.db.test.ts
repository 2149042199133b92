/**
 * What the matrix of routes cannot hold: the feed tells nobody more than his own calls would, links for those who cannot sign in open one
 * thing, and sockets and files are shut to whoever is nobody or of another workspace.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, expect, test } from 'vitest'
import { changeChannel } from '#contract/calls/channels.ts'
import { changeContact } from '#contract/calls/contacts.ts'
import { changeConversation, sendMessage } from '#contract/calls/conversations.ts'
import { changeMember } from '#contract/calls/members.ts'
import type { FeedEvent } from '#contract/feed/event.ts'
import { FileId, type WorkspaceId } from '#contract/ids.ts'
import { plain } from '#contract/message/content.ts'
import startTelegram from '#connectors/telegram/emulator.ts'
import { fileLinks } from '#server/conversations/file-links.ts'
import { signedLinks } from '#server/conversations/signed-links.ts'
import { systemClock } from '#server/platform/clock.ts'
import { databaseKeyStore } from '#server/platform/secrets/key-store.ts'
import { openSecrets } from '#server/platform/secrets/secrets.ts'
import type { Client, Feed } from '#tests/support/client.ts'
import { furnish } from '#tests/support/furnished.ts'
import { until } from '#tests/support/parts.ts'
import { wholeParley } from '#tests/support/whole-parley.ts'

const telegram = await startTelegram()
afterAll(() => telegram.close())
const parley = await wholeParley({ reaches: [telegram.url] })
const { owner, stranger, url } = parley
const nina = await parley.neighbour()
const ours = await furnish(parley, owner, telegram)
const theirs = await furnish(parley, nina, telegram)
const outsiders: [string, Client][] = [
  ['nobody', stranger],
  ['the neighbour', nina],
  ['an ended session', stranger.as({ cookie: `parley=${randomBytes(32).toString('base64url')}`, origin: url })],
  ['a token that nobody made', stranger.as({ authorization: `Bearer ${randomBytes(32).toString('base64url')}` })],
]

test('the feed shows a role nothing that the same role could not ask for', async () => {
  const watchers: [string, Client, Feed][] = []
  for (const [role, client] of [
    ['viewer', await parley.member('viewer')],
    ['agent', await parley.member('agent')],
    ['bot', await parley.bot()],
  ] as const) {
    const feed = await client.feed()
    // Open is not yet joined: who it is, is looked up first.
    await until(() => feed.frames[0])
    watchers.push([role, client, feed])
  }

  await owner.call(changeContact, { params: { id: ours.contact }, body: { tags: ['watched'] } })
  await owner.call(changeConversation, { params: { id: ours.conversation }, body: { priority: 2 } })
  await owner.call(changeChannel, { params: { id: ours.channel }, body: { name: 'Watched' } })
  await owner.call(changeMember, { params: { id: ours.member }, body: { name: 'Watched' } })
  await owner.call(sendMessage, { params: { id: ours.conversation }, body: { note: true, text: 'between us' } })
  await ours.ann.say(plain('the last of it'))

  let compared = 0
  for (const [role, client, feed] of watchers) {
    await feed.event('message.added', ({ message }) => JSON.stringify(message.content).includes('the last of it'))
    for (const kind of [
      'message.added',
      'contact.changed',
      'conversation.changed',
      'channel.changed',
      'member.changed',
    ])
      expect([role, feed.events.some((event) => event.kind === kind) && kind]).toEqual([role, kind])
    for (const event of feed.events) {
      const [place, told] = placeOf(event) ?? []
      if (!place || !told) continue
      const response = await client.ask('GET', place)
      expect([role, event.kind, response.status]).toEqual([role, event.kind, 200])
      // No key that the call would not give him too.
      expect([role, event.kind, keysOf(told)]).toEqual([role, event.kind, keysOf((await response.json()) as object)])
      compared++
    }
    feed.close()
  }
  expect(compared).toBeGreaterThan(12)
  console.log(`isolation: ${compared} feed events compared with the calls of 3 roles`)
})

test('a socket of the feed opens for nobody who is not of the house, and a foreign file is not there', async () => {
  for (const [who, client] of outsiders.filter(([name]) => name !== 'the neighbour')) {
    const feed = await client.feed()
    expect([who, await feed.closed, feed.events]).toEqual([who, 4401, []])
  }
  for (const [who, client] of outsiders) {
    const paths = [
      `/api/files/${ours.file}`,
      `/api/files/${ours.file}?thumbnail`,
      `/api/files/${ours.file}?download`,
      `/api/messages/${ours.message}/picture?url=http://x.test/`,
    ]
    for (const path of paths)
      for (const [method, headers] of [
        ['GET', {}],
        ['GET', { range: 'bytes=0-3' }],
        ['HEAD', {}],
      ] as const) {
        const own = await client.ask(method, path, { headers })
        const none = await client.ask(method, path.replaceAll(/[0-9a-f-]{36}/g, randomUUID()), { headers })
        expect([who, method, path, own.status]).toEqual([who, method, path, who === 'the neighbour' ? 404 : 401])
        const bytes = [await own.text(), await none.text()].map((text) => text.replace(/"request":"[^"]+"/, ''))
        expect(bytes[0]).toBe(bytes[1])
      }
  }
  expect((await owner.ask('GET', `/api/files/${ours.file}`)).status).toBe(200)
})

test('a signed link opens its one file until it ends; changed anywhere, over, or of another kind it opens nothing', async () => {
  const { database } = parley.test
  const secrets = await openSecrets({
    dataDir: parley.data,
    key: null,
    store: databaseKeyStore(database),
    clock: systemClock(),
  })
  const deps = { secrets, clock: systemClock(), url, database }
  const files = await fileLinks(deps)
  const raw = await signedLinks(deps, { path: 'l', purpose: 'links' })
  const pages = await signedLinks(deps, { path: 'm', purpose: 'pages' })
  const workspace = ours.workspace as WorkspaceId
  const tokenIn = (link: string | null) => link!.split('/').at(-1)!
  const token = tokenIn(files.make(workspace, FileId.parse(ours.file), 30))
  const opened = await stranger.ask('GET', `/l/${token}`)
  expect(opened.status).toBe(200)

  const bytes = Buffer.from(token, 'base64url')
  const changed = Array.from(bytes, (byte, at) => {
    const copy = Buffer.from(bytes)
    copy[at] = byte ^ (1 << (at % 8))
    return copy.toString('base64url')
  })
  const monthsAgo = new Date(Date.now() - 40 * 86_400_000)
  const forged = [
    ...changed,
    tokenIn(raw.make(workspace, ours.file, monthsAgo, 30)),
    tokenIn(raw.make(theirs.workspace as WorkspaceId, ours.file, new Date(), 30)),
    tokenIn(raw.make(workspace, randomUUID(), new Date(), 30)),
    tokenIn(pages.make(workspace, ours.file, new Date(), 30)),
    `${token}A`,
    token.slice(0, -1),
    'x',
    '%00',
    randomBytes(64).toString('base64url'),
  ]
  const answers = new Map<string, string>()
  for (const each of forged) {
    for (const path of [`/l/${each}`, `/m/${each}`]) {
      const response = await stranger.ask('GET', path)
      expect([path, response.status]).toEqual([path, 404])
      answers.set(path.slice(0, 3), (await response.text()).replace(/"request":"[^"]+"/, ''))
    }
  }
  expect(answers.size).toBe(2)
  // The right one of a kind does not open the other kind.
  expect((await stranger.ask('GET', `/m/${token}`)).status).toBe(404)

  await owner.ask('DELETE', `/api/files/${ours.file}/links`)
  await until(async () => (await stranger.ask('GET', `/l/${token}`)).status === 404)
  console.log(`isolation: ${forged.length * 2} forged links refused`)
})

// ---------------------------------------------------------------- helpers

/** Where a call gives what this event told. */
function placeOf(event: FeedEvent): [path: string, told: object] | null {
  if (event.kind === 'contact.changed') return [`/api/contacts/${event.contact.id}`, event.contact]
  if (event.kind === 'conversation.changed') return [`/api/conversations/${event.conversation.id}`, event.conversation]
  return event.kind === 'channel.changed' ? [`/api/channels/${event.channel.id}`, event.channel] : null
}

const keysOf = (value: object) => Object.keys(value).toSorted()

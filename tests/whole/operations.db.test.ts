/** What an operator asks of a running Parley: is it well, how does it end, what does it tell, what does it keep to itself. */
import { connect } from 'node:net'
import { afterAll, expect, test } from 'vitest'
import { createChannel } from '#contract/calls/channels.ts'
import { listConversations, listMessages, sendMessage } from '#contract/calls/conversations.ts'
import { plain, wordsOf } from '#contract/message/content.ts'
import { getMe } from '#contract/calls/members.ts'
import { revokeFileLinks } from '#contract/calls/files.ts'
import type { FileId } from '#contract/ids.ts'
import startTelegram from '#connectors/telegram/emulator.ts'
import { fileLinks } from '#server/conversations/file-links.ts'
import { programClock } from '#server/platform/new-id.ts'
import { databaseKeyStore } from '#server/platform/secrets/key-store.ts'
import { openSecrets } from '#server/platform/secrets/secrets.ts'
import { until } from '#tests/support/parts.ts'
import { wholeParley } from '#tests/support/whole-parley.ts'

const telegram = await startTelegram()
afterAll(() => telegram.close())
const parley = await wholeParley({ reaches: [telegram.url], env: { PARLEY_URL: 'http://127.0.0.1:1' } })
const { owner, stranger } = parley
await owner.call(createChannel, {
  body: { connector: 'telegram', name: 'Shop', settings: { ...telegram.settings, receive: 'polling' } },
})
const CANARY = 'canary words of a customer'
const ann = telegram.phone('Ann')
await ann.say(plain(CANARY))
const conversation = await until(async () => (await owner.call(listConversations, { query: {} })).items[0], 20_000)
const stateOf = async () =>
  (await owner.call(listMessages, { params: { id: conversation.id }, query: {} })).items[0]!.deliveries[0]?.state

test('/metrics tells what an operator watches', async () => {
  await owner.call(sendMessage, { params: { id: conversation.id }, body: { text: 'measured' } })
  await until(async () => (await stateOf()) === 'sent')
  const page = await (await stranger.ask('GET', '/metrics')).text()
  const value = (name: string) =>
    Number(new RegExp(`^parley_${name.replaceAll(/[{}"]/g, '\\$&')} (\\S+)$`, 'm').exec(page)?.[1])
  expect(value('messages_total')).toBeGreaterThanOrEqual(2)
  expect(value('sends_total{outcome="sent"}')).toBe(1)
  expect(value('channels{connector="telegram",state="ready"}')).toBe(1)
  expect(value('statements_per_message')).toBeGreaterThan(0)
  const quiet = [
    'events_oldest_waiting_seconds',
    'events{state="waiting"}',
    'events{state="quarantined"}',
    'deliveries{state="queued"}',
    'deliveries_unconfirmed_ratio',
    'feed_lag_seconds',
    'clock_differs_seconds',
  ]
  expect(quiet.filter((name) => value(name) !== 0)).toEqual([])
  expect(page).toContain('parley_flight_seconds_count')
})

test('/metrics of a Parley behind a proxy that it was not told of asks who is there', async () => {
  const headers = { 'x-forwarded-for': '203.0.113.9' }
  expect((await stranger.ask('GET', '/metrics', { headers })).status).toBe(401)
  expect((await owner.ask('GET', '/metrics', { headers })).status).toBe(200)
})

test('a link opens one file for a stranger, safely, until it is taken back', async () => {
  const id = (await owner.upload('price <b>.txt', 'text/plain', Buffer.from('a price'))) as FileId
  const secrets = await openSecrets({
    dataDir: parley.data,
    key: null,
    store: databaseKeyStore(parley.test.database),
    clock: programClock,
  })
  const [{ workspace } = { workspace: '' }] = await parley.test.asOwner<{ workspace: string }>(
    'select workspace_id as workspace from parley.workspace',
  )
  const links = await fileLinks({ database: parley.test.database, secrets, clock: programClock, url: parley.url })
  const path = links.make(workspace as never, id, 1)!.slice(parley.url.length)

  const answer = await stranger.ask('GET', path)
  expect([answer.status, await answer.text()]).toEqual([200, 'a price'])
  expect(answer.headers.get('content-security-policy')).toBe("sandbox; default-src 'none'")
  expect(answer.headers.get('content-disposition')).toMatch(/^attachment/)
  expect(answer.headers.get('x-robots-tag')).toBe('noindex')
  expect((await stranger.ask('GET', path.replace(/.{10}$/, 'AAAAAAAAAA'))).status).toBe(404)
  expect((await stranger.ask('GET', `/api/files/${id}`)).status).toBe(401)

  await owner.call(revokeFileLinks, { params: { id } })
  expect((await stranger.ask('GET', path)).status).toBe(404)
  const neighbour = await parley.neighbour()
  expect((await neighbour.ask('DELETE', `/api/files/${id}/links`)).status).toBe(404)
})

test('a mistake of ours is answered with a number to name, and logged under it', async () => {
  await parley.test.asOwner('alter table parley.message_ref rename to away')
  const answer = await owner.ask('POST', `/api/conversations/${conversation.id}/messages`, {
    body: { text: 'lost in a mistake', clientId: crypto.randomUUID() },
  })
  await parley.test.asOwner('alter table parley.away rename to message_ref')
  expect(answer.status).toBe(500)
  const { request } = (await answer.json()) as { request: string }
  expect(parley.log.some((line) => line.includes(request))).toBe(true)
})

test('a message that is on its way when Parley is told to stop lands, and is called sent', async () => {
  telegram.fault({ is: 'slow', seconds: 3 })
  await owner.call(sendMessage, { params: { id: conversation.id }, body: { text: 'still in the air' } })
  await until(async () => (await stateOf()) === 'sending')
  const began = performance.now()
  await parley.restart()
  expect(performance.now() - began).toBeGreaterThan(1_500)
  expect(await stateOf()).toBe('sent')
  expect(ann.sees().filter(({ from }) => from === 'us')).toHaveLength(2)
}, 60_000)

test('half a request whose rest never comes does not keep it from ending', async () => {
  const { url, program } = await parley.twin({ PARLEY_ROLES: 'web' })
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  await new Promise<void>((resolve) =>
    socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n', () => setTimeout(resolve, 200)),
  )
  try {
    expect(await program.stop()).toEqual([])
  } finally {
    socket.destroy()
  }
}, 60_000)

test('while it stops, /readyz says 503 and /healthz goes on', async () => {
  telegram.fault({ is: 'slow', seconds: 3 }, Number.POSITIVE_INFINITY)
  await owner.call(sendMessage, { params: { id: conversation.id }, body: { text: 'one more' } })
  await until(async () => ['sending', 'sent'].includes((await stateOf()) ?? ''), 20_000)
  expect((await stranger.ask('GET', '/readyz')).status).toBe(200)
  const stopping = parley.stop()
  expect((await stranger.ask('GET', '/readyz')).status).toBe(503)
  expect((await stranger.ask('GET', '/healthz')).status).toBe(200)
  await stopping
}, 60_000)

test('events that nobody reads for a minute are told to the operator and in the window; the platform is thanked all the same, and all is read afterwards', async () => {
  // The other processes are gone: this one takes what comes and reads nothing.
  const door = await parley.twin({ PARLEY_ROLES: 'web,ingest,sender' })
  const waiting = async () =>
    (await parley.test.asOwner<{ n: number }>('select count(*)::int as n from inbound_work where state = 0'))[0]!.n
  const said = async (at: typeof door) =>
    (await at.owner.call(listMessages, { params: { id: conversation.id }, query: {} })).items
      .filter(({ direction }) => direction === 'in')
      .map(({ content }) => wordsOf(content))
      .toReversed()
  const readyz = async () =>
    (await (await door.owner.ask('GET', '/readyz')).json()) as { ready: boolean; alarms: string[] }
  const hour = Array.from({ length: 5 }, (_, n) => `while nobody reads, ${n}`)
  for (const words of hour) await ann.say(plain(words))
  await until(async () => (await waiting()) === hour.length, 40_000)
  expect(await said(door)).toEqual([CANARY])
  expect(await readyz()).toEqual({ ready: true, alarms: [] })

  await parley.test.asOwner(`update inbound_work set changed_at = now() - interval '59 seconds' where state = 0`)
  await until(async () => (await readyz()).alarms.includes('events_wait'), 20_000)
  expect((await door.owner.call(getMe)).warnings).toEqual(['events_wait'])
  await until(async () => {
    const page = await (await door.owner.ask('GET', '/metrics')).text()
    return (
      page.includes('parley_alarm{about="events"} 1') && /^parley_events_oldest_waiting_seconds [6-9]\d/m.test(page)
    )
  }, 30_000)
  await until(() => parley.log.some((line) => line.includes('ALARM: events wait and nobody reads them')), 20_000)

  const back = await parley.twin({ PARLEY_ROLES: 'web,worker' })
  await until(async () => (await waiting()) === 0, 20_000)
  expect(await said(back)).toEqual([CANARY, ...hour])
  await until(async () => (await readyz()).alarms.length === 0, 20_000)
}, 120_000)

test('no line of the log holds what was said, a token, a cookie or a link', () => {
  const all = parley.log.join('')
  // the mistake that was planted above is there, so silence about the rest means something
  expect(all).toContain('a request failed')
  const secrets = [
    CANARY,
    'measured',
    'lost in a mistake',
    'still in the air',
    'a price',
    telegram.settings.token as string,
    '/l/',
  ]
  expect(secrets.filter((secret) => all.includes(secret))).toEqual([])
})

/** Pictures of a letter on other servers: only ours asks for them, only for those of that letter, and only pictures come of it. */
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { randomUUID } from 'node:crypto'
import sharp from 'sharp'
import { afterAll, expect, test } from 'vitest'
import { createChannel, getChannel } from '#contract/calls/channels.ts'
import { listConversations, listMessages } from '#contract/calls/conversations.ts'
import startMail from '#connectors/email-imap/emulator.ts'
import { pathOf, type Client } from '#tests/support/client.ts'
import { until } from '#tests/support/parts.ts'
import { wholeParley } from '#tests/support/whole-parley.ts'

const photo = await sharp({ create: { width: 30, height: 20, channels: 3, background: '#a33' } })
  .withExif({ IFD0: { Copyright: 'canary-of-the-camera' } })
  .jpeg()
  .toBuffer()
/** What the other server holds, by path. */
const held: Record<string, { type: string; body: Buffer | string; location?: string }> = {
  '/photo.jpg?a=1&b=2': { type: 'image/jpeg', body: photo },
  '/drawing.svg': { type: 'image/svg+xml', body: '<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>' },
  '/page.jpg': { type: 'image/jpeg', body: '<script>alert(1)</script>' },
  '/inward.jpg': { type: 'image/jpeg', body: '', location: 'http://127.0.0.1:9/photo.jpg' },
  '/secret.jpg': { type: 'image/jpeg', body: photo },
}
const asked: { path: string; headers: IncomingHttpHeaders }[] = []
const elsewhere = createServer((request, response) => {
  asked.push({ path: request.url!, headers: request.headers })
  const found = held[request.url!]
  if (!found) return void response.writeHead(404).end()
  const { type, body, location } = found
  response.writeHead(location ? 302 : 200, {
    'content-type': type,
    'set-cookie': 'who=you',
    ...(location && { location }),
  })
  response.end(body)
})
await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve))
afterAll(() => elsewhere.close())
const host = `127.0.0.1:${(elsewhere.address() as AddressInfo).port}`
const there = `http://${host}`

const mail = await startMail()
afterAll(() => mail.close())
const parley = await wholeParley({
  reaches: [...mail.hosts.map((each) => `tcp://${each}`), there],
  pictures: { hosts: ['127.0.0.1'], plain: [host] },
})
const { owner, stranger } = parley
const { id } = await owner.call(createChannel, {
  body: { connector: 'email-imap', name: 'Shop', settings: { ...mail.settings } },
})
await until(async () => (await owner.call(getChannel, { params: { id } })).state === 'ready', 15_000)
const html = `<p>Look</p><img src="${there}/photo.jpg?a=1&amp;b=2"><img src='${there}/drawing.svg'>
  <img src=${there}/page.jpg><img src="${there}/inward.jpg"><img src="${there}/none.jpg"><a href="${there}/secret.jpg">more</a>`
await mail.phone('Ann').write({ subject: 'Look', text: 'Look', html })
const message = await until(async () => {
  const { items } = await owner.call(listConversations, { query: { q: 'Ann' } })
  const messages = items[0] && (await owner.call(listMessages, { params: { id: items[0].id }, query: {} })).items
  const letter = messages?.find(({ content }) =>
    content.parts.some((each) => each.kind === 'html' && 'file' in each.source),
  )
  return letter?.id
}, 30_000)

const picture = (client: Client, url: string, of: string = message) =>
  client.ask('GET', pathOf('/api/messages/:id/picture', { id: of }, { url }))

test('nothing is fetched while a letter is taken in', () => {
  expect(asked).toEqual([])
})

test('a picture of the letter is fetched by us without cookie and referrer, drawn anew, and shown in a sandbox', async () => {
  await picture(owner, `${there}/photo.jpg?a=1&b=2`)
  const response = await picture(owner, `${there}/photo.jpg?a=1&b=2`)
  expect(response.status).toBe(200)
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'image/jpeg',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "sandbox; default-src 'none'",
    'referrer-policy': 'no-referrer',
    'cache-control': 'private, max-age=86400',
  })
  const bytes = Buffer.from(await response.arrayBuffer())
  expect(await sharp(bytes).metadata()).toMatchObject({ width: 30, height: 20 })
  expect(photo.includes('canary-of-the-camera')).toBe(true)
  expect(bytes.includes('canary-of-the-camera')).toBe(false)
  expect(asked.map(({ path }) => path)).toEqual(['/photo.jpg?a=1&b=2', '/photo.jpg?a=1&b=2'])
  // What the other server wanted to plant is not told back to it.
  for (const { headers } of asked)
    expect(Object.keys(headers).toSorted()).toEqual(['accept', 'connection', 'host', 'user-agent'])
})

test('what is no picture, leads elsewhere or is gone is not there', async () => {
  for (const path of ['drawing.svg', 'page.jpg', 'inward.jpg', 'none.jpg'])
    expect([path, (await picture(owner, `${there}/${path}`)).status]).toEqual([path, 404])
})

test('an address that the letter does not show is asked of nobody: not a link of it, not of another message, not of a stranger’s', async () => {
  const nina = await parley.neighbour()
  const shown = `${there}/photo.jpg?a=1&b=2`
  asked.length = 0
  const refusals = [
    await picture(owner, `${there}/secret.jpg`),
    await picture(owner, `${shown}&c=3`),
    await picture(owner, shown, randomUUID()),
    await picture(owner, shown, 'none'),
    await picture(nina, shown),
    await owner.ask('GET', `/api/messages/${message}/picture`),
  ]
  const bodies = await Promise.all(
    refusals.map(async (each) => ({ ...((await each.json()) as object), request: undefined })),
  )
  expect(new Set(bodies.map((body) => JSON.stringify(body)))).toEqual(
    new Set([JSON.stringify({ ...bodies[0], code: 'not_found', status: 404 })]),
  )
  expect((await picture(stranger, shown)).status).toBe(401)
  expect(asked).toEqual([])
})

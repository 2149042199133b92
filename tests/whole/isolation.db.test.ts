/**
 * The matrix of trust, made from the route table: route × role × own, foreign and nonexistent id, wherever an id stands. A foreign id
 * and one that nothing has are answered by the same bytes, and change nothing.
 */
import { randomUUID } from 'node:crypto'
import { afterAll, expect, test } from 'vitest'
import { listConversations, sendMessage } from '#contract/calls/conversations.ts'
import type { FeedFrame } from '#contract/feed/event.ts'
import { plain } from '#contract/message/content.ts'
import { may, RIGHTS, type Act, type Role } from '#contract/rights.ts'
import startTelegram from '#connectors/telegram/emulator.ts'
import { pathOf, type Client } from '#tests/support/client.ts'
import { declarations } from '#tests/support/declarations.ts'
import { exampleOf, operationsOf, type Description, type Example } from '#tests/support/examples.ts'
import { furnish, type Furnished } from '#tests/support/furnished.ts'
import { until } from '#tests/support/parts.ts'
import { wholeParley } from '#tests/support/whole-parley.ts'

const telegram = await startTelegram()
afterAll(() => telegram.close())
const parley = await wholeParley({ reaches: [telegram.url] })
const { owner, stranger } = parley
const nina = await parley.neighbour()
const ours = await furnish(parley, owner, telegram)
const theirs = await furnish(parley, nina, telegram)
const description = (await (await stranger.ask('GET', '/api/openapi.json')).json()) as Description
const operations = operationsOf(description)
const roles: Record<Role, Client> = {
  owner,
  admin: await parley.member('admin'),
  supervisor: await parley.member('supervisor'),
  agent: await parley.member('agent'),
  viewer: await parley.member('viewer'),
  bot: await parley.bot(),
}

/** What may not be made from the description: a socket, and uploads, which are tried below. */
const BESIDE = new Set(['GET /api/feed', 'POST /api/files'])
const rules = new Map<string, Act | 'public' | 'signed_in'>([
  ...declarations.map(({ call }) => [`${call.method} ${call.path.replaceAll(/:(\w+)/g, '{$1}')}`, call.may] as const),
  ['GET /api/files/{id}', 'file.read'],
  ['GET /api/messages/{id}/picture', 'conversation.read'],
])

test('every route refuses whoever has no right to it, before it looks at what was asked', async () => {
  const wrong: unknown[] = []
  let refused = 0
  for (const [route, operation] of operations) {
    if (BESIDE.has(route)) continue
    const rule = rules.get(route)!
    const example = exampleOf(description, route, operation, ours, false)
    for (const [role, client] of [['nobody', stranger], ...Object.entries(roles)] as ['nobody' | Role, Client][]) {
      if (rule === 'public' || (role !== 'nobody' && allows(route, role))) continue
      refused++
      const { status, text } = await ask(client, route, {
        ...example,
        body: route.startsWith('GET ') ? undefined : { surprise: 1 },
      })
      const code = role === 'nobody' ? 'signed_out' : 'forbidden'
      if (status !== (role === 'nobody' ? 401 : 403) || !text.includes(`"${code}"`))
        wrong.push({ route, role, status, text })
    }
  }
  expect(wrong).toEqual([])
  console.log(`isolation: ${operations.length} routes × 7 roles, ${refused} refused`)
}, 120_000)

test('every right has a role that lacks it or is everybody’s by intent', () => {
  const everybodys = Object.entries(RIGHTS).flatMap(([act, who]) => (who.length === 6 ? act : []))
  expect(everybodys.toSorted()).toEqual([
    'channel.read',
    'contact.read',
    'conversation.read',
    'feed',
    'file.read',
    'member.read',
    'search',
  ])
})

test('a foreign id is answered as one that nothing has, byte for byte, and changes nothing there', async () => {
  const before = await everythingOf(theirs)
  const wrong: unknown[] = []
  let tried = 0
  for (const [route, operation] of operations) {
    if (BESIDE.has(route)) continue
    const own = exampleOf(description, route, operation, ours, true)
    const foreign = exampleOf(description, route, operation, theirs, true)
    for (const { where, put, id } of idsIn(foreign)) {
      // Made up by the caller, never looked up.
      if (where.endsWith('clientId')) continue
      tried++
      for (const role of ['owner', 'agent'] as const) {
        const answers = [
          await ask(roles[role], route, put(own, id)),
          await ask(roles[role], route, put(own, randomUUID())),
        ]
        const [one, other] = answers.map(({ status, text }) => `${status} ${text}`)
        // A filter by what is not there finds nothing; everything else is refused.
        const isEmptyList = route.startsWith('GET ') && answers[0]!.text.includes('"items":[]')
        const refusal = allows(route, role) ? 404 : 403
        if (one !== other || !(answers[0]!.status === refusal || isEmptyList))
          wrong.push({ route, where, role, one, other })
      }
    }
  }
  expect(wrong).toEqual([])
  expect(tried).toBeGreaterThan(50)
  console.log(`isolation: ${tried} places for an id × foreign and nonexistent × 2 roles, byte for byte`)
  expect(await everythingOf(theirs)).toEqual(before)
}, 240_000)

test('what is ours answers, so that the matrix above means something', async () => {
  for (const path of ['channels', 'contacts', 'conversations', 'files'] as const) {
    const id = { channels: ours.channel, contacts: ours.contact, conversations: ours.conversation, files: ours.file }[
      path
    ]
    expect([path, (await owner.ask('GET', `/api/${path}/${id}`)).status]).toEqual([path, 200])
  }
})

test('nobody asks into another workspace by words: lists and search hold nothing of it', async () => {
  const lists = operations.flatMap(([route]) => (/^GET [^{]+$/.test(route) && !BESIDE.has(route) ? route : []))
  for (const route of lists) {
    const { text } = await ask(owner, route, {
      params: {},
      query: route.endsWith('/search') ? { q: theirs.mark } : {},
      body: undefined,
    })
    expect([route, text.includes(theirs.workspace), text.includes(theirs.mark)]).toEqual([route, false, false])
  }
  for (const q of [theirs.mark, `Ann ${theirs.mark}`]) {
    expect((await owner.call(listConversations, { query: { q } })).items).toEqual([])
    expect(await (await owner.ask('GET', pathOf('/api/contacts', {}, { q }))).json()).toEqual({ items: [], next: null })
  }
})

test('a feed tells of its own workspace only, and another workspace’s cursor opens nothing', async () => {
  const mine = await owner.feed()
  const foreign = await nina.feed()
  await theirs.ann.say(plain('a secret of the neighbours'))
  await foreign.event('message.added')
  const borrowed = await owner.feed(foreign.cursor())
  await ours.ann.say(plain('and one of ours'))
  await mine.event('message.added')
  await until(() => borrowed.frames.length > 0)
  for (const frames of [mine.frames, borrowed.frames] as FeedFrame[][])
    expect(JSON.stringify(frames)).not.toContain('neighbours')
  for (const feed of [mine, foreign, borrowed]) feed.close()
})

test('a draft, and how far somebody has read, are his alone', async () => {
  const agent = roles.agent
  const path = `/api/conversations/${ours.conversation}/draft`
  await agent.ask('PUT', path, { body: { text: 'half a thought' } })
  expect(await (await owner.ask('GET', path)).json()).toMatchObject({ text: '' })
  await agent.ask('PUT', `/api/conversations/${ours.conversation}/read`, { body: { seq: 1 } })
  // The owner answered here; the supervisor has not looked at it.
  const row = await roles.supervisor.ask('GET', `/api/conversations/${ours.conversation}`)
  expect(await row.json()).toMatchObject({ readCount: 0 })
})

test('an upload of one workspace cannot be sent by another', async () => {
  const parts = [{ kind: 'image' as const, source: { file: theirs.file }, type: 'image/png' }]
  const sending = owner.call(sendMessage, { params: { id: ours.conversation }, body: { parts } })
  await expect(sending).rejects.toMatchObject({ status: 404 })
})

test('a role is not raised by whoever holds a lower one', async () => {
  const { admin } = roles
  const refused = [
    admin.ask('POST', '/api/members', {
      body: { name: 'A', email: 'a@b.example', password: 'long enough!', role: 'admin' },
    }),
    admin.ask('PATCH', `/api/members/${ours.member}`, { body: { role: 'owner' } }),
    admin.ask('PATCH', `/api/members/${ours.member}`, { body: { role: 'admin' } }),
    admin.ask('PATCH', `/api/members/${ours.self}`, { body: { role: 'agent' } }),
    admin.ask('DELETE', `/api/members/${ours.self}`),
    admin.ask('POST', '/api/tokens', { body: { name: 'T', role: 'admin' } }),
    roles.agent.ask('PATCH', `/api/members/${ours.member}`, { body: { role: 'admin' } }),
  ]
  expect((await Promise.all(refused)).map(({ status }) => status)).toEqual([403, 403, 403, 403, 403, 403, 403])
  for (const body of [{ role: 'owner' }, { workspace_id: theirs.workspace }, { smtp_host: 'x' }, { bcc: ['x@y.z'] }])
    expect((await roles.agent.ask('PATCH', '/api/me', { body })).status).toBe(422)
})

test('two owners who step down at once leave one', async () => {
  const other = await parley.member('agent')
  const both = [
    { id: ours.self, client: owner },
    { id: other.id, client: other },
  ]
  const give = (client: Client, id: string, role: Role) => client.ask('PATCH', `/api/members/${id}`, { body: { role } })
  expect(await (await give(owner, ours.self, 'agent')).json()).toMatchObject({ code: 'last_owner' })
  const name = { body: { name: 'Olga' } }
  expect((await owner.ask('PATCH', `/api/members/${ours.self}`, name)).status).toBe(200)
  for (let times = 0; times < 8; times++) {
    // Whoever is left raises the other.
    for (const { client } of both) for (const { id } of both) await give(client, id, 'owner')
    const said = await Promise.all(both.map(({ client, id }) => give(client, id, 'agent')))
    expect(said.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409])
  }
  await give(other, ours.self, 'owner')
  await give(owner, other.id, 'agent')
})

// ---------------------------------------------------------------- helpers

function allows(route: string, role: Role): boolean {
  const rule = rules.get(route)!
  return rule === 'public' || rule === 'signed_in' || may(role, rule)
}

async function ask(client: Client, route: string, { params, query, body }: Example) {
  const [method = '', path = ''] = route.split(' ')
  const address = pathOf(path.replaceAll(/\{(\w+)\}/g, ':$1'), params, query)
  const response = await client.ask(method, address, body === undefined ? {} : { body })
  // Its own number is all that may differ.
  const text = (await response.text()).replaceAll(/"request":"[^"]+"/g, '"request":"…"')
  return { status: response.status, text }
}

interface Place {
  where: string
  id: string
  put(into: Example, id: string): Example
}

/** Every place of a request where an id stands. */
function idsIn(example: Example): Place[] {
  const places: Place[] = []
  const walk = (value: unknown, path: string[]) => {
    if (typeof value === 'string' && UUID.test(value))
      places.push({ where: path.join('.'), id: value, put: (into, id) => replaced(into, path, id) as Example })
    else if (typeof value === 'object' && value !== null)
      for (const [key, each] of Object.entries(value)) walk(each, [...path, key])
  }
  walk(example, [])
  return places
}

function replaced(value: unknown, [key, ...rest]: string[], id: string): unknown {
  if (key === undefined) return id
  if (Array.isArray(value)) return value.map((each, index) => (String(index) === key ? replaced(each, rest, id) : each))
  return { ...(value as object), [key]: replaced((value as Record<string, unknown>)[key], rest, id) }
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** What that workspace holds, as its rows stand; who was seen when does not count. */
async function everythingOf(world: Furnished): Promise<Record<string, string>> {
  const { asOwner } = parley.test
  const tables = await asOwner<{ name: string }>(
    `select table_name as name from information_schema.columns where table_schema = 'parley' and column_name = 'workspace_id'
        and table_name in (select tablename from pg_tables where schemaname = 'parley') order by 1`,
  )
  const counted: Record<string, string> = {}
  for (const { name } of tables.filter((table) => !MOVING.has(table.name))) {
    const [row] = await asOwner<{ hash: string }>(
      `select count(*) || ' ' || coalesce(md5(string_agg(md5(t.row), ',' order by t.row)), '') as hash
         from (select (to_jsonb(x) - $2::text[])::text as row from ${name} x where workspace_id = $1) t`,
      [world.workspace, TICKING[name] ?? []],
    )
    counted[name] = row!.hash
  }
  return counted
}

/** Written some seconds after a message came or went. */
const TICKING: Readonly<Record<string, readonly string[]>> = { channel: ['last_in_at', 'last_out_at'] }

/** Leases, cursors and clocks that tick without anybody's doing. */
const MOVING = new Set([
  'lease',
  'session',
  'api_token',
  'subscription',
  'worker_slot',
  'channel_pace',
  'inbound_work',
  'delivery_work',
])

/** The published description of the API is what the API does. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { z } from 'zod'
import { decideHold, sendMessage } from '#contract/calls/conversations.ts'
import { MOST_FILE_BYTES } from '#contract/limits.ts'
import { PROBLEMS } from '#contract/problem.ts'
import { RIGHTS } from '#contract/rights.ts'
import startTelegram from '#connectors/telegram/emulator.ts'
import { pathOf } from '#tests/support/client.ts'
import { declarations } from '#tests/support/declarations.ts'
import {
  bodyOf,
  exampleOf,
  operationsOf,
  type Description,
  type Example,
  type Schema,
} from '#tests/support/examples.ts'
import { furnish } from '#tests/support/furnished.ts'
import { OWNER, wholeParley } from '#tests/support/whole-parley.ts'

const telegram = await startTelegram()
afterAll(() => telegram.close())
const parley = await wholeParley({ reaches: [telegram.url] })
const { stranger } = parley
/** Where nothing is changed by what is asked. */
const shared = await furnish(parley, parley.owner, telegram)
/** Each promise has a session of its own, for some end others. */
const anOwner = () => parley.signIn(OWNER.email)
const description = (await (await stranger.ask('GET', '/api/openapi.json')).json()) as Description
const operations = operationsOf(description)
/** Streamed: no declared calls. */
const STREAMED = new Set(['POST /api/files', 'GET /api/files/{id}', 'GET /api/messages/{id}/picture', 'GET /api/feed'])

test('every declared call is mounted once and described; nothing else is, but what streams', () => {
  const declared = declarations.map(({ call }) => `${call.method} ${call.path.replaceAll(/:(\w+)/g, '{$1}')}`)
  expect(declared.filter((route, at) => declared.indexOf(route) !== at)).toEqual([])
  expect(operations.map(([route]) => route).toSorted()).toEqual([...declared, ...STREAMED].toSorted())
})

test('every declared call says who may, by an act of the rights table', () => {
  const rules = new Set([...Object.keys(RIGHTS), 'public', 'signed_in'])
  for (const { name, call } of declarations) expect([name, rules.has(call.may)]).toEqual([name, true])
})

test('what is public is so knowingly', () => {
  expect(declarations.flatMap(({ name, call }) => (call.may === 'public' ? name : [])).toSorted()).toEqual([
    'getSetup',
    'resetSignIn',
    'setUp',
    'signIn',
  ])
  const open = operations.flatMap(([route, { security }]) => (security?.length === 0 ? route : []))
  expect(open.toSorted()).toEqual(['GET /api/setup', 'POST /api/session', 'POST /api/session/reset', 'POST /api/setup'])
})

/** Answers that are right although they are no success: there is an owner already, and nobody made such a link. */
const REFUSED: Record<string, number> = { 'POST /api/setup': 409, 'POST /api/session/reset': 404 }
/** What ends things, after everything else; the later the more it ends. */
const LAST = ['PUT /api/me/totp', 'POST /api/me/recovery-codes', 'DELETE /api/me/totp', 'DELETE /api/session']

test('every route answers requests made from its description, with what the description promises', async () => {
  const answers: Record<string, unknown> = {}
  const order = (route: string) => (LAST.includes(route) ? 2 + LAST.indexOf(route) : Number(route.startsWith('DELETE')))
  for (const optional of [false, true]) {
    const me = await anOwner()
    const world = await furnish(parley, await anOwner(), telegram)
    for (const [route, operation] of operations.toSorted(([a], [b]) => order(a) - order(b))) {
      if (STREAMED.has(route)) continue
      const [method = '', path = ''] = route.split(' ')
      const example = exampleOf(description, route, operation, world, optional)
      const response = await me.ask(method, pathOf(templateOf(path), example.params, example.query), bodyIn(example))
      const answer: unknown = await response.json()
      const promised = Object.keys(operation.responses).find((status) => status !== 'default')!
      const status = REFUSED[route] ?? Number(promised)
      if (response.status !== status) answers[`${route} ${optional ? 'full' : 'least'}`] = { example, answer }
      const [media] = Object.values(operation.responses[String(response.status)]?.content ?? {})
      const mistakes = media ? mistakesIn(media.schema, answer) : []
      if (mistakes.length > 0) answers[`${route}: its answer`] = mistakes
    }
  }
  expect(answers).toEqual({})
}, 120_000)

test('an unknown key, a wrong type: 422 with the field; a body that cannot be read: 400; a word of another type: 415', async () => {
  const owner = await anOwner()
  const world = shared
  const wrong: unknown[] = []
  for (const [route, operation] of operations) {
    if (STREAMED.has(route)) continue
    const [method = '', path = ''] = route.split(' ')
    const example = exampleOf(description, route, operation, world, true)
    const schema = bodyOf(operation)
    const expecting = async (given: Partial<Example>, status: number, code: string, about: string, raw?: string) => {
      const { params, query, body } = { ...example, ...given }
      const response = await owner.ask(method, pathOf(templateOf(path), params, query), bodyIn({ body: raw ?? body }))
      const problem = (await response.json()) as { code: string }
      if (response.status !== status || problem.code !== code)
        wrong.push({ route, about, is: response.status, problem })
    }
    await expecting({ query: { ...example.query, surprise: 'x' } }, 422, 'invalid', 'unknown key in the query')
    if (method === 'GET') continue
    await expecting(
      { body: { ...(example.body as object), surprise: true } },
      422,
      'invalid',
      'unknown key in the body',
    )
    await expecting({}, 400, 'unreadable', 'half a body', '{"a":')
    for (const [key, value] of Object.entries(example.body ?? {}).filter(() => schema?.type === 'object')) {
      const broken = typeof value === 'string' ? 42 : 'not of this type'
      await expecting(
        { body: { ...(example.body as object), [key]: broken } },
        422,
        'invalid',
        `${key} of a wrong type`,
      )
    }
    for (const key of schema?.required ?? []) {
      const { [key]: _, ...less } = example.body as Record<string, unknown>
      await expecting({ body: less }, 422, 'invalid', `without ${key}`)
    }
  }
  expect(wrong).toEqual([])
  const text = { body: 'hello', headers: { 'content-type': 'text/plain' } }
  expect((await owner.ask('PATCH', '/api/me', text)).status).toBe(415)
})

test('keys that JavaScript knows are unknown keys too', async () => {
  const owner = await anOwner()
  for (const key of ['__proto__', 'constructor', 'toString']) {
    const response = await owner.ask('PATCH', '/api/me', { body: `{"name":"Olga","${key}":{"role":"owner"}}` })
    expect([key, [400, 422].includes(response.status)]).toEqual([key, true])
  }
})

test('an id that cannot be one, and a cursor that is none, are answered as such', async () => {
  const owner = await anOwner()
  const world = shared
  const answers: Record<string, unknown> = {}
  for (const [route, operation] of operations) {
    if (STREAMED.has(route)) continue
    const [method = '', path = ''] = route.split(' ')
    const example = exampleOf(description, route, operation, world, false)
    for (const name of Object.keys(example.params)) {
      const params = { ...example.params, [name]: 'none' }
      const response = await owner.ask(method, pathOf(templateOf(path), params, example.query), bodyIn(example))
      if (response.status !== 404) answers[`${route} ${name}`] = await response.json()
    }
    for (const { name } of (operation.parameters ?? []).filter((each) => ['cursor', 'after'].includes(each.name))) {
      for (const cursor of HOSTILE_CURSORS) {
        const query = { ...example.query, [name]: cursor }
        const response = await owner.ask(method, pathOf(templateOf(path), example.params, query), bodyIn(example))
        const { code } = (await response.json()) as { code?: string }
        if (code !== 'bad_cursor') answers[`${route} ${name}=${cursor}`] = code ?? response.status
      }
    }
  }
  expect(answers).toEqual({})
})

test('a character that no database keeps breaks nothing, whichever parameter holds it', async () => {
  const owner = await anOwner()
  const hidden = ['\0', 'a\0b']
  const answers: Record<string, unknown> = {}
  for (const [route, operation] of operations) {
    const [method = '', path = ''] = route.split(' ')
    if (route === 'GET /api/feed') continue
    const example = exampleOf(description, route, operation, shared, false)
    const ask = async (about: string, given: Partial<Example>) => {
      const { params, query, body } = { ...example, ...given }
      const response = await owner.ask(method, pathOf(templateOf(path), params, query), bodyIn({ body }))
      if (response.status >= 500) answers[`${route} ${about}`] = await response.json()
      else await response.body?.cancel()
    }
    for (const text of hidden) {
      for (const { name, in: place } of operation.parameters ?? []) {
        if (place === 'path') await ask(name, { params: { ...example.params, [name]: text } })
        if (place === 'query' && method === 'GET') await ask(name, { query: { ...example.query, [name]: text } })
      }
      if (method === 'GET') await ask('unknown', { query: { ...example.query, [text]: text } })
    }
  }
  for (const path of [
    '/api/messages/x%00/picture?url=%00',
    '/api/files/%00',
    '/l/%00',
    '/hooks/%00',
    '/hooks/x/%00?a=%00',
  ])
    if ((await owner.ask('GET', path)).status >= 500) answers[path] = 'broken'
  expect(answers).toEqual({})
  expect((await owner.ask('GET', '/api/contacts?q=%00')).status).toBe(200)
  expect((await owner.ask('GET', '/api/search?q=a%00b')).status).toBe(200)
})

test('what stands in a parameter is a value: SQL, operators of search and a thousand brackets find nothing or are refused, quickly', async () => {
  const owner = await anOwner()
  const hostile = [
    "' or 1=1 --",
    "x'; drop table message; --",
    "') union select null, version() --",
    '1; select pg_sleep(20)',
    '{"$ne":null}',
    '%_\\%',
    'a & | ! <-> b',
    "a:* & ('b' | !",
    '((((',
    `${'('.repeat(100)}a${')'.repeat(100)}`,
    '-"unended phrase or -',
    '[](){}*+?^$|.\\',
  ]
  const everybody = JSON.stringify(await (await owner.ask('GET', '/api/contacts')).json())
  const wrong: unknown[] = []
  for (const [route, operation] of operations) {
    const [method = '', path = ''] = route.split(' ')
    if (method !== 'GET' || STREAMED.has(route)) continue
    const example = exampleOf(description, route, operation, shared, false)
    for (const { name, in: place } of operation.parameters ?? []) {
      if (place !== 'query') continue
      const ways = [
        ...hostile.map((text) => ({ [name]: text })),
        { [`${name}[$ne]`]: 'x' },
        { [`${name}) or (1`]: '1' },
      ]
      for (const given of ways) {
        const began = performance.now()
        const address = pathOf(templateOf(path), example.params, { ...example.query, ...given })
        const response = await owner.ask(method, address)
        const text = await response.text()
        const took = performance.now() - began
        const isKnown = Object.hasOwn(given, name)
        const right = isKnown ? [200, 400, 404, 422] : [422, 404]
        if (!right.includes(response.status) || took > 5_000 || text === everybody)
          wrong.push({ route, given, status: response.status, took })
      }
    }
  }
  expect(wrong).toEqual([])
  const [row] = await parley.test.asOwner<{ n: number }>('select count(*)::int as n from message')
  expect(row!.n).toBeGreaterThan(0)
}, 120_000)

test('a bomb of brackets or of keys is refused before it is parsed, from strangers too, and is no fault of ours', async () => {
  const owner = await anOwner()
  const before = parley.log.length
  const deep = '['.repeat(20_000) + ']'.repeat(20_000)
  const wide = `{${Array.from({ length: 20_000 }, (_, n) => `"k${n}":1`).join()}}`
  for (const body of [deep, `\uFEFF${deep}`, `{"name":${deep}}`, wide]) {
    for (const [who, path] of [[stranger, '/api/session'] as const, [owner, '/api/contacts'] as const]) {
      const response = await who.ask('POST', path, { body })
      expect([path, response.status, await response.json()]).toMatchObject([path, 400, { code: 'unreadable' }])
    }
  }
  expect(parley.log.slice(before).filter((line) => line.includes('a request failed'))).toEqual([])
})

test('an upload whose parts cannot be told apart is unreadable, and the answer says what is missing', async () => {
  const owner = await anOwner()
  const before = parley.log.length
  const types = ['multipart/form-data', 'multipart/form-data; boundary=', 'multipart/form-data; boundary="x']
  for (const type of types) {
    const response = await owner.ask('POST', '/api/files', { body: '--x\r\n\r\n', headers: { 'content-type': type } })
    const problem = (await response.json()) as { code: string; detail: string }
    expect([type, response.status, problem.code]).toEqual([type, 400, 'unreadable'])
    expect(problem.detail).toMatch(/boundary/)
  }
  expect(parley.log.slice(before).filter((line) => line.includes('a request failed'))).toEqual([])
})

test('an upload that is too large, or ends in its middle, is refused, and nothing of it is kept', async () => {
  const owner = await anOwner()
  const before = parley.log.length
  const kept = async () => ({
    rows: await parley.test.asOwner('select id from file order by id'),
    files: (await readdir(join(parley.data, 'files'), { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map(({ name }) => name)
      .toSorted(),
  })
  const keptBefore = await kept()
  const send = async (body: Uint8Array<ArrayBuffer>) => {
    const headers = { 'content-type': 'multipart/form-data; boundary=x' }
    const response = await owner.ask('POST', '/api/files', { body, headers })
    return [response.status, ((await response.json()) as { code: string }).code]
  }
  const head = '--x\r\ncontent-disposition: form-data; name="file"; filename="a.bin"\r\n\r\n'
  const part = (bytes: number, end: string) => Buffer.concat([Buffer.from(head), Buffer.alloc(bytes), Buffer.from(end)])
  expect(await send(part(MOST_FILE_BYTES + 20_000_000, '\r\n--x--\r\n'))).toEqual([413, 'too_large'])
  expect(await send(part(MOST_FILE_BYTES + 1, '\r\n--x--\r\n'))).toEqual([413, 'too_large'])
  expect(await send(part(300_000, ''))).toEqual([400, 'unreadable'])
  expect(await send(part(10, ''))).toEqual([400, 'unreadable'])
  expect(await kept()).toEqual(keptBefore)
  // The very size that is taken.
  expect(await send(part(MOST_FILE_BYTES, '\r\n--x--\r\n'))).toEqual([201, undefined])
  expect(parley.log.slice(before).filter((line) => line.includes('a request failed'))).toEqual([])
}, 60_000)

test('an upload under another name than is described is refused, and the answer names the field', async () => {
  const owner = await anOwner()
  const form = new FormData()
  form.set('picture', new Blob(['abc']), 'a.txt')
  const response = await owner.ask('POST', '/api/files', { body: form })
  expect([response.status, await response.json()]).toMatchObject([422, { code: 'invalid', fields: [{ path: 'file' }] }])
})

test('a contact cannot be joined with itself, however its id is spelt', async () => {
  const owner = await anOwner()
  for (const id of [shared.contact, shared.contact.toUpperCase()]) {
    const response = await owner.ask('POST', `/api/contacts/${shared.contact}/merge`, { body: { with: id } })
    expect([response.status, await response.json()]).toMatchObject([422, { code: 'same_contact' }])
  }
})

test('a refusal is a problem document with a code of the list, and names its request', async () => {
  const response = await stranger.ask('GET', '/api/me')
  const problem = (await response.json()) as { code: keyof typeof PROBLEMS; request: string }
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/)
  expect(problem).toMatchObject({ status: 401, code: 'signed_out', title: PROBLEMS.signed_out[1] })
  expect(problem.request).toBe(response.headers.get('x-request-id'))
})

test('an address that nothing can have is the caller’s affair: a problem document, and no line of an error', async () => {
  const wanted = {
    '/%00': [404, 'not_found'],
    '/%': [400, 'unreadable'],
    '/api/%zz': [400, 'unreadable'],
    [`/api/contacts/${'9'.repeat(300)}`]: [404, 'not_found'],
    '/api/feed': [426, 'upgrade_wanted'],
    '/hooks/none/socket': [426, 'upgrade_wanted'],
  }
  const answers: Record<string, unknown> = {}
  for (const path of Object.keys(wanted)) {
    const response = await stranger.ask('GET', path)
    const { status, code, request } = (await response.json()) as Record<string, unknown>
    answers[path] = [status, code]
    expect([path, response.status]).toEqual([path, status])
    expect([path, response.headers.get('content-type')]).toEqual([
      path,
      expect.stringMatching(/^application\/problem\+json/),
    ])
    expect([path, response.headers.get('x-request-id')]).toEqual([path, request])
    expect([path, response.headers.get('x-content-type-options')]).toEqual([path, 'nosniff'])
  }
  expect(answers).toEqual(wanted)
  expect(parley.log.filter((line) => line.includes('a request failed'))).toEqual([])
})

test('a name that cannot be seen is none, of whatever it is; an e-mail that is in use is told at its field', async () => {
  const owner = await anOwner()
  const unseen = '\u0000\u200B '
  const asks: Record<string, [method: string, path: string, body: object]> = {
    me: ['PATCH', '/api/me', { name: unseen }],
    member: [
      'POST',
      '/api/members',
      { name: unseen, email: 'new@shop.example', password: OWNER.password, role: 'agent' },
    ],
    token: ['POST', '/api/tokens', { name: unseen }],
    contact: ['POST', '/api/contacts', { name: unseen }],
    'known contact': ['PATCH', `/api/contacts/${shared.contact}`, { name: unseen }],
    channel: ['POST', '/api/channels', { connector: 'telegram', name: unseen, settings: {} }],
  }
  for (const [what, [method, path, body]] of Object.entries(asks)) {
    const response = await owner.ask(method, path, { body })
    const { code, fields } = (await response.json()) as { code: string; fields?: { path: string }[] }
    expect([what, response.status, code, fields?.map((field) => field.path)]).toEqual([
      what,
      422,
      'invalid',
      ['body.name'],
    ])
  }
  const taken = await owner.ask('POST', '/api/members', {
    body: { name: 'Second', email: OWNER.email.toUpperCase(), password: OWNER.password, role: 'agent' },
  })
  expect(await taken.json()).toMatchObject({ status: 409, code: 'email_taken', fields: [{ path: 'body.email' }] })
})

test('the same client id says a thing once', async () => {
  const owner = await anOwner()
  const world = shared
  const say = () =>
    owner.call(sendMessage, {
      params: { id: world.conversation },
      body: { text: 'Once', clientId: '0190a0a0-0000-7000-8000-000000000001' as never },
    })
  const [first, second] = await Promise.all([say(), say()])
  expect((await say()).id).toBe(first.id)
  expect(second.id).toBe(first.id)
})

test('a decision over what waits after a restore is taken when nothing is held, too', async () => {
  expect(await (await anOwner()).call(decideHold, { body: { decision: 'send' } })).toMatchObject({ hold: false })
})

// ---------------------------------------------------------------- helpers

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const HOSTILE_CURSORS = [
  'none',
  encoded({}),
  encoded([]),
  encoded(['x']),
  encoded([{}]),
  encoded([null, null]),
  encoded(['x', 'y']),
  encoded(['2026-01-01T00:00:00Z', "' or true --"]),
  encoded(['infinity and beyond', 1]),
  encoded(['2026-01-01T00:00:00Z', 1.5]),
  encoded(['2026-01-01T00:00:00Z', 1e300]),
  encoded([1.5]),
  encoded([1e300]),
  encoded([1, 2, 3, 4]),
]

const templateOf = (path: string) => path.replaceAll(/\{(\w+)\}/g, ':$1')
const bodyIn = ({ body }: { body?: unknown }) => (body === undefined ? {} : { body })

function mistakesIn(schema: Schema, answer: unknown): unknown[] {
  const $defs = description.components.schemas
  const whole = JSON.stringify({ ...schema, $defs }).replaceAll('#/components/schemas/', '#/$defs/')
  const read = z.fromJSONSchema(JSON.parse(whole) as never).safeParse(answer)
  return read.success ? [] : read.error.issues
}

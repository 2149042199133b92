/** What is left behind: an audit that cannot be bent, headers on every answer, a log and errors that tell no secrets. */
import { afterAll, expect, test } from 'vitest'
import { sql } from 'kysely'
import { listAudit } from '#contract/calls/members.ts'
import { plain } from '#contract/message/content.ts'
import { verifyAudit } from '#server/members/audit.ts'
import startTelegram from '#connectors/telegram/emulator.ts'
import { clientOf, pathOf } from '#tests/support/client.ts'
import { exampleOf, operationsOf, type Description } from '#tests/support/examples.ts'
import { furnish } from '#tests/support/furnished.ts'
import { until } from '#tests/support/parts.ts'
import { OWNER, wholeParley } from '#tests/support/whole-parley.ts'

const telegram = await startTelegram()
afterAll(() => telegram.close())
const parley = await wholeParley({ reaches: [telegram.url], env: { PARLEY_LOG: 'trace' } })
const { owner, stranger, test: database } = parley
const world = await furnish(parley, owner, telegram)
const description = (await (await stranger.ask('GET', '/api/openapi.json')).json()) as Description
const verify = () => database.database.inWorkspace(world.workspace, (tx) => verifyAudit(tx, world.workspace))

test('acts of members are written down with who, what and from where', async () => {
  const { items } = await owner.call(listAudit, { query: { limit: 200 } })
  expect(new Set(items.map(({ act }) => act))).toEqual(
    new Set([
      'workspace.created',
      'account.set_up',
      'channel.created',
      'contact.link',
      'member.added',
      'token.created',
    ]),
  )
  for (const row of items.filter(({ act }) => act !== 'workspace.created'))
    expect(row).toMatchObject({ actor: { kind: 'member', id: world.self, name: 'Olga' }, address: '127.0.0.1' })
})

test('the program may add to the audit, and neither change nor remove a row', async () => {
  for (const statement of ['update audit set act = act', 'delete from audit', 'truncate audit'])
    await expect(
      database.database.inWorkspace(world.workspace, (tx) => sql.raw(statement).execute(tx)),
    ).rejects.toThrow(/permission denied/)
})

test('one changed byte anywhere is found, and its place named', async () => {
  expect(await verify()).toBeNull()
  const columns = [
    'act',
    'object',
    'object_id',
    'actor_kind',
    'actor_id',
    'address',
    'detail',
    'at',
    'previous',
    'hash',
  ]
  for (const column of columns) {
    const [{ seq, was } = { seq: 0, was: '' }] = await database.asOwner<{ seq: number; was: string }>(
      `select seq::int, ${column}::text as was from audit where workspace_id = $1 and ${column} is not null and seq > 1 order by seq limit 1`,
      [world.workspace],
    )
    const bent = BENT[column] ?? `${column} || 'x'`
    await database.asOwner(`update audit set ${column} = ${bent} where workspace_id = $1 and seq = $2`, [
      world.workspace,
      seq,
    ])
    expect([column, await verify()]).toEqual([column, seq])
    await database.asOwner(`update audit set ${column} = $3 where workspace_id = $1 and seq = $2`, [
      world.workspace,
      seq,
      was,
    ])
  }
  expect(await verify()).toBeNull()
  await database.asOwner('create table kept as select * from audit where workspace_id = $1 and seq = 3', [
    world.workspace,
  ])
  await database.asOwner('delete from audit where workspace_id = $1 and seq = 3', [world.workspace])
  expect(await verify()).toBe(4)
  await database.asOwner('insert into audit select * from kept')
  expect(await verify()).toBeNull()
})

const BENT: Record<string, string> = {
  at: `at + interval '1 microsecond'`,
  actor_id: 'gen_random_uuid()',
  object_id: 'gen_random_uuid()',
  detail: `detail || '{"x":1}'`,
  previous: `set_byte(previous, 7, (get_byte(previous, 7) + 1) % 256)`,
  hash: `set_byte(hash, 7, (get_byte(hash, 7) + 1) % 256)`,
}

const ALWAYS = [
  'content-security-policy',
  'x-content-type-options',
  'referrer-policy',
  'cross-origin-opener-policy',
  'cross-origin-resource-policy',
  'permissions-policy',
  'x-request-id',
]

test('every answer of every route carries the headers, whoever asks and whatever comes of it; none opens the door to other sites', async () => {
  const wrong: unknown[] = []
  const routes = [
    ...operationsOf(description).flatMap(([route, operation]) => {
      const [method = '', path = ''] = route.split(' ')
      if (route.startsWith('POST /api/files') || route.endsWith('/api/feed')) return []
      const { params } = exampleOf(description, route, operation, world, false)
      return [[method, pathOf(path.replaceAll(/\{(\w+)\}/g, ':$1'), params)] as const]
    }),
    ...[
      '/',
      '/docs/',
      '/docs/js/scalar.js',
      '/api/openapi.json',
      '/healthz',
      '/readyz',
      '/metrics',
      '/none',
      '/api/none',
    ].map((path) => ['GET', path] as const),
  ]
  for (const [method, path] of routes) {
    for (const client of [stranger, clientOf(parley.url, { authorization: 'Bearer parley_wrong' })]) {
      const { headers } = await client.ask(method, path, { headers: { origin: 'https://evil.example' } })
      const missing = ALWAYS.filter((name) => !headers.has(name))
      const cors = [...headers.keys()].filter((name) => name.startsWith('access-control'))
      if (missing.length + cors.length > 0 || headers.get('x-content-type-options') !== 'nosniff')
        wrong.push({ method, path, missing, cors })
    }
  }
  expect(wrong).toEqual([])
  const { headers } = await stranger.ask('GET', '/api/setup')
  expect(headers.get('content-security-policy')).toMatchInlineSnapshot(
    `"default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; frame-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'"`,
  )
  expect(headers.has('strict-transport-security')).toBe(false)
})

test('a stranger’s file is shown in a sandbox, or not in place at all', async () => {
  const html = await owner.upload('page.html', 'text/html', Buffer.from('<script>alert(1)</script>'))
  const { headers } = await owner.ask('GET', `/api/files/${html}`)
  expect(headers.get('content-disposition')).toMatch(/^attachment/)
  expect(headers.get('content-security-policy')).toContain('sandbox')
  expect(headers.get('x-content-type-options')).toBe('nosniff')
})

test('over https the browser is told to stay there, and the cookie is for https and this host only', async () => {
  const secure = await wholeParley({ env: { PARLEY_URL: 'https://parley.example' } })
  const response = await secure.stranger.ask('POST', '/api/session', { body: OWNER })
  expect(response.headers.get('strict-transport-security')).toBe('max-age=31536000; includeSubDomains')
  expect(response.headers.getSetCookie()[0]).toMatch(
    /^__Host-parley=[\w-]{43}; Max-Age=2592000; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
  )
})

test('a mistake of ours tells its number and nothing of the database; the log has it by that number', async () => {
  await database.asOwner(`
    create function broken() returns trigger language plpgsql as $$ begin raise 'canary-of-the-database'; end $$;
    create trigger broken before insert on contact for each row execute function broken()`)
  const response = await owner.ask('POST', '/api/contacts', { body: { name: 'Zoe' } })
  await database.asOwner('drop trigger broken on contact; drop function broken()')
  const text = await response.text()
  expect([response.status, JSON.parse(text)]).toEqual([
    500,
    {
      type: 'about:blank#broken',
      title: 'Parley made a mistake',
      status: 500,
      code: 'broken',
      request: response.headers.get('x-request-id'),
    },
  ])
  expect(
    parley.log.some(
      (line) => line.includes(response.headers.get('x-request-id')!) && line.includes('canary-of-the-database'),
    ),
  ).toBe(true)
})

test('no word of a message, no password, token or cookie is in the log, even at its most talkative', async () => {
  const canary = 'canary-words-of-a-customer'
  await world.ann.say(plain(canary))
  await owner.ask('POST', `/api/conversations/${world.conversation}/messages`, { body: { text: canary } })
  await owner.ask('POST', `/api/conversations/${world.conversation}/messages`, {
    body: { text: canary, surprise: canary },
  })
  await stranger.ask('POST', '/api/session', { body: { email: OWNER.email, password: `${canary}-password` } })
  await stranger.ask('GET', '/api/me', { headers: { authorization: `Bearer parley_${canary}` } })
  await until(async () =>
    world.ann.sees().some(({ from, content }) => from === 'us' && JSON.stringify(content).includes(canary)),
  )
  await parley.restart()
  expect(parley.log.length).toBeGreaterThan(1)
  const lines = parley.log.join('\n')
  for (const secret of [canary, OWNER.password, world.tokenText, world.settings.token])
    expect([secret, lines.includes(secret)]).toEqual([secret, false])
})

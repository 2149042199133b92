/** Who comes in, how long they stay, and how fast they are out (docs/trust-cases.md, 31 and 44). */
import { TOTP } from 'otpauth'
import { expect, test } from 'vitest'
import {
  changeMe,
  changeMember,
  createToken,
  listSessions,
  listTokens,
  proveSecondFactor,
  beginSecondFactor,
  removeMember,
  removeToken,
  endSession,
  getMe,
} from '#contract/calls/members.ts'
import { NIL_ID } from '#contract/ids.ts'
import { MEMBER_HEADER } from '#contract/member-header.ts'
import { newSetupSecret, useSetupSecret } from '#server/members/accounts.ts'
import { clientOf } from '#tests/support/client.ts'
import { aDatabase } from '#tests/support/database.ts'
import { OWNER, wholeParley } from '#tests/support/whole-parley.ts'

const parley = await wholeParley({ env: { PARLEY_TRUSTED_PROXIES: '127.0.0.1' } })
const { owner, stranger, test: database } = parley
let address = 0
/** Each try comes from an address of its own, unless limits are what is tried. */
const signIn = (body: object, from = `192.0.2.${++address % 250}`) =>
  stranger.ask('POST', '/api/session', { body, headers: { 'x-forwarded-for': from } })
const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code
const isIn = async (client: { ask: typeof owner.ask }) => (await client.ask('GET', '/api/me')).status === 200

/** How long it takes until somebody is refused. */
async function outAfter(client: { ask: typeof owner.ask }, act: () => Promise<unknown>): Promise<number> {
  await isIn(client)
  await act()
  const began = performance.now()
  while ((await client.ask('GET', '/api/me')).status !== 401) {
    if (performance.now() - began > 5_000) throw new Error('still in after 5 s')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return performance.now() - began
}

test('passwords are kept as argon2id, sessions and tokens as hashes', async () => {
  const [account] = await database.asOwner<{ hash: string }>('select password_hash as hash from account limit 1')
  expect(account!.hash).toMatch(/^\$argon2id\$v=19\$m=32768,t=3,p=1\$/)
  const { token } = await owner.call(createToken, { body: { name: 'Hashed' } })
  expect(Buffer.from(token.slice(token.indexOf('_') + 1), 'base64url')).toHaveLength(32)
  for (const table of ['session', 'api_token', 'audit', 'setup_link'])
    expect(
      (await database.asOwner<{ row: string }>(`select t::text as row from ${table} t`)).some(({ row }) =>
        row.includes(token),
      ),
    ).toBe(false)
})

test('the cookie is out of the reach of scripts, and goes with requests of this site only', async () => {
  const [cookie] = (await signIn(OWNER)).headers.getSetCookie()
  expect(cookie).toMatch(/^parley=[\w-]{43}; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Lax$/)
})

test('unknown and known accounts are answered alike, in words and in time', async () => {
  const times = { known: [] as number[], unknown: [] as number[] }
  const answers = new Set<string>()
  for (let n = 0; n < 9; n++) {
    for (const [kind, email] of [
      ['known', OWNER.email],
      ['unknown', `nobody${n}@shop.example`],
    ] as const) {
      const began = performance.now()
      const response = await signIn({ email, password: 'wrong password' })
      times[kind].push(performance.now() - began)
      answers.add((await response.text()).replace(/"request":"[^"]+"/, ''))
    }
  }
  expect(answers.size).toBe(1)
  const [known, unknown] = [times.known.toSorted((a, b) => a - b), times.unknown.toSorted((a, b) => a - b)]
  // The two distributions overlap: the middle of each lies inside the other.
  const inside = (value: number, all: number[]) => value >= all[0]! && value <= all.at(-1)!
  expect([inside(known[4]!, unknown), inside(unknown[4]!, known)]).toEqual([true, true])
}, 60_000)

test('ten wrong passwords close an account to their address for a while; its owner comes in from his own', async () => {
  const agent = await parley.member('agent')
  const tries: number[] = []
  for (let n = 0; n < 11; n++)
    tries.push((await signIn({ email: agent.email, password: 'wrong password' }, '198.51.100.8')).status)
  expect(tries.at(-1)).toBe(429)
  const right = await signIn({ email: agent.email, password: OWNER.password }, '198.51.100.8')
  expect([right.status, await codeOf(right), Number(right.headers.get('retry-after')) > 0]).toEqual([
    429,
    'too_many',
    true,
  ])
  expect((await signIn({ email: agent.email, password: OWNER.password }, '198.51.100.9')).status).toBe(201)
  expect((await signIn(OWNER)).status).toBe(201)
}, 60_000)

test('thirty tries of one address close it, a /64 of IPv6 as one; other addresses come in', async () => {
  for (const addresses of [() => '198.51.100.7', (n: number) => `2001:db8:1:2::${n}`]) {
    let last = 0
    for (let n = 0; n < 32; n++)
      last = (await signIn({ email: `guess${n}@x.example`, password: 'x' }, addresses(n))).status
    expect(last).toBe(429)
  }
  expect((await signIn(OWNER, '2001:db8:1:3::1')).status).toBe(201)
}, 120_000)

test('an office of thirty-two with second factors comes in by one address', async () => {
  const statuses = new Set<number>()
  for (let n = 0; n < 32; n++) {
    const person = await parley.member('agent')
    const { secret } = await person.call(beginSecondFactor)
    const totp = new TOTP({ secret })
    const before = totp.generate({ timestamp: Date.now() - 30_000 })
    await person.call(proveSecondFactor, { body: { secret, code: before } })
    const given = { email: person.email, password: OWNER.password }
    for (const code of [undefined, totp.generate()])
      statuses.add((await signIn({ ...given, ...(code ? { code } : {}) }, '198.51.100.20')).status)
  }
  expect([...statuses]).toEqual([401, 201])
}, 120_000)

test('a code of the second factor is wanted once there is one, works once, and no twin passes beside it', async () => {
  const person = await parley.member('admin')
  const begun = await person.call(beginSecondFactor)
  const totp = new TOTP({ secret: begun.secret })
  const now = Date.now()
  await person.call(proveSecondFactor, {
    body: { secret: begun.secret, code: totp.generate({ timestamp: now - 30_000 }) },
  })
  const given = { email: person.email, password: OWNER.password }
  expect(await codeOf(await signIn(given))).toBe('code_wanted')
  expect(await codeOf(await signIn({ ...given, code: '000000' }))).toBe('wrong_credentials')
  // Shown on another phone, the first factor's place is taken.
  expect(
    (await person.ask('PUT', '/api/me/totp', { body: { secret: new TOTP().secret.base32, code: '123456' } })).status,
  ).toBe(409)
  const code = totp.generate({ timestamp: now })
  const twins = await Promise.all([signIn({ ...given, code }), signIn({ ...given, code })])
  expect(twins.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 401])
  expect((await signIn({ ...given, code })).status).toBe(401)
  const [row] = await database.asOwner<{ secret: Buffer }>(
    'select totp_secret as secret from account where email = $1',
    [person.email],
  )
  expect(row!.secret.includes(begun.secret)).toBe(false)
}, 30_000)

test('sessions are listed and ended; idle and old ones are worth nothing', async () => {
  const other = await parley.signIn(OWNER.email)
  const { items } = await other.call(listSessions)
  const current = items.find((each) => each.current)!
  expect(await outAfter(other, () => owner.call(endSession, { params: { id: current.id } }))).toBeLessThan(1_000)

  for (const [column, past] of [
    ['seen_at', '13 hours'],
    ['expires_at', '1 second'],
  ]) {
    const session = await parley.signIn(OWNER.email)
    const mine = (await session.call(listSessions)).items.find((each) => each.current)!
    const took = await outAfter(session, () =>
      database.asOwner(`update session set ${column} = now() - interval '${past}' where id = $1`, [mine.id]),
    )
    expect(took).toBeLessThan(1_000)
  }
}, 30_000)

test('a new password ends the other sessions, and only those', async () => {
  const person = await parley.member('agent')
  const elsewhere = await parley.signIn(person.email)
  const next = 'another good password'
  const took = await outAfter(elsewhere, () =>
    person.call(changeMe, { body: { password: { now: OWNER.password, next } } }),
  )
  expect(took).toBeLessThan(1_000)
  expect(await isIn(person)).toBe(true)
  expect((await signIn({ email: person.email, password: OWNER.password })).status).toBe(401)
  expect((await signIn({ email: person.email, password: next })).status).toBe(201)
}, 30_000)

test('who is removed is out within a second: by session, by token, by socket, in another program too', async () => {
  const twin = await parley.twin({ PARLEY_ROLES: 'web' })
  const person = await parley.member('agent')
  const token = await owner.call(createToken, { body: { name: 'Gone soon', role: 'agent' } })
  const program = clientOf(twin.url, { authorization: `Bearer ${token.token}` })
  const [socket, itsSocket] = [await person.feed(), await program.feed()]
  const began = performance.now()
  const closing = Promise.all([socket.closed, itsSocket.closed]).then((codes) => ({
    codes,
    ms: performance.now() - began,
  }))
  const [one, other] = await Promise.all([
    outAfter(person, () => owner.call(removeMember, { params: { id: person.id } })),
    outAfter(program, () => owner.call(removeToken, { params: { id: token.id } })),
  ])
  expect([one < 1_000, other < 1_000]).toEqual([true, true])
  const { codes, ms } = await closing
  expect([codes, ms < 1_500]).toEqual([[4401, 4401], true])
  expect(socket.frames.at(-1)).toEqual({ closing: 'signed_out' })
}, 30_000)

test('a lowered role counts within a second', async () => {
  const person = await parley.member('supervisor')
  await owner.call(changeMember, { params: { id: person.id }, body: { role: 'viewer' } })
  const began = performance.now()
  while ((await person.ask('POST', '/api/contacts', { body: { name: 'x' } })).status !== 403) {
    expect(performance.now() - began).toBeLessThan(1_000)
  }
})

test('a token is shown once, says when it was used, and ends when it says', async () => {
  const made = await owner.call(createToken, {
    body: { name: 'Short', expiresAt: new Date(Date.now() + 86_400_000).toISOString() },
  })
  const program = clientOf(parley.url, { authorization: `Bearer ${made.token}` })
  expect(await isIn(program)).toBe(true)
  const listed = (await owner.call(listTokens)).items.find(({ id }) => id === made.id)!
  expect([listed.usedAt !== null, JSON.stringify(listed).includes(made.token)]).toEqual([true, false])
  await database.asOwner(`update api_token set expires_at = now() where id = $1`, [made.id])
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect(await isIn(program)).toBe(false)
})

test('the set-up link is 256 bits; used, expired, empty and invented ones are not found; a second owner is not made', async () => {
  const { database: empty, asOwner } = await aDatabase()
  const use = (secret: string) => empty.transaction((tx) => useSetupSecret(tx, secret))
  const secret = (await newSetupSecret(empty))!
  expect(Buffer.from(secret, 'base64url')).toHaveLength(32)
  for (const wrong of ['', ' ', 'invented', secret.slice(1), `${secret}x`])
    await expect(use(wrong)).rejects.toMatchObject({ code: 'not_found' })
  const [life] = await asOwner<{ hours: number }>(
    'select round(extract(epoch from expires_at - now()) / 3600)::int as hours from setup_link',
  )
  expect(life!.hours).toBe(72)
  await asOwner(`update setup_link set expires_at = now() - interval '1 second'`)
  await expect(use(secret)).rejects.toMatchObject({ code: 'not_found' })
  const fresh = (await newSetupSecret(empty))!
  await use(fresh)
  await expect(use(fresh)).rejects.toMatchObject({ code: 'not_found' })

  const body = { token: 'any', workspace: 'Mine', name: 'Eve', email: 'eve@evil.example', password: 'long enough pw' }
  expect(await codeOf(await stranger.ask('POST', '/api/setup', { body }))).toBe('already_set_up')
}, 30_000)

test('broken tokens and cookies are nobody', async () => {
  for (const authorization of [
    '',
    'Bearer',
    'Bearer ',
    'Bearer parley_',
    'Bearer parley_x',
    'Basic b2xnYQ==',
    `Bearer ${'x'.repeat(5_000)}`,
  ])
    expect([
      authorization.slice(0, 20),
      (await stranger.ask('GET', '/api/me', { headers: { authorization } })).status,
    ]).toEqual([authorization.slice(0, 20), 401])
  for (const cookie of ['parley=', 'parley=x', 'parley=%00', 'parley=a; parley=b'])
    expect([cookie, (await stranger.ask('GET', '/api/me', { headers: { cookie } })).status]).toEqual([cookie, 401])
})

test('a write by cookie from another site is refused; by token it needs no origin', async () => {
  const body = { name: 'Forged' }
  for (const origin of ['https://evil.example', 'null', `${parley.url}.evil.example`, 'nonsense'])
    expect([origin, (await owner.as({ origin }).ask('POST', '/api/contacts', { body })).status]).toEqual([origin, 403])
  expect((await (await parley.bot()).ask('POST', '/api/contacts', { body })).status).toBe(201)
})

test('a call of a page that was drawn for another member is refused, and nothing is done', async () => {
  const { member } = await owner.call(getMe)
  const body = { name: 'Whose' }
  const named = (id: string) => owner.as({ [MEMBER_HEADER]: id }).ask('POST', '/api/contacts', { body })
  const another = await named(NIL_ID)
  expect([another.status, await codeOf(another)]).toEqual([409, 'another_member'])
  expect((await named(member.id)).status).toBe(201)
})

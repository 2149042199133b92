/** Nobody is locked out for ever: recovery codes, a colleague's help, and the command of whoever has the machine. */
import { TOTP } from 'otpauth'
import { expect, test } from 'vitest'
import {
  beginSecondFactor,
  changeMe,
  changeMember,
  createMember,
  getMe,
  helpToSignIn,
  listAudit,
  listTokens,
  makeRecoveryCodes,
  proveSecondFactor,
  removeMember,
  removeSecondFactor,
  removeToken,
} from '#contract/calls/members.ts'
import type { AccountId, WorkspaceId } from '#contract/ids.ts'
import { createWorkspace } from '#server/members/accounts.ts'
import { beginAnew, newResetSecret } from '#server/members/reset-links.ts'
import type { Client } from '#tests/support/client.ts'
import { holding, untilWaiting } from '#tests/support/locks.ts'
import { OWNER, wholeParley } from '#tests/support/whole-parley.ts'

const parley = await wholeParley({ env: { PARLEY_TRUSTED_PROXIES: '127.0.0.1' } })
const { owner, stranger, test: database } = parley
const NEXT = 'a password after the loss'
let address = 0
const from = () => ({ 'x-forwarded-for': `192.0.2.${++address % 250}` })
const signIn = (body: object) => stranger.ask('POST', '/api/session', { body, headers: from() })
const reset = (token: string, password = NEXT) =>
  stranger.ask('POST', '/api/session/reset', { body: { token, password }, headers: from() })
const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code
const help = (by: Client, id: string) => by.ask('POST', `/api/members/${id}/sign-in-link`)
const keptLinks = async (tokens: string[]) =>
  (
    await database.asOwner(
      'select 1 from setup_link where token_hash = any (select sha256(t::bytea) from unnest($1::text[]) t)',
      [tokens],
    )
  ).length
const acts = async () => (await owner.call(listAudit, { query: {} })).items.map(({ act }) => act)

async function withFactor(client: Client): Promise<{ recoveryCodes: string[]; totp: TOTP }> {
  const { secret } = await client.call(beginSecondFactor)
  const totp = new TOTP({ secret })
  const code = totp.generate({ timestamp: Date.now() - 30_000 })
  return { ...(await client.call(proveSecondFactor, { body: { secret, code } })), totp }
}

test('with the second factor come ten codes, each of which works once in place of the phone', async () => {
  const person = await parley.member('agent')
  const { recoveryCodes } = await withFactor(person)
  expect(new Set(recoveryCodes)).toHaveProperty('size', 10)
  expect((await person.call(getMe)).recoveryCodesLeft).toBe(10)
  const [first, second] = recoveryCodes as [string, string]
  const given = { email: person.email, password: OWNER.password }

  const twins = await Promise.all([signIn({ ...given, code: first }), signIn({ ...given, code: first })])
  expect(twins.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 401])
  expect((await signIn({ ...given, code: first })).status).toBe(401)
  // As somebody types it from paper.
  expect((await signIn({ ...given, code: ` ${second.toUpperCase().replaceAll('-', ' ')}` })).status).toBe(201)
  expect((await person.call(getMe)).recoveryCodesLeft).toBe(8)
  expect((await acts()).filter((act) => act === 'account.recovery_code_used')).toHaveLength(2)
  // A code alone is nothing, and another's neither.
  expect((await signIn({ ...given, password: 'not this one at all', code: recoveryCodes[2] })).status).toBe(401)
  const other = await parley.member('agent')
  await withFactor(other)
  expect((await signIn({ ...given, email: other.email, code: recoveryCodes[2] })).status).toBe(401)
})

test('new codes want the password and end the old ones; turning the factor off ends them all', async () => {
  const person = await parley.member('agent')
  const before = await withFactor(person)
  const refused = await person.ask('POST', '/api/me/recovery-codes', { body: { password: 'not this one at all' } })
  expect(refused.status).toBe(401)
  const { recoveryCodes } = await person.call(makeRecoveryCodes, { body: { password: OWNER.password } })
  const given = { email: person.email, password: OWNER.password }
  expect((await signIn({ ...given, code: before.recoveryCodes[0] })).status).toBe(401)
  expect((await signIn({ ...given, code: recoveryCodes[0] })).status).toBe(201)
  expect(await acts()).toContain('account.recovery_codes_made')

  await person.call(removeSecondFactor, { body: { password: OWNER.password } })
  expect(
    await database.asOwner('select 1 from recovery_code where account_id = (select id from account where email = $1)', [
      person.email,
    ]),
  ).toEqual([])
  const none = await person.ask('POST', '/api/me/recovery-codes', { body: { password: OWNER.password } })
  expect(none.status).toBe(409)
})

test('codes are kept as hashes', async () => {
  const person = await parley.member('agent')
  const { recoveryCodes } = await withFactor(person)
  const rows = await database.asOwner<{ row: string }>('select t::text as row from recovery_code t')
  const kept = rows.map(({ row }) => row).join('\n')
  expect(recoveryCodes.filter((code) => kept.includes(code.replaceAll('-', '')))).toEqual([])
})

test('a link sets a new password, turns the factor off and ends every session; it works once', async () => {
  const person = await parley.member('agent')
  await withFactor(person)
  const { token, expiresAt } = await owner.call(helpToSignIn, { params: { id: person.id } })
  expect((Date.parse(expiresAt) - Date.now()) / 3_600_000).toBeCloseTo(24, 1)
  // Nothing is changed by making it.
  expect((await person.ask('GET', '/api/me')).status).toBe(200)

  expect(await codeOf(await reset(token, 'short'))).toBe('invalid')
  const opened = await reset(token)
  expect([opened.status, opened.headers.getSetCookie()[0]]).toEqual([201, expect.stringMatching(/^parley=/)])
  expect(await opened.json()).toMatchObject({ secondFactor: false, recoveryCodesLeft: 0 })
  await expect.poll(async () => (await person.ask('GET', '/api/me')).status).toBe(401)
  expect((await signIn({ email: person.email, password: OWNER.password })).status).toBe(401)
  expect((await signIn({ email: person.email, password: NEXT })).status).toBe(201)
  expect(await codeOf(await reset(token))).toBe('not_found')
  expect((await acts()).slice(0, 4)).toEqual(expect.arrayContaining(['account.reset', 'member.sign_in_link']))
})

test('invented, expired, older and set-up links open nothing', async () => {
  const person = await parley.member('agent')
  const older = await owner.call(helpToSignIn, { params: { id: person.id } })
  const newer = await owner.call(helpToSignIn, { params: { id: person.id } })
  await database.asOwner(`update setup_link set expires_at = now() where account_id is not null`)
  await database.asOwner(
    `insert into setup_link (token_hash, expires_at) values (sha256('of a set-up'), now() + interval '1 day')`,
  )
  for (const token of ['invented', older.token, newer.token, 'of a set-up'])
    expect([token, await codeOf(await reset(token))]).toEqual([token, 'not_found'])
  const tries = []
  for (let n = 0; n < 31; n++)
    tries.push(
      (
        await stranger.ask('POST', '/api/session/reset', {
          body: { token: `guess ${n}`, password: NEXT },
          headers: { 'x-forwarded-for': '198.51.100.77' },
        })
      ).status,
    )
  expect(tries.at(-1)).toBe(429)
}, 60_000)

test('an admin helps those below him, an owner everybody but himself; nobody else helps at all', async () => {
  const [admin, otherAdmin, supervisor] = [
    await parley.member('admin'),
    await parley.member('admin'),
    await parley.member('supervisor'),
  ]
  const me = (await owner.call(getMe)).member.id
  const statuses = async (by: Client) =>
    Promise.all([me, otherAdmin.id, supervisor.id].map(async (id) => (await help(by, id)).status))
  expect(await statuses(admin)).toEqual([403, 403, 201])
  expect(await statuses(owner)).toEqual([403, 201, 201])
  expect(await statuses(supervisor)).toEqual([403, 403, 403])
  expect((await help(owner, crypto.randomUUID())).status).toBe(404)
})

test('what a link would open later is not open to whoever holds it: a new role, a removal and a new password end it', async () => {
  const admin = await parley.member('admin')
  const [raised, removed, careful] = [
    await parley.member('agent'),
    await parley.member('agent'),
    await parley.member('agent'),
  ]
  const links = []
  for (const { id } of [raised, removed, careful])
    links.push((await admin.call(helpToSignIn, { params: { id } })).token)
  await owner.call(changeMember, { params: { id: raised.id }, body: { role: 'owner' } })
  await owner.call(removeMember, { params: { id: removed.id } })
  await careful.call(changeMe, { body: { password: { now: OWNER.password, next: NEXT } } })
  for (const token of links) expect(await codeOf(await reset(token))).toBe('not_found')
})

test('a link ends with the right of its maker to make it: a removed admin, one who is none any more, a token that was stopped', async () => {
  const [removed, lowered, bot] = [
    await parley.member('admin'),
    await parley.member('admin'),
    await parley.bot('admin'),
  ]
  const links: string[] = []
  for (const maker of [removed, lowered, bot]) {
    const { id } = await parley.member('agent')
    links.push((await maker.call(helpToSignIn, { params: { id } })).token)
  }
  const [token] = (await owner.call(listTokens)).items
  await owner.call(removeMember, { params: { id: removed.id } })
  await owner.call(changeMember, { params: { id: lowered.id }, body: { role: 'supervisor' } })
  await owner.call(removeToken, { params: { id: token!.id } })
  expect(await keptLinks(links)).toBe(0)
  for (const link of links) expect(await codeOf(await reset(link))).toBe('not_found')
})

test('who made a link is asked again when it is used, whatever became of him or of the other meanwhile', async () => {
  const made = async () => {
    const [maker, person] = [await parley.member('admin'), await parley.member('agent')]
    return { maker, person, ...(await maker.call(helpToSignIn, { params: { id: person.id } })) }
  }
  const [gone, lowered, raised, good] = [await made(), await made(), await made(), await made()]
  // As a node does that knows nothing of makers.
  await database.asOwner(`update member set state = 'removed' where id = $1`, [gone.maker.id])
  await database.asOwner(`update member set role = 'agent' where id = $1`, [lowered.maker.id])
  await database.asOwner(`update member set role = 'admin' where id = $1`, [raised.person.id])
  for (const { token } of [gone, lowered, raised]) expect(await codeOf(await reset(token))).toBe('not_found')
  expect((await signIn({ email: gone.person.email, password: OWNER.password })).status).toBe(201)
  // A new name is no new role.
  await owner.call(changeMember, { params: { id: good.maker.id }, body: { name: 'Alice', role: 'admin' } })
  expect((await reset(good.token)).status).toBe(201)
})

test('who is removed leaves no link', async () => {
  const person = await parley.member('agent')
  const { token } = await owner.call(helpToSignIn, { params: { id: person.id } })
  await owner.call(removeMember, { params: { id: person.id } })
  expect(await keptLinks([token])).toBe(0)
})

test('who works in another workspace too is helped by nobody of this one', async () => {
  const person = await parley.member('agent')
  const { token } = await owner.call(helpToSignIn, { params: { id: person.id } })
  await createWorkspace(database.database, 'His own', {
    name: 'Agent',
    email: person.email,
    password: OWNER.password,
    language: 'en',
  })
  expect(await codeOf(await reset(token))).toBe('not_found')
  expect(await codeOf(await help(owner, person.id))).toBe('elsewhere_too')
  // Whoever has the machine may: and it is told in each.
  const [account] = await database.asOwner<{ id: string }>('select id from account where email = $1', [person.email])
  const { secret } = await database.database.transaction((tx) => newResetSecret(tx, account!.id as never, null))
  expect((await reset(secret)).status).toBe(201)
  const told = await database.asOwner(`select 1 from audit where act = 'account.reset' and object_id = $1`, [
    account!.id,
  ])
  expect(told).toHaveLength(2)
})

test('new codes and one of the old that is spent at the same moment do not hold each other up', async () => {
  const person = await parley.member('agent')
  const { recoveryCodes } = await withFactor(person)
  const { workspace } = await person.call(getMe)
  const audit = `select pg_advisory_xact_lock(hashtextextended('audit ${workspace.id satisfies WorkspaceId}', 0))`
  const [made, spent] = await holding(database, audit, async (release) => {
    const making = person.ask('POST', '/api/me/recovery-codes', { body: { password: OWNER.password } })
    await untilWaiting(database, 1)
    const spending = signIn({ email: person.email, password: OWNER.password, code: recoveryCodes[0] })
    await untilWaiting(database, 2)
    await release()
    return Promise.all([making, spending])
  })
  expect([made.status, spent.status]).toEqual([201, 401])
})

const WANT_PASSWORD: [string, string, object][] = [
  ['a new password', 'PATCH /api/me', { password: { now: OWNER.password, next: NEXT } }],
  ['new codes', 'POST /api/me/recovery-codes', { password: OWNER.password }],
  ['no second factor', 'DELETE /api/me/totp', { password: OWNER.password }],
]
test.each(WANT_PASSWORD)('%s: not for a password that became another while it was compared', async (_, call, body) => {
  const person = await parley.member('agent')
  await withFactor(person)
  const kept = () =>
    database.asOwner(
      `select password_hash, totp_secret, (select array_agg(code_hash order by code_hash) from recovery_code where account_id = a.id) as codes
         from account a where email = $1`,
      [person.email],
    )
  const before = await kept()
  const becomesAnother = `update account set password_hash = 'another' where email = '${person.email}'`
  const refused = await holding(database, becomesAnother, async (done) => {
    const asking = person.ask(...(call.split(' ') as [string, string]), { body })
    await untilWaiting(database, 1)
    await done()
    return asking
  })
  expect([refused.status, await codeOf(refused)]).toEqual([401, 'wrong_credentials'])
  expect(await kept()).toEqual([{ ...before[0], password_hash: 'another' }])
})

const MEANWHILE: [string, string][] = [
  ['another password', `password_hash = 'another'`],
  ['a second factor that was turned on', `totp_secret = 'sealed'`],
]
test.each(MEANWHILE)('%s meanwhile: nobody comes in by the password that was compared', async (_, change) => {
  const person = await parley.member('agent')
  const sessions = () =>
    database.asOwner('select 1 from session where account_id = (select id from account where email = $1)', [
      person.email,
    ])
  const before = await sessions()
  const becomesAnother = `update account set ${change} where email = '${person.email}'`
  const refused = await holding(database, becomesAnother, async (done) => {
    const asking = signIn({ email: person.email, password: OWNER.password })
    await Promise.race([asking, untilWaiting(database, 1)])
    await done()
    return asking
  })
  expect([refused.status, refused.headers.getSetCookie(), await codeOf(refused)]).toEqual([
    401,
    [],
    'wrong_credentials',
  ])
  expect(await sessions()).toEqual(before)
})

test.each(MEANWHILE)('%s meanwhile: no phone is put in its place', async (_, change) => {
  const person = await parley.member('agent')
  const kept = () => database.asOwner('select password_hash, totp_secret from account where email = $1', [person.email])
  const { secret } = await person.call(beginSecondFactor)
  const body = { secret, code: new TOTP({ secret }).generate() }
  const becomesAnother = `update account set ${change} where email = '${person.email}'`
  const refused = await holding(database, becomesAnother, async (done) => {
    const asking = person.ask('PUT', '/api/me/totp', { body })
    await untilWaiting(database, 1)
    await done()
    return asking
  })
  expect([refused.status, await codeOf(refused)]).toEqual([401, 'wrong_credentials'])
  const [after] = await kept()
  expect(after).toMatchObject(
    change.startsWith('totp') ? { totp_secret: Buffer.from('sealed') } : { totp_secret: null },
  )
})

test('a session that a link opened ends with the next link, however close behind it comes', async () => {
  const person = await parley.member('agent')
  const [account] = await database.asOwner<{ id: string }>('select id from account where email = $1', [person.email])
  const { token } = await owner.call(helpToSignIn, { params: { id: person.id } })
  const { workspace } = await person.call(getMe)
  const audit = `select pg_advisory_xact_lock(hashtextextended('audit ${workspace.id satisfies WorkspaceId}', 0))`
  const [first] = await holding(database, audit, async (release) => {
    // Whoever used it stands before his session; whatever ends sessions stands behind him.
    const resetting = reset(token)
    await untilWaiting(database, 1)
    const ending = database.database.transaction((tx) => beginAnew(tx, account!.id as AccountId, 'another'))
    await untilWaiting(database, 2)
    await release()
    return Promise.all([resetting, ending])
  })
  expect(first.status).not.toBe(500)
  const left = await database.asOwner('select 1 from session where account_id = $1', [account!.id])
  expect(left).toEqual([])
})

test('a new password that cannot be told is none: the old one, the other sessions and the links stay', async () => {
  const person = await parley.member('agent')
  const elsewhere = await parley.signIn(person.email)
  const { token } = await owner.call(helpToSignIn, { params: { id: person.id } })
  await database.asOwner(`
    create function untold() returns trigger language plpgsql as $$ begin raise 'untold'; end $$;
    create trigger untold before insert on audit for each row when (new.act = 'account.password_changed') execute function untold()`)
  const body = { language: 'ru', password: { now: OWNER.password, next: NEXT } }
  expect((await person.ask('PATCH', '/api/me', { body })).status).toBe(500)
  await database.asOwner('drop trigger untold on audit; drop function untold()')
  expect((await signIn({ email: person.email, password: OWNER.password })).status).toBe(201)
  expect(await elsewhere.call(getMe)).toMatchObject({ language: 'en' })
  expect(await keptLinks([token])).toBe(1)

  await person.call(changeMe, { body: { language: 'ru', password: { now: OWNER.password, next: NEXT } } })
  expect([(await elsewhere.ask('GET', '/api/me')).status, await keptLinks([token])]).toEqual([401, 0])
  expect(await person.call(getMe)).toMatchObject({ language: 'ru' })
  expect((await signIn({ email: person.email, password: NEXT })).status).toBe(201)
})

test('no link is made for an account that is getting another workspace at that moment', async () => {
  const person = await parley.member('agent')
  const his = { name: 'Agent', email: person.email, password: OWNER.password, language: 'en' } as const
  const helped = await holding(database, 'lock table workspace in share mode', async (release) => {
    const creating = createWorkspace(database.database, 'His own', his)
    await untilWaiting(database, 1)
    const helping = help(owner, person.id)
    await Promise.race([helping, untilWaiting(database, 2)])
    await release()
    await creating
    return helping
  })
  expect(await codeOf(helped)).toBe('elsewhere_too')
})

test('who was added again, with a password from others, makes no workspace with the one before', async () => {
  const person = await parley.member('agent')
  await owner.call(removeMember, { params: { id: person.id } })
  const his = { name: 'Agent', email: person.email, password: OWNER.password, language: 'en' } as const
  const created = createWorkspace(database.database, 'His own', his, async () => {
    await owner.call(createMember, { body: { name: 'Agent', email: person.email, password: NEXT, role: 'agent' } })
  })
  await expect(created).rejects.toThrow('wrong_credentials')
})

/** `Idempotency-Key`: the same POST again is the same answer, not the same act twice. */
import { TOTP } from 'otpauth'
import { afterAll, expect, test } from 'vitest'
import { listMessages } from '#contract/calls/conversations.ts'
import { beginSecondFactor, listTokens, proveSecondFactor } from '#contract/calls/members.ts'
import startTelegram from '#connectors/telegram/emulator.ts'
import { systemClock } from '#server/platform/clock.ts'
import { databaseKeyStore } from '#server/platform/secrets/key-store.ts'
import { openSecrets } from '#server/platform/secrets/secrets.ts'
import { furnish } from '#tests/support/furnished.ts'
import { OWNER, wholeParley } from '#tests/support/whole-parley.ts'

const telegram = await startTelegram()
afterAll(() => telegram.close())
const parley = await wholeParley({ reaches: [telegram.url] })
const { owner } = parley
const world = await furnish(parley, owner, telegram)
const say = `/api/conversations/${world.conversation}/messages`
const post = async (path: string, body: unknown, key: string, client = owner) => {
  const response = await client.ask('POST', path, { body, headers: { 'idempotency-key': key } })
  return { status: response.status, text: await response.text(), type: response.headers.get('content-type') }
}
const messages = async () =>
  (await owner.call(listMessages, { params: { id: world.conversation }, query: { limit: 200 } })).items.length

/** What lies under a key, and how it is sealed. */
async function underKey(key: string) {
  const [row] = await parley.test.asOwner<{ member: string; body: Buffer }>(
    'select actor_id as member, body from idempotency where key = $1',
    [key],
  )
  const store = databaseKeyStore(parley.test.database)
  const secrets = await openSecrets({ dataDir: parley.data, key: null, store, clock: systemClock() })
  const sealer = await secrets.of(world.workspace)
  const place = { table: 'idempotency', column: 'body', row: `${row!.member} ${key}` }
  return {
    text: sealer.open(row!.body, place).toString(),
    seal: (text: string) => sealer.seal(Buffer.from(text), place),
  }
}

test('the same key: the same status and bytes, and one message', async () => {
  const before = await messages()
  const first = await post(say, { text: 'Once' }, 'a')
  expect(await post(say, { text: 'Once' }, 'a')).toEqual(first)
  expect([first.status, await messages()]).toEqual([202, before + 1])
})

test('another body under the key, or another path, is refused', async () => {
  await post(say, { text: 'One' }, 'b')
  expect(await post(say, { text: 'Another' }, 'b')).toMatchObject({
    status: 422,
    text: expect.stringContaining('key_reused'),
  })
  expect((await post('/api/contacts', { name: 'Zoe' }, 'b')).status).toBe(422)
})

test('a twin in flight is told so; one message comes of both', async () => {
  const before = await messages()
  const both = await Promise.all([post(say, { text: 'Twins' }, 'c'), post(say, { text: 'Twins' }, 'c')])
  expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([202, 409])
  expect(await messages()).toBe(before + 1)
})

test('a refused validation keeps nothing: the same key works once the body is right', async () => {
  expect((await post(say, { text: 42 }, 'd')).status).toBe(422)
  expect((await post(say, { text: 'Right now' }, 'd')).status).toBe(202)
})

test('even a mistake of ours is answered the same again', async () => {
  const { asOwner } = parley.test
  await asOwner(`
    create function broken() returns trigger language plpgsql as $$ begin raise 'broken'; end $$;
    create trigger broken before insert on contact for each row execute function broken()`)
  const first = await post('/api/contacts', { name: 'Zoe' }, 'e')
  await asOwner('drop trigger broken on contact; drop function broken()')
  expect([first.status, first.text.includes('broken')]).toEqual([500, true])
  expect(await post('/api/contacts', { name: 'Zoe' }, 'e')).toEqual(first)
  expect((await post('/api/contacts', { name: 'Zoe' }, 'f')).status).toBe(201)
})

test('keys of one caller are nothing to another', async () => {
  const agent = await parley.member('agent')
  await post(say, { text: 'Mine' }, 'g')
  expect((await post(say, { text: 'His' }, 'g', agent)).status).toBe(202)
})

test('what is shown once is kept nowhere: a repeat is told so, and nothing is made a second time', async () => {
  const first = await post('/api/tokens', { name: 'Shown once' }, 'h')
  const { token } = JSON.parse(first.text) as { token: string }
  for (let n = 0; n < 2; n++)
    expect(await post('/api/tokens', { name: 'Shown once' }, 'h')).toEqual({
      status: 409,
      text: expect.stringContaining('shown_once'),
      type: 'application/problem+json',
    })
  const { items } = await owner.call(listTokens)
  expect(items.filter(({ name }) => name === 'Shown once')).toHaveLength(1)
  expect((await post('/api/tokens', { name: 'Another' }, 'h')).text).toContain('key_reused')
  for (const table of ['idempotency', 'api_token', 'audit']) {
    const rows = await parley.test.asOwner<{ row: string }>(`select t::text as row from ${table} t`)
    const hex = Buffer.from(token).toString('hex')
    expect([table, rows.filter(({ row }) => row.includes(token) || row.includes(hex))]).toEqual([table, []])
  }
  expect((await underKey('h')).text).not.toContain(token)
})

test('each call that answers with a secret keeps none of it', async () => {
  const person = await parley.member('agent')
  const { secret } = await person.call(beginSecondFactor)
  const code = new TOTP({ secret }).generate()
  await person.call(proveSecondFactor, { body: { secret, code } })
  const password = { password: OWNER.password }
  const calls = [
    [owner, 'tokens', '/api/tokens', { name: 'Program' }],
    [owner, 'help', `/api/members/${person.id}/sign-in-link`, undefined],
    [person, 'codes', '/api/me/recovery-codes', password],
    [person, 'factor', '/api/me/totp', undefined],
    [owner, 'proof', `/api/contacts/${world.contact}/links`, { channel: world.channel }],
  ] as const
  for (const [client, key, path, body] of calls) {
    const first = await post(path, body, key, client)
    const again = await post(path, body, key, client)
    expect([path, first.status < 400, again.status]).toEqual([path, true, 409])
    expect([path, JSON.parse((await underKey(key)).text)]).toEqual([
      path,
      expect.objectContaining({ code: 'shown_once' }),
    ])
  }
})

test('what was refused was not made: the same refusal again, and a token once it is right', async () => {
  const agent = await parley.member('agent')
  await agent.call(beginSecondFactor)
  const codes = await post('/api/me/recovery-codes', { password: OWNER.password }, 'i', agent)
  expect([codes.status, codes.text.includes('turn the second factor on first')]).toEqual([409, true])
  expect(await post('/api/me/recovery-codes', { password: OWNER.password }, 'i', agent)).toEqual(codes)
  expect((await post('/api/tokens', { name: 42 }, 'i')).status).toBe(422)
  expect((await post('/api/tokens', { name: 'Right now' }, 'i')).status).toBe(201)
})

test('of a database that was away nothing is kept, so that the same key makes it later', async () => {
  const { asOwner } = parley.test
  await asOwner(`
    create function away() returns trigger language plpgsql as $$ begin raise 'away' using errcode = '57P03'; end $$;
    create trigger away before insert on api_token for each row execute function away()`)
  expect((await post('/api/tokens', { name: 'Later' }, 'j')).status).toBe(503)
  await asOwner('drop trigger away on api_token; drop function away()')
  expect((await post('/api/tokens', { name: 'Later' }, 'j')).status).toBe(201)
})

test('an answer with a secret that a node of the version before has kept is not given again', async () => {
  const first = await post('/api/tokens', { name: 'Of before' }, 'l')
  const sealed = (await underKey('l')).seal(first.text)
  await parley.test.asOwner(`update idempotency set status = 201, body = $1 where key = 'l'`, [sealed])
  expect(await post('/api/tokens', { name: 'Of before' }, 'l')).toMatchObject({
    status: 409,
    text: expect.stringContaining('shown_once'),
  })
})

test('a key longer than 200 characters is refused', async () => {
  expect((await post(say, { text: 'x' }, 'k'.repeat(201))).status).toBe(422)
})

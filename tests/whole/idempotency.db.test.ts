/** `Idempotency-Key`: the same POST again is the same answer, not the same act twice. */
import { afterAll, expect, test } from 'vitest'
import { listMessages } from '#contract/calls/conversations.ts'
import { listTokens } from '#contract/calls/members.ts'
import startTelegram from '#connectors/telegram/emulator.ts'
import { furnish } from '#tests/support/furnished.ts'
import { wholeParley } from '#tests/support/whole-parley.ts'

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

test('a token that is shown once is given again to its maker, and stands readable nowhere', async () => {
  const first = await post('/api/tokens', { name: 'Shown once' }, 'h')
  expect(await post('/api/tokens', { name: 'Shown once' }, 'h')).toEqual(first)
  const { items } = await owner.call(listTokens)
  expect(items.filter(({ name }) => name === 'Shown once')).toHaveLength(1)
  const { token } = JSON.parse(first.text) as { token: string }
  for (const table of ['idempotency', 'api_token', 'audit']) {
    const rows = await parley.test.asOwner<{ row: string }>(`select t::text as row from ${table} t`)
    const hex = Buffer.from(token).toString('hex')
    expect([table, rows.filter(({ row }) => row.includes(token) || row.includes(hex))]).toEqual([table, []])
  }
})

test('a key longer than 200 characters is refused', async () => {
  expect((await post(say, { text: 'x' }, 'k'.repeat(201))).status).toBe(422)
})

/** Webhooks in: nothing is believed that is not proved, and nothing is thanked for that is not on disk (docs/trust-cases.md, 1, 21 to 23). */
import { Agent, createServer, request } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { afterAll, expect, test } from 'vitest'
import pg from 'pg'
import { createChannel } from '#contract/calls/channels.ts'
import { listContacts } from '#contract/calls/contacts.ts'
import { listConversations } from '#contract/calls/conversations.ts'
import { plain } from '#contract/message/content.ts'
import startTelegram from '#connectors/telegram/emulator.ts'
import { until } from '#tests/support/parts.ts'
import { wholeParley } from '#tests/support/whole-parley.ts'

const telegram = await startTelegram()
afterAll(() => telegram.close())
/** Stands where the platform believes us to be, and keeps what it proves itself with. */
const heard: string[] = []
const front = createServer((request, response) => {
  heard.push(String(request.headers['x-telegram-bot-api-secret-token']))
  response.end()
})
await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve))
afterAll(() => front.close())

const parley = await wholeParley({
  reaches: [telegram.url],
  env: { PARLEY_URL: `http://127.0.0.1:${(front.address() as AddressInfo).port}` },
})
const { owner, stranger, test: database } = parley
const channel = await owner.call(createChannel, {
  body: { connector: 'telegram', name: 'Shop', settings: { ...telegram.settings, receive: 'webhook' } },
})
await telegram.phone('Ann').say(plain('Hello'))
const secret = await until(() => heard[0])
const path = `/hooks/${channel.id}`
const SIGNED = { 'x-telegram-bot-api-secret-token': secret }

let number = 9_000_000
const anUpdate = (text = 'hello') => ({
  update_id: ++number,
  message: {
    message_id: number,
    date: Math.floor(Date.now() / 1000),
    chat: { id: 77, type: 'private', first_name: 'Mallory' },
    from: { id: 77, is_bot: false, first_name: 'Mallory' },
    text,
  },
})
const journaled = async () => Number((await database.asOwner('select count(*) as n from inbound'))[0]!.n)
const seen = async ({ update_id: id }: { update_id: number }) =>
  (await database.asOwner('select 1 from inbound_seen where event_hash = sha256($1)', [Buffer.from(String(id))]))
    .length === 1
const textsWith = async (words: string) =>
  (
    await database.asOwner<{ text: string }>(
      `select content #>> '{parts,0,text}' as text from message where starts_with(content #>> '{parts,0,text}', $1)`,
      [words],
    )
  ).map(({ text }) => text)
const post = (body: unknown, headers: Record<string, string> = SIGNED, to = path) =>
  stranger.ask('POST', to, { body, headers })

test('what is proved is taken, whatever its letters', async () => {
  const before = await journaled()
  expect((await post('{"update_id":1,"message":null,"x":"\\u0041 😀"}')).status).toBe(200)
  expect(await journaled()).toBe(before + 1)
})

test('what is forged is refused and not stored', async () => {
  const before = await journaled()
  const wrong = ['', 'x', secret.slice(0, -1), `${secret}x`, secret.toUpperCase(), secret.toLowerCase()]
  for (const told of wrong.filter((each) => each !== secret)) {
    const response = await post(anUpdate(), { 'x-telegram-bot-api-secret-token': told })
    expect([told, response.status]).toEqual([told, 401])
  }
  const unsigned = await post(anUpdate(), {})
  expect([unsigned.status, await unsigned.json()]).toMatchObject([401, { code: 'not_proven' }])
  expect(await journaled()).toBe(before)
})

test('what is not well-formed is a 400; too large a 413; a bomb of brackets or keys never reaches a parser', async () => {
  const before = await journaled()
  expect((await post('{"update_id":')).status).toBe(400)
  expect((await post(Buffer.from([0x7b, 0xff, 0x7d]))).status).toBe(400)
  expect((await post(`{"update_id":5,"message":${'['.repeat(200_000)}`)).status).toBe(400)
  expect((await post(`{${Array.from({ length: 20_000 }, (_, n) => `"k${n}":1`).join()}}`)).status).toBe(400)
  expect((await post(`{"update_id":6,"text":"${'x'.repeat(1024 * 1024)}"}`)).status).toBe(413)
  expect(await journaled()).toBe(before)
})

test('after a body that was too large the same client is heard again: a kept connection does not wait for the rest of it', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const { port } = new URL(parley.url)
  const send = (body: string) =>
    new Promise<number>((resolve, reject) => {
      const headers = { ...SIGNED, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
      const asked = request({ agent, port, method: 'POST', path, headers, signal: AbortSignal.timeout(5_000) })
      asked.on('response', (answer) => answer.resume().on('end', () => resolve(answer.statusCode!)))
      asked.on('error', reject)
      asked.end(body)
    })
  try {
    expect(await send(JSON.stringify(anUpdate('x'.repeat(1_300_000))))).toBe(413)
    expect(await send(JSON.stringify(anUpdate()))).toBe(200)
  } finally {
    agent.destroy()
  }
})

test('a channel that is not there, and a name that cannot be one, are not found', async () => {
  for (const to of ['/hooks/none', '/hooks/0190a0a0-0000-7000-8000-000000000000', '/hooks/..%2f..%2f', `${path}/../x`])
    expect([to, (await post(anUpdate(), SIGNED, to)).status]).toEqual([to, 404])
})

test('a body that does not arrive within ten seconds is given up, and whoever sent it is told why', async () => {
  const { hostname, port } = new URL(parley.url)
  const began = performance.now()
  const heard = await new Promise<string>((resolve) => {
    let text = ''
    const socket = connect(Number(port), hostname, () => {
      socket.write(
        `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"upd`,
      )
    })
    socket.on('data', (data) => (text += data.toString()))
    socket.on('close', () => resolve(text))
    socket.on('error', () => resolve(text))
  })
  expect(heard).toMatch(/^HTTP\/1\.1 408 /)
  expect(heard).toContain('"code":"too_slow"')
  expect(performance.now() - began).toBeLessThan(13_000)
}, 20_000)

test('no answer comes before the commit: while one hangs the platform waits, and is then told to come again', async () => {
  await withSlowCommits(async () => {
    const update = anUpdate('while commits hang')
    const late = await post(update)
    expect([late.status, late.headers.get('retry-after')]).toEqual([503, '2'])
    // What did commit in the end is known by its key when the platform comes again.
    await until(async () => (await post(update)).status === 200, 15_000)
    const { rows } = {
      rows: await database.asOwner('select 1 from inbound_seen where event_hash = sha256($1)', [
        Buffer.from(String(update.update_id)),
      ]),
    }
    expect(rows).toHaveLength(1)
  }, 2.5)
}, 40_000)

test('a 200 stands for a row that another connection sees at that very moment', async () => {
  await withSlowCommits(async () => {
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        const update = anUpdate()
        const { status } = await post(update)
        expect([status === 200 && !(await seen(update)), [200, 503].includes(status)]).toEqual([false, true])
      }),
    )
  }, 0.2)
}, 40_000)

test('the same event twice at once is one row, and both are thanked', async () => {
  const before = await journaled()
  const update = anUpdate('twice')
  expect((await Promise.all([post(update), post(update)])).map(({ status }) => status)).toEqual([200, 200])
  expect(await journaled()).toBe(before + 1)
})

test('the same event twice at once at two nodes is one message, and both are thanked', async () => {
  const other = await parley.twin()
  const hear = (told: unknown, at = parley.url) =>
    fetch(`${at}${path}`, {
      method: 'POST',
      headers: { ...SIGNED, 'content-type': 'application/json' },
      body: JSON.stringify(told),
    })
  // Many, so that some do meet in the same moment.
  const updates = Array.from({ length: 20 }, (_, n) => anUpdate(`two nodes, ${n}`))
  const answers = await Promise.all(updates.flatMap((told) => [hear(told), hear(told, other.url)]))
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
  await hear(anUpdate('two nodes, the last'))
  const said = await until(async () => {
    const texts = await textsWith('two nodes')
    return texts.includes('two nodes, the last') && texts
  })
  expect(said.toSorted()).toEqual([...updates.map(({ message }) => message.text), 'two nodes, the last'].toSorted())
})

test('ten pictures of a stranger, told at once and in any order, are one contact, one conversation and ten pictures in their order', async () => {
  const numbers = Array.from({ length: 10 }, (_, n) => 500 + n)
  const told = numbers.map((id, n) => ({
    update_id: ++number,
    message: {
      message_id: id,
      date: Math.floor(Date.now() / 1000),
      chat: { id: 4711, type: 'private', first_name: 'Zara' },
      from: { id: 4711, is_bot: false, first_name: 'Zara' },
      media_group_id: 'ten of one',
      photo: [{ file_id: `picture-${n}`, file_unique_id: `unique-${n}`, width: 40, height: 30 }],
    },
  }))
  const shuffled = told.map((_, n) => told[(n * 7) % 10]!)
  const answers = await Promise.all(shuffled.map((update) => post(update)))
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))

  const ofZara = { query: { q: 'Zara' } }
  const pictures = () =>
    database.asOwner<{ item: string; conversation: string }>(
      `select p.part ->> 'item' as item, m.conversation_id::text as conversation
         from message m cross join lateral jsonb_array_elements(m.content -> 'parts') with ordinality p (part, place)
        where m.content #>> '{parts,0,kind}' = 'image' order by m.placed, m.seq, p.place`,
    )
  const shown = await until(async () => {
    const rows = await pictures()
    return rows.length === 10 && rows
  })
  expect(shown.map(({ item }) => item)).toEqual(numbers.map(String))
  expect(new Set(shown.map(({ conversation }) => conversation)).size).toBe(1)
  expect((await owner.call(listContacts, ofZara)).items).toHaveLength(1)
  expect((await owner.call(listConversations, ofZara)).items).toHaveLength(1)
})

test('bombs of letters are kept as they came: a line of 900 KB, marks without end, signs that turn the reading round', async () => {
  const bombs = {
    'one line': 'x'.repeat(900_000),
    'combining marks': `bomb e${'\u0301'.repeat(100_000)}`,
    'the other way round': 'bomb \u202Egnp.exe\u202C\u2066\u2069',
    'signs of markdown': `bomb ${'*_~`['.repeat(20_000)}`,
    'families of emoji': `bomb ${'👩‍👩‍👧‍👦\u200D'.repeat(5_000)}`,
    'what a pattern would try for ever': `bomb https://${'a.'.repeat(40_000)}${'!'.repeat(40_000)}`,
  }
  for (const [name, text] of Object.entries(bombs))
    expect([name, (await post(anUpdate(text))).status]).toEqual([name, 200])
  const kept = await until(async () => {
    const texts = [...(await textsWith('bomb')), ...(await textsWith('xxxxxxxxxx'))]
    return texts.length === Object.keys(bombs).length && new Set(texts)
  }, 30_000)
  for (const [name, text] of Object.entries(bombs)) expect([name, kept.has(text)]).toEqual([name, true])
}, 60_000)

test('with the database away it is 503 and Retry-After, never 200; afterwards the same event is taken', async () => {
  const name = new URL(database.ownerUrl).pathname.slice(1)
  const server = new URL(database.ownerUrl)
  server.pathname = '/postgres'
  const admin = new pg.Client(server.href)
  await admin.connect()
  const update = anUpdate('through the outage')
  try {
    await admin.query(`alter database ${name} connection limit 0`)
    await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name])
    const away = await post(update)
    expect([away.status, away.headers.get('retry-after')]).toEqual([503, '2'])
    expect((await stranger.ask('GET', '/readyz')).status).toBe(503)
    expect(await (await owner.ask('GET', '/api/channels')).json()).toMatchObject({ status: 503, code: 'unavailable' })
  } finally {
    await admin.query(`alter database ${name} connection limit -1`)
    await admin.end()
  }
  await until(async () => (await post(update)).status === 200)
}, 40_000)

/** Every transaction that journals an event waits at its COMMIT. */
async function withSlowCommits(work: () => Promise<void>, seconds: number): Promise<void> {
  await database.asOwner(`
    create function slow_commit() returns trigger language plpgsql as $$ begin perform pg_sleep(${seconds}); return null; end $$;
    create constraint trigger slow_commit after insert on inbound_seen deferrable initially deferred for each row execute function slow_commit()`)
  try {
    await work()
  } finally {
    await database.asOwner('drop trigger slow_commit on inbound_seen; drop function slow_commit()')
  }
}

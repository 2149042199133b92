/**
 * No secret shows itself: a day of traffic with canaries in the place of every secret, faults on all sides, and then each canary is looked
 * for in whatever leaves Parley, in all forms in which it could leak: as it is, in base64, in hex, in an address, inside JSON.
 */
import { randomBytes } from 'node:crypto'
import { glob, mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { TOTP } from 'otpauth'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createChannel, getChannel } from '#contract/calls/channels.ts'
import { listConversations, sendMessage } from '#contract/calls/conversations.ts'
import { beginSecondFactor, createMember, createToken, proveSecondFactor } from '#contract/calls/members.ts'
import { plain } from '#contract/message/content.ts'
import startMail from '#connectors/email-imap/emulator.ts'
import startTelegram from '#connectors/telegram/emulator.ts'
import { botApi } from '#tests/hostile/bot-api.ts'
import { attachEmbedded } from '#server/platform/postgres/embedded.ts'
import { clientOf, type Client } from '#tests/support/client.ts'
import { parley, removeAfterwards, setUp, startParley, type Running } from '#tests/support/parley-command.ts'
import { until } from '#tests/support/parts.ts'

const canary = (what: string) => `canary-${what}-${randomBytes(12).toString('hex')}`

const [telegram, mail, hooking] = await Promise.all([startTelegram(), startMail(), botApi()])
afterAll(() => Promise.all([telegram.close(), mail.close(), hooking.close()]))
const home = await mkdtemp(join(tmpdir(), 'parley-secrets-'))
removeAfterwards(home)
const PARLEY_KEY = randomBytes(32)
const env = {
  PARLEY_DATA: join(home, 'data'),
  PARLEY_KEY: PARLEY_KEY.toString('base64'),
  PARLEY_LOG: 'trace',
  PARLEY_PRIVATE_HOSTS: [new URL(telegram.url).host, new URL(hooking.url).host, ...mail.hosts].join(),
}
const bot = telegram.addBot({ handle: 'canary_bot', token: `123456789:${canary('bot').replaceAll('-', '_')}` })
const mailPassword = canary('mail')
mail.changePassword(mailPassword)

/** What may be found nowhere but in what its owner was shown once. By name, as bytes. */
const secrets = new Map<string, Buffer>()
const guard = (name: string, secret: string | Buffer) => {
  if (secret.length < 16) throw new Error(`${name} is too short to be looked for`)
  secrets.set(name, Buffer.from(secret as string))
}
/** What may be in the database, readable, and nowhere else: docs/security.md says so. */
const words = new Map([
  ['a message that came', canary('incoming')],
  ['a message that went', canary('outgoing')],
  ['a note', canary('note')],
])
/** Everything that left Parley, by where. */
const outputs = new Map<string, Buffer>()
const output = (where: string, bytes: string | Buffer) =>
  void outputs.set(where, Buffer.concat([outputs.get(where) ?? Buffer.alloc(0), Buffer.from(bytes as string)]))

beforeAll(async () => {
  guard('PARLEY_KEY', PARLEY_KEY)
  guard('the bot’s token', bot.token)
  guard('the mailbox’s password', mailPassword)
  const running = await startParley(env)
  const owner = await setUp(running.url, env)
  guard('the owner’s token', owner.token)
  await aDay(running, owner)
  await collect(running, owner)
  await running.stop()
  output('the log', running.log())
  output('what it printed', running.printed())
  await failToStart()
}, 900_000)

test('it was a day: every output holds something, every canary was in use', () => {
  expect([...outputs].filter(([, bytes]) => bytes.length < 20).map(([where]) => where)).toEqual([])
  expect([...secrets.keys()]).toHaveLength(11)
  expect(outputs.get('the log')!.toString()).toMatch(/"level":"(warn|error)"/)
  // Where they may stand they do, so that looking means something.
  for (const [name, word] of words) expect([name, outputs.get('the database')!.includes(word)]).toEqual([name, true])
})

test('a planted secret is found in each of its forms', () => {
  for (const form of formsOf(Buffer.from('a planted secret?!')))
    expect(leaksIn(Buffer.concat([Buffer.from('x'), form]), Buffer.from('a planted secret?!'))).toBe(true)
  expect(
    leaksIn(
      Buffer.from(`xy${Buffer.from('..a planted secret?!..').toString('base64')}`),
      Buffer.from('a planted secret?!'),
    ),
  ).toBe(true)
})

test('no output shows a secret, in no form', () => {
  const leaks = [...outputs].flatMap(([where, bytes]) =>
    [...secrets].flatMap(([name, secret]) => (leaksIn(bytes, secret) ? [`${name} in ${where}`] : [])),
  )
  expect(leaks).toEqual([])
  const sizes = [...outputs].map(([where, bytes]) => `${where} ${Math.ceil(bytes.length / 1024)} KB`)
  console.log(`secrets: ${secrets.size} canaries in ${sizes.join(', ')}: none found`)
})

test('what people wrote stands in the database, and in no log, answer of an error, figure or backup', () => {
  const leaks = [...outputs].flatMap(([where, bytes]) =>
    where === 'the database'
      ? []
      : [...words].flatMap(([name, word]) => (leaksIn(bytes, Buffer.from(word)) ? [`${name} in ${where}`] : [])),
  )
  expect(leaks).toEqual([])
})

// ---------------------------------------------------------------- the day

async function aDay(running: Running, owner: Client): Promise<void> {
  const settings = { ...bot.settings, receive: 'polling' }
  const shop = await owner.call(createChannel, { body: { connector: 'telegram', name: 'Shop', settings } })
  const letters = { ...mail.settings, password: mailPassword }
  const post = await owner.call(createChannel, { body: { connector: 'email-imap', name: 'Post', settings: letters } })
  const siteSecret = canary('site')
  guard('the site’s secret', siteSecret)
  const site = { origins: ['https://shop.example'], identitySecret: siteSecret }
  await owner.call(createChannel, { body: { connector: 'webchat', name: 'Site', settings: site } })

  const password = canary('password')
  guard('a member’s password', password)
  const person = { name: 'Ann', email: 'ann@shop.example', role: 'admin' as const, password }
  await owner.call(createMember, { body: person })
  const session = await running.stranger.ask('POST', '/api/session', { body: { email: person.email, password } })
  const cookie = session.headers.getSetCookie()[0]!.split(';')[0]!
  guard('a session', cookie.split('=')[1]!)
  const ann = clientOf(running.url, { cookie, origin: running.url })
  const { secret } = await ann.call(beginSecondFactor)
  guard('the second factor', secret)
  await ann.call(proveSecondFactor, { body: { secret, code: new TOTP({ secret }).generate() } })
  const { token } = await owner.call(createToken, { body: { name: 'Program' } })
  guard('a program’s token', token)

  const phone = telegram.phone('Carl', bot)
  await phone.say(plain(words.get('a message that came')!))
  const { id } = await until(async () => (await owner.call(listConversations, { query: {} })).items[0], 60_000)
  const say = (text: string, note = false) => owner.call(sendMessage, { params: { id }, body: { text, note } })
  await say(words.get('a message that went')!)
  await say(words.get('a note')!, true)
  await until(() => phone.sees().some(({ from }) => from === 'us'), 60_000)
  await mail.phone('Mallory').say(plain(`a letter: ${words.get('a message that came')!}`))

  // A webhook, with its secret, and broken by somebody who knows it.
  const told = { token: `123456:${'t'.repeat(35)}`, apiUrl: hooking.url, receive: 'webhook' }
  const hook = await owner.call(createChannel, { body: { connector: 'telegram', name: 'Told', settings: told } })
  const hookSecret = await hooking.secret
  guard('a webhook’s secret', hookSecret)
  const proof = { 'x-telegram-bot-api-secret-token': hookSecret }
  for (const body of ['{"update_id":', '[]', JSON.stringify({ update_id: 1, [hookSecret]: hookSecret })])
    output(
      'answers of errors',
      await (await running.stranger.ask('POST', `/hooks/${hook.id}`, { body, headers: proof })).text(),
    )
  await running.stranger.ask('POST', `/hooks/${hook.id}/${hookSecret}?secret=${hookSecret}`, { body: {} })

  // Another, and whoever guesses at it.
  await owner.ask('PATCH', `/api/channels/${shop.id}`, { body: { settings: { ...bot.settings, receive: 'webhook' } } })
  await faults(running, owner, { token, cookie, password, secret, channel: shop.id })
  mail.changePassword('another now')
  mail.cutLines()
  await until(async () => (await owner.call(getChannel, { params: { id: post.id } })).state !== 'ready', 60_000)
  bot.revoke()
  await say('it cannot go')
  // It is tried, refused, and told of.
  await new Promise((resolve) => setTimeout(resolve, 5_000))
}

/** Everything wrong that a caller can do with what he knows. */
async function faults(running: Running, owner: Client, known: Record<string, string>): Promise<void> {
  const { stranger } = running
  const { token = '', cookie = '', password = '', secret = '', channel = '' } = known
  const said: [string, string, { body?: unknown; headers?: Record<string, string> }?][] = [
    ['GET', `/api/contacts?q=${token}&token=${token}`],
    ['GET', `/api/${token}`],
    ['GET', '/api/contacts', { headers: { authorization: `Bearer ${token}x` } }],
    ['GET', '/api/contacts', { headers: { authorization: `Basic ${token}` } }],
    ['GET', '/api/contacts', { headers: { cookie: `${cookie}x` } }],
    ['POST', '/api/session', { body: { email: 'ann@shop.example', password: `${password}x` } }],
    ['POST', '/api/session', { body: { email: 'ann@shop.example', password, code: '000000' } }],
    ['POST', '/api/session', { body: { email: password, password, token } }],
    ['POST', '/api/session', { body: `{"email": "${password}", broken` }],
    [
      'POST',
      `/hooks/${channel}`,
      { body: `{"token":"${bot.token}"`, headers: { 'x-telegram-bot-api-secret-token': token } },
    ],
    ['POST', `/hooks/${channel}/${bot.token}`, { body: {} }],
    ['GET', `/l/${token}`],
    ['PUT', '/api/me/totp', { body: { secret, code: '000000' } }],
  ]
  for (const [method, path, options] of said) {
    await (await stranger.ask(method, path, options)).text()
    // No error echoes a value of the request.
    output('answers of errors', await (await owner.ask(method, path, options)).text())
  }
  const bodies = [
    { connector: 'telegram', name: 'Twice', settings: bot.settings },
    { connector: 'telegram', name: 'Wrong', settings: { token: bot.token, receive: 'by pigeon' } },
    {
      connector: 'email-imap',
      name: 'Wrong',
      settings: { ...mail.settings, password: mailPassword, imap: { host: 'nowhere.invalid' } },
    },
    {
      connector: 'email-imap',
      name: 'Wrong',
      settings: { ...mail.settings, password: mailPassword, user: 'somebody else' },
    },
    {
      connector: 'webchat',
      name: 'Wrong',
      settings: { origins: ['x'], identitySecret: secrets.get('the site’s secret')!.toString() },
    },
  ]
  for (const body of bodies)
    output('answers of errors', await (await owner.ask('POST', '/api/channels', { body })).text())
  telegram.fault({ is: 'server_error', status: 502 })
}

// ---------------------------------------------------------------- what left Parley

async function collect(running: Running, owner: Client): Promise<void> {
  const get = async (path: string) => (await owner.ask('GET', path)).text()
  output('the figures', await get('/metrics'))
  output('the description', await get('/api/openapi.json'))
  for (const path of [
    '/api/channels',
    '/api/tokens',
    '/api/members',
    '/api/sessions',
    '/api/audit',
    '/api/me',
    '/api/deliveries',
  ])
    output('answers', await get(path))
  const doctor = await parley(['doctor', '--json'], env)
  output('the doctor', doctor.out + doctor.error)
  for (const kind of [[], ['--logical']]) {
    const file = join(home, `${kind.length}.backup`)
    const { code, out, error } = await parley(['backup', file, ...kind], env)
    expect({ code, error }).toEqual({ code: 0, error: '' })
    output('the backup command', out + error)
    output('backups', await readFile(file))
  }
  const attached = (await attachEmbedded({ dataDir: env.PARLEY_DATA }))!
  const client = new pg.Client({ connectionString: attached.url, options: '-c search_path=parley' })
  await client.connect()
  const { rows: tables } = await client.query<{ name: string }>(
    `select tablename as name from pg_tables where schemaname like 'parley%' order by 1`,
  )
  for (const { name } of tables) {
    const found = await client.query<{ row: string }>(`select x::text as row from ${name} x`).catch(() => null)
    for (const { row } of found?.rows ?? []) output('the database', `${row}\n`)
  }
  await client.end()
  const dist = fileURLToPath(new URL('../../dist/', import.meta.url))
  for await (const path of glob('**/*.{js,html,json}', { cwd: dist }))
    output('the front end', await readFile(join(dist, path)))
}

/** Ends that print: a wrong key, an unreachable database whose address has a password. */
async function failToStart(): Promise<void> {
  const other = randomBytes(32)
  const wrongKey = await parley(['start'], { ...env, PARLEY_KEY: other.toString('base64') })
  const password = canary('database')
  guard('the database’s password', password)
  const noDatabase = await parley(['start'], { ...env, DATABASE_URL: `postgres://someone:${password}@127.0.0.1:9/x` })
  const noKey = await parley(['start'], { ...env, PARLEY_KEY: `${env.PARLEY_KEY}x` })
  for (const { out, error } of [wrongKey, noDatabase, noKey]) output('failed starts', out + error)
}

// ---------------------------------------------------------------- looking

/** The beginning is enough: what is clipped behind it leaks all the same. */
const BEGINNING = 40

function formsOf(secret: Buffer): Buffer[] {
  const text = secret.toString('utf8')
  const isText = Buffer.from(text).equals(secret)
  return [
    secret,
    Buffer.from(secret.toString('hex')),
    Buffer.from(secret.toString('hex').toUpperCase()),
    ...[0, 1, 2].flatMap((shift) => {
      // Inside a longer base64 its letters depend on where it begins; the edges are not its own.
      const inside = Buffer.concat([Buffer.alloc(shift), secret])
        .toString('base64')
        .replaceAll('=', '')
      const own = inside.slice(shift === 0 ? 0 : shift + 1, -2)
      return [Buffer.from(own), Buffer.from(own.replaceAll('+', '-').replaceAll('/', '_'))]
    }),
    ...(isText ? [Buffer.from(encodeURIComponent(text)), Buffer.from(JSON.stringify(text).slice(1, -1))] : []),
  ]
}

const leaksIn = (bytes: Buffer, secret: Buffer): boolean =>
  formsOf(secret).some((form) => bytes.includes(form.subarray(0, BEGINNING)))

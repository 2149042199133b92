/** Parley as its operator starts, stops and breaks it: real processes, the embedded PostgreSQL, folders with hard names. */
import { randomBytes } from 'node:crypto'
import { execFileSync, spawn } from 'node:child_process'
import { chmod, cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sql } from 'kysely'
import { expect, onTestFinished, test } from 'vitest'
import { decideHold, getHold } from '#contract/calls/conversations.ts'
import { createMember, createToken, getMe } from '#contract/calls/members.ts'
import { openDatabase } from '#server/platform/database.ts'
import { attachEmbedded } from '#server/platform/postgres/embedded.ts'
import { START_MS, parley, removeAfterwards, setUp, startParley } from '#tests/support/parley-command.ts'
import { clientOf } from '#tests/support/client.ts'
import { isAlive, processesNaming } from '#tests/support/embedded-world.ts'
import { until } from '#tests/support/parts.ts'
import { freePort } from '#tests/support/free-port.ts'

const home = await mkdtemp(join(tmpdir(), 'parley данные и пробелы '))
removeAfterwards(home)
const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const env = { PARLEY_DATA: join(home, 'папка a') }
const postmaster = async () =>
  Number.parseInt(await readFile(join(env.PARLEY_DATA, 'postgres/data/postmaster.pid'), 'utf8'), 10)
const left = () => processesNaming(`${env.PARLEY_DATA}/`)

test('npm start, and SIGTERM to it, is Parley and its orderly end, with nothing left behind', async () => {
  const port = await freePort()
  const child = spawn('npm', ['start'], { cwd: ROOT, env: { ...process.env, ...env, PARLEY_PORT: String(port) } })
  let out = ''
  child.stdout.on('data', (text: Buffer) => (out += text.toString()))
  const code = new Promise((resolve) => child.once('exit', (...ended) => resolve(ended)))
  await until(() => out.includes(`Parley is ready at http://127.0.0.1:${port}`), START_MS)
  expect(out).toMatch(/Open this link once to become its owner: http:\/\/127\.0\.0\.1:\d+\/setup#[\w-]{43}/)
  child.kill('SIGTERM')
  expect(await code).toEqual([0, null])
  await until(async () => (await left()).length === 0)
}, 240_000)

test('a second Parley on the same folder stops with one line; commands work beside the first', async () => {
  const first = await startParley(env)
  const second = await parley(['start'], { ...env, PARLEY_PORT: String(await freePort()) })
  expect(second).toMatchObject({ code: 1, out: '' })
  expect(second.error).toMatch(/^Another Parley \(process \d+\) already runs on the data folder .*PARLEY_DATA\.\n$/)
  const owner = await setUp(first.url, env)
  expect((await owner.ask('GET', '/api/me')).status).toBe(200)
  const again = ['setup', '--workspace', 'Second shop', '--email', 'Olga@shop.example', '--json', '--password']
  expect(await parley([...again, 'not that one at all'], env)).toMatchObject({
    code: 1,
    error: 'Olga@shop.example has an account here already, with another password: give that one.\n',
  })
  const long = 'x'.repeat(201)
  for (const [given, words] of [
    [['--workspace', long], 'The name of a workspace has 1 to 120 characters.'],
    [['--password', long], 'A password has 10 to 200 characters.'],
    [['--password', 'too short'], 'A password has 10 to 200 characters.'],
    [['--name', long], 'The name of a member has 1 to 120 characters. Without --name it is the e-mail address.'],
  ] as const) {
    const refused = await parley([...again, 'correct horse battery', ...given], env)
    expect(refused).toMatchObject({ code: 1, out: '', error: `${words}\n` })
  }
  const further = JSON.parse((await parley([...again, 'correct horse battery'], env)).out) as { token: string }
  const me = await clientOf(first.url, { authorization: `Bearer ${further.token}` }).call(getMe)
  expect(me.workspace.name).toBe('Second shop')
  // The last way back, beside the running one.
  for (const [given, words] of [
    [[], 'Whose? It goes: parley reset-sign-in EMAIL'],
    [['nobody@shop.example'], 'There is no account with the e-mail "nobody@shop.example" here.'],
  ] as const)
    expect(await parley(['reset-sign-in', ...given], env)).toMatchObject({ code: 1, out: '', error: `${words}\n` })
  const way = await parley(['reset-sign-in', 'Olga@shop.example'], { ...env, PARLEY_URL: 'https://parley.example' })
  const [, secret] = /olga@shop\.example .*: https:\/\/parley\.example\/reset#([\w-]{43})\n$/.exec(way.out)!
  const reset = { token: secret, password: 'a password after the loss' }
  expect((await first.stranger.ask('POST', '/api/session/reset', { body: reset })).status).toBe(201)
  const russian = await parley(['reset-sign-in', 'olga@shop.example'], { ...env, LANG: 'ru_RU.UTF-8' })
  expect(russian.out).toMatch(/^По этой ссылке olga@shop\.example задаст новый пароль\. .*\/reset#[\w-]{43}\n$/)
  const squeezed = await parley(['start'], { PARLEY_DATA: join(home, 'c'), PARLEY_PORT: new URL(first.url).port })
  expect(squeezed).toMatchObject({ code: 1, out: '' })
  expect(squeezed.error).toMatch(/^Parley cannot listen at 127\.0\.0\.1:\d+: another program does already.*\n$/)
  for (const [word, what] of [
    ['--bogus', 'Unknown option'],
    ['twice', 'Unexpected argument'],
  ] as const) {
    const mistyped = await parley(['start', word], env)
    expect(mistyped).toMatchObject({ code: 1, out: '' })
    expect(mistyped.error).toMatch(new RegExp(`^${what} '${word}'.* It goes: parley start\\n$`))
  }
  await writeFile(join(home, 'a-file'), '')
  const closed = await parley(['doctor', '--json'], { ...env, PARLEY_DATA: join(home, 'a-file', 'below') })
  expect(JSON.parse(closed.out)).toMatchObject({
    verdict: 'bad',
    findings: expect.arrayContaining([expect.objectContaining({ about: 'folder', level: 'bad', code: 'closed' })]),
  })
  const { code, out } = await parley(['doctor', '--json'], env)
  const { findings } = JSON.parse(out) as { findings: { about: string; level: string; code: string }[] }
  const bad = findings.filter(({ level }) => level === 'bad').map(({ about }) => about)
  // whether the window was built is not this test's affair
  expect(bad.filter((about) => about !== 'window')).toEqual([])
  expect(code).toBe(bad.length > 0 ? 1 : 0)
  const other = await parley(['doctor', '--json'], { ...env, PARLEY_KEY: randomBytes(32).toString('base64') })
  expect(JSON.parse(other.out)).toMatchObject({
    findings: expect.arrayContaining([expect.objectContaining({ about: 'key', level: 'bad', code: 'another' })]),
  })
  expect(await first.stop()).toBe(0)
}, 240_000)

test('kill -9 of Parley, of PostgreSQL, of both: the next one goes on, and nothing is left behind', async () => {
  const killed = await startParley(env)
  await killed.stop('SIGKILL')
  // It adopts the server that is left, or, where starting took longer than that waits, begins it anew.
  const next = await startParley(env)
  const server = await postmaster()
  expect((await next.stranger.ask('GET', '/readyz')).status).toBe(200)

  // kill -9 of PostgreSQL: 503 while it is away, and well again by itself
  process.kill(server, 'SIGKILL')
  await until(async () => (await next.stranger.ask('GET', '/readyz')).status === 503, 20_000)
  await until(async () => (await next.stranger.ask('GET', '/readyz')).status === 200, 60_000)
  expect(await postmaster()).not.toBe(server)

  // kill -9 of both, and nobody comes: nothing is left
  const last = await postmaster()
  await next.stop('SIGKILL')
  process.kill(last, 'SIGKILL')
  await until(async () => !(await isAlive(last)) && (await left()).length === 0, 60_000)
  const after = await startParley(env)
  expect(await after.stop()).toBe(0)
}, 240_000)

test.each([
  [
    'a name that Parley does not know',
    { PARLEY_PROT: '1' },
    /^The environment sets PARLEY_PROT, which Parley does not know\. .*\n$/,
  ],
  [
    'a bad value',
    { PARLEY_PORT: 'http' },
    /^PARLEY_PORT in the environment must be a number from 0 to 65535; it is "http"\.\n$/,
  ],
  [
    'a database that is not there',
    { DATABASE_URL: 'postgres://a:secretword@127.0.0.1:1/x' },
    /^The database cannot be reached: .*\n$/,
  ],
])('%s is one line', async (_, wrong, line) => {
  const { code, out, error } = await parley(['start'], { PARLEY_DATA: join(home, 'none'), ...wrong })
  expect(error).toMatch(line)
  expect(error).not.toContain('secretword')
  expect({ code, out }).toEqual({ code: 1, out: '' })
})

test('a data folder that is a file, or may not be written, is one line', async () => {
  const file = join(home, 'a file')
  await writeFile(file, '')
  const onFile = await parley(['start'], { PARLEY_DATA: file })
  expect(onFile.error).toMatch(
    /^The data folder .* \(PARLEY_DATA\) is a file, or a link that leads nowhere: choose another\.\n$/,
  )
  if (process.getuid?.() === 0) return
  const shut = join(home, 'shut')
  await mkdir(shut)
  await chmod(shut, 0o500)
  const onShut = await parley(['start'], { PARLEY_DATA: join(shut, 'data') })
  expect(onShut.error).toMatch(/^The data folder .* may not be written: .*\n$/)
})

test.runIf(process.getuid?.() === 0 && canMount())(
  'a full disk is one line',
  async () => {
    const disk = join(home, 'disk')
    await mkdir(disk)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', disk])
    onTestFinished(() => void execFileSync('umount', ['-l', disk]))
    const { code, error } = await parley(['start'], { PARLEY_DATA: join(disk, 'data') })
    expect(error).toMatch(/^[^\n]*(No space left on device|full disk)[^\n]*\n$/)
    expect(code).toBe(1)
  },
  60_000,
)

test('roles on several processes: one database, each does its part', async () => {
  const one = await startParley(env)
  const { url } = (await attachEmbedded({ dataDir: env.PARLEY_DATA }))!
  const elsewhere = { PARLEY_DATA: join(home, 'b'), DATABASE_URL: url, PARLEY_ROLES: 'ingest' }
  await mkdir(elsewhere.PARLEY_DATA)
  await writeFile(join(elsewhere.PARLEY_DATA, 'key'), await readFile(join(env.PARLEY_DATA, 'key')), { mode: 0o600 })
  const other = await startParley(elsewhere)
  expect((await other.stranger.ask('GET', '/readyz')).status).toBe(200)
  expect((await other.stranger.ask('GET', '/api/me')).status).toBe(404)
  expect((await one.stranger.ask('GET', '/api/me')).status).toBe(401)
  expect(await other.stop()).toBe(0)

  // a key that is not the database's
  await rm(join(elsewhere.PARLEY_DATA, 'key'))
  const keyless = await parley(['start'], { ...elsewhere, PARLEY_PORT: String(await freePort()) })
  expect(keyless.error).toMatch(/^The database holds secrets sealed with a key that is not here: .*\n$/)
  expect(await one.stop()).toBe(0)
}, 240_000)

test('a database that other hands restored from an older copy starts in hold, under a new lineage, once', async () => {
  const folder = join(home, 'restored')
  const here = { PARLEY_DATA: folder }
  const copy = join(home, 'copy')
  const first = await startParley(here)
  const owner = await setUp(first.url, here)
  const lineage = () => lineageOf(folder)
  const born = await lineage()
  expect(await owner.call(getHold)).toMatchObject({ hold: false })
  await first.stop()
  await cp(join(folder, 'postgres/data'), copy, { recursive: true })

  // Life goes on: whoever stops has noted how far the feed was.
  const second = await startParley(here)
  const again = second.stranger.as({ authorization: `Bearer ${owner.token}` })
  await again.call(createToken, { body: { name: 'Later', role: 'bot' } })
  await again.call(createMember, {
    body: { name: 'Max', email: 'max@shop.example', password: 'correct horse battery', role: 'agent' },
  })
  expect(await again.call(getHold)).toMatchObject({ hold: false })
  await second.stop()

  // Other hands put the older copy back.
  const { uid, gid } = await stat(join(folder, 'postgres/data'))
  await rm(join(folder, 'postgres/data'), { recursive: true })
  await cp(copy, join(folder, 'postgres/data'), { recursive: true })
  execFileSync('chown', ['-R', `${uid}:${gid}`, join(folder, 'postgres/data')])
  await chmod(join(folder, 'postgres/data'), 0o700)
  const restored = await startParley(here)
  expect(restored.printed()).toContain('Nothing is sent until a member has decided')
  const held = restored.stranger.as({ authorization: `Bearer ${owner.token}` })
  expect(await held.call(getHold)).toMatchObject({ hold: true })
  expect(await lineage()).not.toBe(born)
  expect(await held.call(decideHold, { body: { decision: 'send' } })).toMatchObject({ hold: false })
  await restored.stop()

  const later = await startParley(here)
  expect(later.printed()).not.toContain('Nothing is sent')
  expect(await later.stop()).toBe(0)
}, 240_000)

test('rotate changes the key beside a running Parley, and what was sealed still opens', async () => {
  const running = await startParley(env)
  const key = join(env.PARLEY_DATA, 'key')
  const before = await readFile(key, 'utf8')
  const { code, out, error } = await parley(['rotate', '--data-keys'], env)
  expect({ code, error }).toEqual({ code: 0, error: '' })
  const old = /the old key, (.+?): move/.exec(out)![1]!
  expect(await readFile(old, 'utf8')).toBe(before)
  expect(await readFile(key, 'utf8')).not.toBe(before)
  expect((await readFile(key, 'utf8')).trim().split('\n')).toHaveLength(1)
  expect(await running.stop()).toBe(0)
  const again = await startParley(env)
  expect(await again.stop()).toBe(0)
  await writeFile(key, before, { mode: 0o600 })
  const wrong = await parley(['start'], env)
  expect(wrong.error).toMatch(/^The database holds secrets sealed with another key than that of .*\n$/)
}, 240_000)

async function lineageOf(dataDir: string): Promise<string> {
  const database = openDatabase({ url: (await attachEmbedded({ dataDir }))!.url, connections: 1 })
  try {
    const { rows } = await sql<{ id: string }>`select lineage::text as id from parley.program`.execute(
      database.plumbing,
    )
    return rows[0]!.id
  } finally {
    await database.close()
  }
}

function canMount(): boolean {
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/**
 * Keys are changed while people write: again and again, two at once, and killed in the middle. Nothing fails meanwhile; afterwards a fresh
 * process opens everything, each message is there once, and no earlier outer key opens what the present one wraps.
 * `PARLEY_ROTATIONS=40` turns longer, and `PARLEY_ROWS=100000` raw events are sealed anew at the end (`npm run secrets`).
 */
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql, type Kysely } from 'kysely'
import { afterAll, expect, test } from 'vitest'
import { createChannel, getChannel } from '#contract/calls/channels.ts'
import { listConversations, listMessages, sendMessage } from '#contract/calls/conversations.ts'
import type { ChannelId, ConversationId, WorkspaceId } from '#contract/ids.ts'
import { plain } from '#contract/message/content.ts'
import startTelegram from '#connectors/telegram/emulator.ts'
import { systemClock } from '#server/platform/clock.ts'
import { openDatabase } from '#server/platform/database.ts'
import { newId } from '#server/platform/new-id.ts'
import { attachEmbedded } from '#server/platform/postgres/embedded.ts'
import { databaseKeyStore } from '#server/platform/secrets/key-store.ts'
import { outerKeysOf } from '#server/platform/secrets/outer-key.ts'
import { openSecrets, type Secrets } from '#server/platform/secrets/secrets.ts'
import { isWrappedBy } from '#server/platform/secrets/wrap.ts'
import type { Tables } from '#server/platform/tables.ts'
import { randomOf } from '#tests/faults/random.ts'
import { clientOf, type Client } from '#tests/support/client.ts'
import { wholeNumberOf } from '#tests/support/command-line.ts'
import { parley, removeAfterwards, setUp, startParley } from '#tests/support/parley-command.ts'
import { until } from '#tests/support/parts.ts'

const ROTATIONS = wholeNumberOf('PARLEY_ROTATIONS', 4, { least: 1 })
/** Unless they are asked for, none. */
const ROWS = wholeNumberOf('PARLEY_ROWS', 0, { least: 1 })
const SEED = wholeNumberOf('PARLEY_SEED', 1)
/** Over a long time no more than the network takes from one chat, one a second: what waits at the end would be waited for. */
const PAUSE_MS = ROTATIONS > 4 || ROWS > 0 ? 1_000 : 150

const telegram = await startTelegram()
afterAll(() => telegram.close())
const home = await mkdtemp(join(tmpdir(), 'parley-rotation-'))
removeAfterwards(home)
const env = { PARLEY_DATA: home, PARLEY_PRIVATE_HOSTS: new URL(telegram.url).host }
const phone = telegram.phone('Ann')

test(
  `keys change ${ROTATIONS} times under load`,
  async () => {
    const running = await startParley(env)
    const owner = await setUp(running.url, env)
    const settings = { ...telegram.settings, receive: 'polling' }
    const channel = await owner.call(createChannel, { body: { connector: 'telegram', name: 'Shop', settings } })
    await phone.say(plain('in 0'))
    const { id } = await until(async () => (await owner.call(listConversations, { query: {} })).items[0], 30_000)

    const load = traffic(owner, id)
    const ways = await rotateAgainAndAgain()
    if (ROWS > 0) ways.push(await sealAnew(channel.id))
    const { said, files, failed } = await load.end()
    expect(failed).toEqual([])
    expect(await running.stop()).toBe(0)

    // What is in memory proves nothing.
    const again = await startParley(env)
    const fresh = clientOf(again.url, { authorization: `Bearer ${owner.token}` })
    await phone.say(plain('the last one'))
    await until(async () => (await textsIn(fresh, id)).has('the last one'), 60_000)
    await expect
      .poll(async () => (await textsIn(fresh, id)).size, { timeout: 60_000, interval: 500 })
      .toBe(2 * said + 2)
    expect([...(await textsIn(fresh, id)).values()].filter((times) => times !== 1)).toEqual([])
    await expect.poll(() => ours().length, { timeout: 60_000 }).toBe(said)
    expect(new Set(ours()).size).toBe(said)
    for (const [file, hash] of files) expect(await hashOf(fresh, file)).toBe(hash)
    expect((await fresh.call(getChannel, { params: { id: channel.id } })).state).toBe('ready')

    const { events, versions } = await everythingOpens()
    console.log(
      `${ways.join(', ')} (seed ${SEED}): ${2 * said + 2} messages, ${files.size} files, ${events} raw events and the channel open under ${versions} data keys; 0 failed calls`,
    )
    expect(await again.stop()).toBe(0)
  },
  // Nothing is sealed anew before two minutes after the key was made.
  120_000 + ROTATIONS * 60_000 + (ROWS > 0 ? 180_000 : 0),
)

/** People write, colleagues answer, files go up and down, until it is ended. */
function traffic(owner: Client, id: ConversationId) {
  const files = new Map<string, string>()
  const failed: string[] = []
  let said = 0
  let isOver = false
  const run = async () => {
    while (!isOver) {
      try {
        const number = said + 1
        await phone.say(plain(`in ${number}`))
        await owner.call(sendMessage, { params: { id }, body: { text: `out ${number}` } })
        said = number
        const bytes = randomBytes(3_000)
        files.set(await owner.upload(`${number}.bin`, 'application/octet-stream', bytes), sha(bytes))
        const [file, hash] = [...files][Math.floor(files.size / 2)]!
        if ((await hashOf(owner, file)) !== hash) failed.push(`file ${file} is another`)
      } catch (error) {
        failed.push(String(error))
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
  }
  const ended = run()
  return {
    end: async () => {
      isOver = true
      await ended
      return { said, files, failed }
    },
  }
}

async function rotateAgainAndAgain(): Promise<string[]> {
  const random = randomOf(SEED)
  const done = { whole: 0, 'two at once': 0, killed: 0 }
  let lastMs = 2_000
  const whole = async (...args: string[]) => {
    const began = performance.now()
    const { code, error } = await parley(['rotate', ...args], env)
    expect({ code, error }).toEqual({ code: 0, error: '' })
    lastMs = performance.now() - began
  }
  for (let turn = 0; turn < ROTATIONS; turn++) {
    // The last one is whole: only then is the old key forgotten.
    const way = turn === ROTATIONS - 1 ? 'whole' : (['whole', 'killed', 'two at once', 'killed'] as const)[turn % 4]!
    done[way]++
    if (way === 'killed')
      await parley(['rotate', '--data-keys'], env, { killAfterMs: random.between(lastMs / 3, lastMs) })
    else if (way === 'two at once') await Promise.all([whole(), whole('--data-keys')])
    else await whole(...(turn % 2 === 0 ? ['--data-keys'] : []))
  }
  return Object.entries(done).map(([way, times]) => `${times} ${way}`)
}

/** New data keys, and what is stored is sealed with them: so many raw events, while people go on writing. @returns how long it took */
async function sealAnew(channel: ChannelId): Promise<string> {
  await behind(async (owner, secrets) => {
    const [row] = await owner.selectFrom('workspace_directory').select('workspace_id').execute()
    const workspace = row!.workspace_id as WorkspaceId
    for (let left = ROWS; left > 0; left -= 2_000) {
      const sealer = await secrets.of(workspace)
      const ids = Array.from({ length: Math.min(left, 2_000) }, () => newId())
      const bodies = ids.map((id) => sealer.seal(randomBytes(400), { table: 'inbound', column: 'body', row: id }))
      await sql`insert into inbound (workspace_id, id, channel_id, body)
                select ${workspace}, i, ${channel}, b from unnest(${ids}::uuid[], ${bodies}::bytea[]) as n (i, b)`.execute(
        owner,
      )
    }
  })
  const { code, out, error } = await parley(['rotate', '--data-keys', '--stored'], env)
  expect({ code, error }).toEqual({ code: 0, error: '' })
  const [, sealed = '0'] = /([\d,]+) of [\d,]+ stored values were sealed anew/.exec(out)!
  expect(Number(sealed.replaceAll(',', ''))).toBeGreaterThanOrEqual(ROWS)
  await behind(async (owner) => {
    const { rows } = await sql<{ old: number }>`
      select count(*)::int as old from inbound where substring(body from 2 for 4) <> int4send((select max(version)::int from data_key where workspace_id = inbound.workspace_id))
         and received_at < now() - interval '5 minutes'`.execute(owner)
    expect(rows[0]!.old).toBe(0)
  })
  return `${sealed} values sealed anew`
}

/** Every raw event opens with the key at hand, and no earlier outer key has wrapped a data key that is there. */
async function everythingOpens(): Promise<{ events: number; versions: number }> {
  return behind(async (owner, secrets) => {
    const rows = await owner.selectFrom('inbound').select(['id', 'workspace_id', 'body']).execute()
    for (const { id, workspace_id: workspace, body } of rows)
      (await secrets.of(workspace as WorkspaceId)).open(body, { table: 'inbound', column: 'body', row: id })

    const wrapped = await owner.selectFrom('data_key').select('wrapped').execute()
    const names = (await readdir(home)).filter((name) => name.startsWith('key.before-'))
    const present = await readFile(join(home, 'key'), 'utf8')
    expect(names.length).toBeGreaterThanOrEqual(ROTATIONS / 2)
    expect(present.trim().split('\n')).toHaveLength(1)
    for (const name of names) {
      const lines = (await readFile(join(home, name), 'utf8')).trim().split('\n')
      const { all } = outerKeysOf(
        lines.map((line) => Buffer.from(line, 'base64')),
        name,
      )
      expect(lines).not.toContain(present.trim())
      expect(wrapped.filter((row) => all.some((key) => isWrappedBy(key, row.wrapped)))).toEqual([])
    }
    return { events: rows.length, versions: wrapped.length }
  })
}

/** As the owner of the database, with the key at hand. */
async function behind<T>(work: (owner: Kysely<Tables>, secrets: Secrets) => Promise<T>): Promise<T> {
  const attached = (await attachEmbedded({ dataDir: home }))!
  // One connection, which keeps where it looks.
  const database = openDatabase({ url: attached.url, connections: 1 })
  try {
    await sql`set search_path = parley`.execute(database.plumbing)
    const store = databaseKeyStore(database)
    return await work(database.plumbing, await openSecrets({ dataDir: home, key: null, store, clock: systemClock() }))
  } finally {
    await database.close()
  }
}

/** How often each text stands in the conversation. */
async function textsIn(owner: Client, id: ConversationId): Promise<Map<string, number>> {
  const times = new Map<string, number>()
  let cursor: string | undefined
  do {
    const page = await owner.call(listMessages, { params: { id }, query: cursor ? { cursor } : {} })
    for (const { content } of page.items) {
      const [part] = content.parts
      if (part?.kind === 'text') times.set(part.text, (times.get(part.text) ?? 0) + 1)
    }
    cursor = page.next ?? undefined
  } while (cursor)
  return times
}

const ours = (): string[] =>
  phone
    .sees()
    .filter(({ from }) => from === 'us')
    .flatMap(({ content: { parts } }) => (parts[0]?.kind === 'text' ? parts[0].text : []))

const sha = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

async function hashOf(owner: Client, file: string): Promise<string> {
  const response = await owner.ask('GET', `/api/files/${file}`)
  const bytes = Buffer.from(await response.arrayBuffer())
  if (!response.ok) throw new Error(`a file was answered with ${response.status}`)
  return sha(bytes)
}

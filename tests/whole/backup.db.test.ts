/** The restore drill: what a backup of a running Parley holds, what a thief finds in it, and what a restored Parley does not do. */
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createChannel } from '#contract/calls/channels.ts'
import { decideHold, getHold, listConversations, sendMessage } from '#contract/calls/conversations.ts'
import type { WorkspaceId } from '#contract/ids.ts'
import { plain } from '#contract/message/content.ts'
import startTelegram from '#connectors/telegram/emulator.ts'
import { recordIncoming } from '#server/conversations/record.ts'
import { rowEntries } from '#server/platform/backup/rows.ts'
import { whole } from '#server/platform/backup/tar.ts'
import { openDatabase } from '#server/platform/database.ts'
import { attachEmbedded } from '#server/platform/postgres/embedded.ts'
import { parley, removeAfterwards, setUp, startParley, type Ran, type Running } from '#tests/support/parley-command.ts'
import { until } from '#tests/support/parts.ts'
import { aChannel, said, told } from '#tests/support/world.ts'

const PLANTED = 1_000
const telegram = await startTelegram()
afterAll(() => telegram.close())
const home = await mkdtemp(join(tmpdir(), 'parley-drill-'))
removeAfterwards(home)
const envOf = (folder: string) => ({
  PARLEY_DATA: join(home, folder),
  PARLEY_PRIVATE_HOSTS: new URL(telegram.url).host,
})
const here = envOf('here')
const base = join(home, 'base.backup')
const rows = join(home, 'rows.backup')
const key = join(home, 'here/key')
const phone = telegram.phone('Ann')
const ours = () => phone.sees().filter(({ from }) => from === 'us').length
let before: Map<string, string[]>
const backups: Ran[] = []

beforeAll(async () => {
  const running = await startParley(here)
  const owner = await setUp(running.url, here)
  await owner.call(createChannel, {
    body: { connector: 'telegram', name: 'Shop', settings: { ...telegram.settings, receive: 'polling' } },
  })
  await phone.say(plain('Hello'))
  const conversation = await until(async () => (await owner.call(listConversations, { query: {} })).items[0], 20_000)
  await plantTexts(here.PARLEY_DATA)
  await owner.upload('price.txt', 'text/plain', Buffer.from('a file of the shop'))

  // queued while the backup is taken, and sent afterwards: the copy does not know
  await owner.call(sendMessage, {
    params: { id: conversation.id },
    body: { text: 'Only once, please', sendAt: new Date(Date.now() + 3_600_000).toISOString() },
  })
  before = await contentOf(here.PARLEY_DATA)
  for (const args of [[base], [rows, '--logical']]) backups.push(await parley(['backup', ...args], here))
  await asOwner(here.PARLEY_DATA, 'update parley.delivery_work set ready_at = now()')
  await until(() => ours() === 1, 20_000)
  await running.stop()
}, 180_000)

test('a folder is made where it is missing, and holds one file for each backup', async () => {
  const { code } = await parley(['backup', join(home, 'new/folder')], here)
  expect(code).toBe(0)
  expect(await readdir(join(home, 'new/folder'))).toEqual([expect.stringMatching(/^parley-.*\.backup$/)])
})

test('where there is no Parley nothing is begun, and the folder that was looked at is named', async () => {
  const nowhere = { PARLEY_DATA: join(home, 'nowhere') }
  const { code, error } = await parley(['backup', join(home, 'nobody/here')], nowhere)
  expect(code).toBe(1)
  expect(error).toContain(`There is no Parley in ${nowhere.PARLEY_DATA}.`)
  expect(existsSync(nowhere.PARLEY_DATA)).toBe(false)
  expect(existsSync(join(home, 'nobody'))).toBe(false)
})

test('it says where the key is, and asks for a second copy', () => {
  for (const { code, out, error } of backups) {
    expect({ code, error }).toEqual({ code: 0, error: '' })
    expect(out).toContain('Keep a second copy of that key')
    expect(out).toContain(key)
  }
})

describe.each([
  ['a copy of the server', base],
  ['a copy of the rows', rows],
])('%s', (_, file) => {
  const folder = `there-${file.slice(-11, -7)}`
  const there = envOf(folder)
  let running: Running

  test('holds none of a thousand texts, no file, no token that a thief could read', async () => {
    const bytes = await readFile(file)
    const found = Array.from({ length: PLANTED }, (_, n) => `planted ${n} text`).filter((text) => bytes.includes(text))
    expect(found).toEqual([])
    const words = ['a file of the shop', 'olga@shop.example', 'Only once', telegram.settings.token as string]
    expect(words.filter((word) => bytes.includes(word))).toEqual([])
    expect(bytes.includes(await readFile(key, 'utf8'))).toBe(false)
  })

  test('without the key nothing is restored, and nothing is left behind', async () => {
    const missing = await parley(['restore', file], there)
    expect(missing).toMatchObject({ code: 1, out: '' })
    expect(missing.error).toMatch(/^\S+ is sealed, and its key is not here: .*--key FILE.*\n$/)
    const other = join(home, 'other-key')
    await writeFile(other, `${Buffer.alloc(32, 7).toString('base64')}\n`, { mode: 0o600 })
    const wrong = await parley(['restore', file, '--key', other], there)
    expect(wrong.error).toMatch(/^\S+ was sealed with a key that is not here: .*\n$/)
    await writeFile(other, 'no key at all\n', { mode: 0o600 })
    const none = await parley(['restore', file, '--key', other], there)
    expect(none.error).toBe(`The key file ${other} is damaged: put back the copy that was kept of it.\n`)
  })

  test('one changed byte, or a missing end, is told in one line', async () => {
    const bytes = await readFile(file)
    const changed = Buffer.from(bytes)
    changed[bytes.length >> 1]! ^= 1
    for (const broken of [changed, bytes.subarray(0, bytes.length - 20)]) {
      const path = join(home, 'broken.backup')
      await writeFile(path, broken)
      const { code, error } = await parley(['restore', path, '--key', key], there)
      expect(error).toMatch(/^\S+ is damaged: it was (changed|cut short).*\n$/)
      expect(code).toBe(1)
    }
  }, 60_000)

  test('brings everything back, in hold, and says how much waits', async () => {
    const { code, out, error } = await parley(['restore', file, '--key', key], there)
    expect(error).toBe('')
    expect(code).toBe(0)
    expect(out).toMatch(/In hold: 1 queued, newest from (today|yesterday) \d\d:\d\d\./)
    running = await startParley(there)
    const after = await contentOf(there.PARLEY_DATA)
    expect([...after.keys()]).toEqual([...before.keys()])
    const changed = [...before].filter(([table, lines]) => JSON.stringify(after.get(table)) !== JSON.stringify(lines))
    expect(changed.map(([table]) => table)).toEqual([])
    const again = await parley(['restore', file, '--key', key], there)
    expect(again.error).toMatch(/^The data folder .* is not empty: .*\n$/)
  }, 120_000)

  test('what was queued then does not leave by itself; a member’s word lets it go', async () => {
    const owner = await signedIn(running)
    const sentBefore = ours()
    await asOwner(there.PARLEY_DATA, `update parley.delivery_work set ready_at = now() - interval '1 hour'`)
    await new Promise((resolve) => setTimeout(resolve, 4_000))
    expect(ours()).toBe(sentBefore)
    expect(await owner.call(getHold)).toMatchObject({ hold: true, queued: 1 })
    await owner.call(decideHold, { body: { decision: 'send' } })
    await until(() => ours() === sentBefore + 1, 20_000)
    expect(await running.stop()).toBe(0)
  }, 120_000)
})

// ----------------------------------------------------------------

async function signedIn(running: Running) {
  const response = await running.stranger.ask('POST', '/api/session', {
    body: { email: 'olga@shop.example', password: 'correct horse battery' },
  })
  const cookie = response.headers.getSetCookie()[0]!.split(';')[0]!
  return running.stranger.as({ cookie, origin: running.url })
}

async function urlOf(dataDir: string): Promise<string> {
  return (await attachEmbedded({ dataDir }))!.url
}

async function asOwner(dataDir: string, text: string) {
  const database = openDatabase({ url: await urlOf(dataDir), connections: 1 })
  try {
    return await sql.raw(text).execute(database.plumbing)
  } finally {
    await database.close()
  }
}

async function plantTexts(dataDir: string): Promise<void> {
  const url = new URL(await urlOf(dataDir))
  url.searchParams.set('options', '-c search_path=parley')
  const database = openDatabase({ url: url.href, connections: 1 })
  try {
    const { rows: found } = await sql<{ id: WorkspaceId }>`select workspace_id as id from workspace_directory`.execute(
      database.plumbing,
    )
    const workspace = found[0]!.id
    const channel = await aChannel(database, workspace)
    for (let from = 0; from < PLANTED; from += 100)
      await database.inWorkspace(workspace, (tx) =>
        recordIncoming(
          tx,
          workspace,
          Array.from({ length: 100 }, (_, n) =>
            told(channel, [said(`${from + n}`, `planted ${from + n} text`, { by: `person ${n}` })]),
          ),
        ),
      )
  } finally {
    await database.close()
  }
}

/** Every row of every table that a backup keeps, but what restoring is meant to change and what a running Parley turns over. */
async function contentOf(dataDir: string): Promise<Map<string, string[]>> {
  const content = new Map<string, string[]>()
  const without = [
    'inbound_work',
    'channel_cursor',
    'channel_pace',
    'conversation_input',
    'delivery_work',
    'channel',
    'session',
    // made from messages, and still being made
    'message_words',
  ]
  for await (const entry of rowEntries(await urlOf(dataDir), { without })) {
    const table = /-(\w+)\.jsonl$/.exec(entry.name)![1]!
    const lines = (await whole(entry.body)).toString().trimEnd().split('\n')
    const rows_ = lines.map((line) => {
      const { hold: _, version, used_at: __, ...row } = JSON.parse(line) as Record<string, unknown>
      return JSON.stringify(table === 'channel_directory' ? row : { ...row, version })
    })
    content.set(table, [...(content.get(table) ?? []), ...rows_].toSorted())
  }
  return content
}

/** Recording, at emulators: what passed becomes goldens that hold, and nothing in them is real. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { plain } from '#contract/message/content.ts'
import startMail from '#connectors/email-imap/emulator.ts'
import mail from '#connectors/email-imap/email-imap.ts'
import startTelegram from '#connectors/telegram/emulator.ts'
import telegram from '#connectors/telegram/telegram.ts'
import { runIncoming, runOutgoing } from '../conformance/golden-run.ts'
import { readGoldens } from '../conformance/read-goldens.ts'
import type { Connector } from '../connector.ts'
import type { Emulator } from '../emulator/emulator.ts'
import { record } from './record.ts'

const endings: (() => unknown)[] = []
afterEach(async () => {
  for (const end of endings.splice(0)) await end()
})

const ROADS = [
  { road: 'webhooks', connector: telegram as Connector, start: startTelegram, way: 'webhook' },
  { road: 'polling', connector: telegram as Connector, start: startTelegram, way: 'polling' },
  { road: 'a line', connector: mail as Connector, start: startMail, way: 'line' },
] as const

test.each(ROADS)('over $road: what was heard and what was sent are goldens that hold', async (given) => {
  const { emulator, testdata, cases } = await recorded(given)
  expect(cases.left).toEqual([])
  const { account, incoming, outgoing } = readGoldens(testdata)
  expect(incoming.filter(({ label }) => label.endsWith(': message')).length).toBeGreaterThanOrEqual(2)
  expect(outgoing.filter(({ label }) => label.endsWith(': message'))).toHaveLength(1)
  for (const golden of incoming)
    expect({ ...golden, ...(await runIncoming(given.connector, account, golden)) }).toEqual(golden)
  for (const golden of outgoing)
    expect({ ...golden, ...(await runOutgoing(given.connector, account, golden)) }).toEqual(golden)
  expect(JSON.stringify(incoming)).toContain('Is the blue one in stock?')
  expect(emulator.log.length).toBeGreaterThan(0)
})

test.each(ROADS)('over $road: no secret and nobody’s name is in them', async (given) => {
  const { emulator, testdata } = await recorded(given)
  const texts = await Promise.all(
    ['incoming.json', 'outgoing.json'].map((name) => readFile(new URL(name, testdata), 'utf8')),
  )
  const secrets = Object.entries(emulator.settings as object).flatMap(([name, value]) =>
    /token|password|user|apiUrl/.test(name) && typeof value === 'string' ? [value] : [],
  )
  expect(secrets.length).toBeGreaterThan(0)
  for (const real of [...secrets, 'Zebulon', 'Quackenbush']) expect(texts.join('\n')).not.toContain(real)
  expect(texts.join('\n')).toContain('Lee')
})

test('a case that still holds somebody’s name is left out and said so', async () => {
  const hidden = Buffer.from('ask Zebulon Quackenbush about it').toString('base64')
  const { cases } = await recorded({ ...ROADS[0], words: hidden })
  expect(cases.left).toHaveLength(1)
  expect(cases.left[0]).toMatch(/a real name, address or secret is still in it/)
})

// ---------------------------------------------------------------- what these promises are told with

async function recorded({
  connector,
  start,
  way,
  words = 'Is the blue one in stock?',
}: Pick<(typeof ROADS)[number], 'connector' | 'start' | 'way'> & { words?: string }) {
  const emulator: Emulator = await start()
  endings.push(() => emulator.close())
  const folder = await mkdtemp(join(tmpdir(), 'record-'))
  endings.push(() => rm(folder, { recursive: true }))
  const testdata = pathToFileURL(`${folder}/`)
  const real = new URL(
    `../../connectors/${way === 'line' ? 'email-imap' : 'telegram'}/testdata/account.json`,
    import.meta.url,
  )
  await writeFile(new URL('account.json', testdata), await readFile(real))
  const stop = new AbortController()
  const said: string[] = []
  const signedIn = Promise.withResolvers<void>()
  const heard = async () => {
    await signedIn.promise
    const phone = emulator.phone('Zebulon Quackenbush')
    await phone.start()
    await phone.say(plain('Hello'))
    await phone.say(plain(words))
    return phone
  }
  async function* lines() {
    const phone = await heard()
    // What a person types comes a while after what he has read.
    await new Promise((resolve) => setTimeout(resolve, 700))
    yield 'Yes, two are left.'
    while (!phone.sees().some(({ from }) => from === 'us')) await new Promise((resolve) => setTimeout(resolve, 20))
    stop.abort()
  }
  const cases = await record({
    connector,
    testdata,
    settings: emulator.settings,
    way,
    lines: lines(),
    signal: stop.signal,
    say: (line) => {
      said.push(line)
      signedIn.resolve()
    },
  })
  return { emulator, testdata, cases, said }
}

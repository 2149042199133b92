/** The worst moments, one by one: what was thanked for is there, what was not comes again, and nothing is there twice. */
import pg from 'pg'
import { afterAll, expect, test } from 'vitest'
import { aFolder, until } from '#tests/support/parts.ts'
import { SIGNATURE, signatureOf, type Told } from './connectors/network.ts'
import { openWorld } from './world.ts'

const world = await openWorld({ folder: await aFolder(), seed: 1, smallDisk: false })
afterAll(() => world.close(), 60_000)
const { hook } = world.platform.journals.find(({ account }) => account === 'honest')!
const [north, south] = world.hooks() as [string, string]

test('a node that is killed between the row and its answer: the platform comes again, and it is one message', async () => {
  const moment = world.nodes.north.dieAt('journaled, not answered', 30_000)
  // What comes before it has read that it shall die is answered.
  let told = saying('killed-0')
  for (let n = 1; (await hear(north, told)) === 200; n++) told = saying(`killed-${n}`)
  expect(await moment).toBe(true)
  expect(await journaled(told)).toBe(1)
  expect(await hear(south, told)).toBe(200)
  await world.nodes.north.start()
  expect(await hear(north, told)).toBe(200)
  expect(await messagesOf(`${told.chat} `, 1)).toEqual([told.text])
}, 240_000)

test('PostgreSQL stops at once under a hundred webhooks: each is thanked or asked to come again, and all are there once', async () => {
  const heard: number[] = []
  let thanked = 0
  const all = Array.from({ length: 100 }, (_, n) => saying(`crowd-${n}`))
  const saidBy = async (told: Told, n: number) => {
    for (let tries = 0; ; tries++) {
      const status = await hear((n + tries) % 2 ? north : south, told)
      heard.push(status)
      if (status === 200) return void thanked++
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  // Half of them begin in the very moment in which it goes.
  const goes = until(() => thanked >= 20, 60_000)
  const speaking = all.map(async (told, n) => {
    if (n >= 50) await goes
    await saidBy(told, n)
  })
  await goes
  await Promise.all([world.crashDatabase(), ...speaking])
  expect(heard.filter((status) => status !== 200 && status !== 503)).toEqual([])
  expect(heard).toContain(503)
  expect((await messagesOf('crowd-', 100)).toSorted()).toEqual(all.map(({ text }) => text).toSorted())
}, 240_000)

// ---------------------------------------------------------------- what these promises are told with

const saying = (chat: string): Told => ({
  key: `${chat} 1`,
  chat,
  at: Date.now(),
  id: '1',
  is: 'said',
  n: 1,
  text: `${chat} 1`,
})

/** @returns its status; 0: no answer */
async function hear(node: string, told: Told): Promise<number> {
  const body = JSON.stringify(told)
  const headers = { 'content-type': 'application/json', [SIGNATURE]: signatureOf(body, hook!.secret) }
  return fetch(`${node}${hook!.path}`, { method: 'POST', headers, body }).then(
    async (answer) => (await answer.body?.cancel(), answer.status),
    () => 0,
  )
}

async function rows<Row extends pg.QueryResultRow>(question: string, values: unknown[]): Promise<Row[]> {
  const client = new pg.Client({ connectionString: world.ownerUrl, options: '-c search_path=parley' })
  await client.connect()
  try {
    return (await client.query<Row>(question, values)).rows
  } finally {
    await client.end()
  }
}

const journaled = async ({ key }: Told) =>
  (await rows('select 1 from inbound_seen where event_hash = sha256($1)', [Buffer.from(key)])).length

/** Waits for so many, and a moment longer for one too many. */
async function messagesOf(chats: string, count: number): Promise<string[]> {
  const texts = async () =>
    (
      await rows<{ text: string }>(
        `select content #>> '{parts,0,text}' as text from message
          where direction = 'in' and starts_with(content #>> '{parts,0,text}', $1)`,
        [chats],
      )
    ).map(({ text }) => text)
  await until(async () => (await texts()).length >= count && (await nothingWaits()), 60_000)
  return texts()
}

const nothingWaits = async () =>
  (await rows<{ n: number }>('select count(*)::int as n from inbound_work where state = 0', []))[0]!.n === 0

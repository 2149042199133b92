import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { setTimeout as delay } from 'node:timers/promises'
import type { Reply } from '#connector-kit/connector.ts'
import { aDatabase } from '#tests/support/database.ts'
import { until } from '#tests/support/parts.ts'
import { aShop, ok, uploading } from '#tests/support/shop.ts'

const { database, ownerUrl } = await aDatabase()

/** A message that was sent, and answered while somebody holds its delivery: the answer cannot be written down. */
async function answeredInVain() {
  const { own, ask, states, workspace } = await aShop(database)
  let answer = (_: Reply) => {}
  const owner = own(() => new Promise((resolve) => (answer = resolve)))
  await ask('hello')
  await until(async () => (await states())[0] === 'sending')
  const other = new pg.Client(ownerUrl)
  await other.connect()
  onTestFinished(() => other.end())
  await other.query('begin')
  await other.query(`select 1 from parley.delivery where workspace_id = '${workspace}' for update`)
  answer(ok)
  return { owner, states, letGo: () => other.query('commit') }
}

test('what was answered is written down before the channel goes to its next owner', async () => {
  const { owner, states, letGo } = await answeredInVain()
  let isGone = false
  const going = owner.handOver().then(() => (isGone = true))
  await delay(300)
  expect(isGone).toBe(false)

  await letGo()
  await going
  expect(await states()).toEqual(['sent'])
})

test('what was answered is written down afterwards where the database is away for longer than a hand-over waits', async () => {
  const { owner, states, letGo } = await answeredInVain()
  await owner.handOver()
  expect(await states()).toEqual(['sending'])
  await letGo()
  await until(async () => (await states())[0] === 'sent')
})

test('a message whose file was going up when its owner died goes out: nothing of it had left', async () => {
  const { own, ask, states, channel } = await aShop(database)
  channel.connector = uploading
  let begun = 0
  const dead = own(() => new Promise(() => begun++))
  await ask('hello')
  await until(() => begun === 1)
  dead.vanish()
  own(() => Promise.resolve(ok))
  await until(async () => (await states())[0] !== 'queued')
  expect(await states()).toEqual(['sent'])
})

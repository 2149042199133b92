import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { WireBroken } from '#connector-kit/perform.ts'
import { SendError } from '#connector-kit/send-error.ts'
import { retireChannel } from '#server/channels/channels.sql.ts'
import { aDatabase } from '#tests/support/database.ts'
import { until } from '#tests/support/parts.ts'
import { aShop } from '#tests/support/shop.ts'
import { failExpired, failQueued, failRemoved } from './fail-waiting.ts'
import { settleOwnerless } from './orphans.ts'

const { database } = await aDatabase()

async function aRemovable(...[more]: Parameters<typeof aShop> extends [unknown, ...infer Rest] ? Rest : never) {
  const shop = await aShop(database, more)
  const { workspace, channel, select } = shop
  return {
    ...shop,
    remove: () =>
      database.inWorkspace(workspace, async (tx) => {
        await retireChannel(tx, workspace, channel.id, new Uint8Array())
        await failQueued(tx, workspace, channel.id)
      }),
    /** What the scheduler does about removed channels. */
    tend: async (most = 10) => [
      await database.inWorkspace(workspace, (tx) => settleOwnerless(tx, workspace, most)),
      await database.inWorkspace(workspace, (tx) => failRemoved(tx, workspace, most)),
    ],
    /** As if this were so long ago. */
    later: async () => {
      await sql`update delivery_work set dispatched_at = dispatched_at - interval '3 minutes' where workspace_id = ${workspace}`.execute(
        database.plumbing,
      )
      await database.inWorkspace(workspace, (tx) =>
        sql`update channel set removed_at = removed_at - interval '3 minutes' where workspace_id = ${workspace}`.execute(
          tx,
        ),
      )
    },
    ends: () =>
      select(
        sql<{ state: string; reason: string | null }>`
          select state, reason from delivery where workspace_id = ${workspace} order by id`,
      ),
  }
}

const REMOVED = { state: 'failed', reason: 'channel_removed' }
const UNCONFIRMED = { state: 'unconfirmed', reason: 'unconfirmed' }

test('a message that was said just as its channel was removed fails, and so does one that a member holds', async () => {
  const { ask, remove, tend, ends, workspace } = await aRemovable()
  await ask('held')
  await sql`update delivery_work set state = 3 where workspace_id = ${workspace}`.execute(database.plumbing)
  await remove()
  await ask('too late')
  await tend()
  expect(await ends()).toEqual([REMOVED, REMOVED])
})

test('a send under way when its channel was removed fails once it comes back to be tried again', async () => {
  const { own, ask, remove, tend, ends, work } = await aRemovable()
  let refuse = (_: Error) => {}
  const owner = own(() => new Promise((_, reject) => (refuse = reject)))
  await ask('hello')
  await until(async () => (await work())[0]?.state === 1)
  await remove()
  await tend()
  expect((await work())[0]?.state).toBe(1)
  refuse(new SendError('throttled', { after: 1 }))
  await until(async () => (await work())[0]?.state === 0)
  await owner.handOver()
  await tend()
  expect(await ends()).toEqual([REMOVED])
})

test('what was marked by a process that died with its channel is unconfirmed, once no answer can come any more', async () => {
  const { own, ask, remove, tend, later, ends, work } = await aRemovable()
  own(() => new Promise(() => {}))
  await ask('hello')
  await until(async () => (await work())[0]?.state === 1)
  await remove()
  expect(await tend()).toEqual([0, 0])
  await later()
  await tend()
  expect([await ends(), await work()]).toEqual([[UNCONFIRMED], []])
})

test('what was claimed and had not left by then fails, likewise', async () => {
  const { own, ask, remove, tend, later, ends, work, workspace } = await aRemovable()
  own(() => new Promise(() => {}))
  await ask('hello')
  await until(async () => (await work())[0]?.state === 1)
  await sql`update delivery_work set dispatched_at = null where workspace_id = ${workspace}`.execute(database.plumbing)
  await remove()
  expect(await tend()).toEqual([0, 0])
  await later()
  await tend()
  expect([await ends(), await work()]).toEqual([[REMOVED], []])
})

test('what may have arrived and waits to be asked once more is unconfirmed when its channel is removed', async () => {
  const { own, ask, remove, tend, ends, work } = await aRemovable({ idempotency: { seconds: 3_600 } })
  const owner = own(() => Promise.reject(new WireBroken('cut', true)))
  await ask('hello')
  await until(async () => (await work())[0]?.waits === 1)
  await owner.handOver()
  await remove()
  await tend()
  expect(await ends()).toEqual([UNCONFIRMED])
})

test('many that wait for a removed channel, or too long, end portion by portion, the oldest first', async () => {
  const { ask, remove, tend, ends, workspace } = await aRemovable()
  for (const words of ['1', '2', '3']) await ask(words)
  await sql`update delivery_work set expires_at = now() - interval '1 day', expires_open = 0 where workspace_id = ${workspace}`.execute(
    database.plumbing,
  )
  expect(await database.inWorkspace(workspace, (tx) => failExpired(tx, workspace, 2))).toBe(2)
  expect((await ends()).map(({ state }) => state)).toEqual(['failed', 'failed', 'queued'])
  await remove()
  for (const words of ['4', '5', '6']) await ask(words)
  expect([await tend(2), await tend(2)]).toEqual([
    [0, 2],
    [0, 1],
  ])
  expect((await ends()).slice(2)).toEqual([REMOVED, REMOVED, REMOVED, REMOVED])
})

test('a channel that is still there keeps what waits for it', async () => {
  const { ask, tend, later, work } = await aRemovable()
  await ask('hello')
  await later()
  expect([await tend(), await work()]).toMatchObject([[0, 0], [{ state: 0 }]])
})

import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import type { FileId } from '#contract/ids.ts'
import { systemClock } from '#server/platform/clock.ts'
import { openFiles } from '#server/platform/files/files.ts'
import { makePartitions } from '#server/platform/partitions.ts'
import { aDatabase } from '#tests/support/database.ts'
import { aFolder, someSecrets } from '#tests/support/parts.ts'
import { aChannel, aWorkspace } from '#tests/support/world.ts'
import { dropMonths, giveUpParked, retain, sweepFiles } from './retention.ts'

const { database, asOwner } = await aDatabase()
const workspace = await aWorkspace(database)
const channel = await aChannel(database, workspace)

const partitions = async () =>
  (
    await asOwner<{ name: string }>(
      `select relname::text as name from pg_class where relnamespace = 'parley_parts'::regnamespace and relkind = 'r'`,
    )
  ).map(({ name }) => name)

test('months are there three ahead, and a default for clocks that are wrong', async () => {
  await makePartitions(database)
  const ahead = new Date()
  ahead.setUTCDate(1)
  ahead.setUTCMonth(ahead.getUTCMonth() + 3)
  const name = `${ahead.getUTCFullYear()}_${String(ahead.getUTCMonth() + 1).padStart(2, '0')}`
  const there = await partitions()
  for (const big of ['message', 'inbound', 'delivery', 'feed'])
    expect(there).toEqual(expect.arrayContaining([`${big}_${name}`, `${big}_default`]))
})

test('old months go; of messages only the emptied ones, of raw events only when none waits', async () => {
  for (const month of ['2020-01-01', '2020-02-01'])
    for (const big of ['message', 'inbound', 'delivery', 'feed']) {
      const bound = (moment: string) =>
        big === 'feed' ? `'${moment}'` : `parley.first_id_of('${moment}'::timestamptz)::text`
      const [{ from, to } = { from: '', to: '' }] = await asOwner<{ from: string; to: string }>(
        `select ${bound(month)} as from, ${bound(month === '2020-01-01' ? '2020-02-01' : '2020-03-01')} as to`,
      )
      await asOwner(
        `create table parley_parts.${big}_${month.slice(0, 7).replace('-', '_')} partition of parley.${big} for values from ('${from}') to ('${to}')`,
      )
    }
  await asOwner(
    `insert into parley.inbound (workspace_id, id, channel_id, body) values ('${workspace}', parley.first_id_of('2020-01-05'), '${channel.id}', '')`,
  )
  await asOwner(
    `insert into parley.inbound_work (workspace_id, channel_id, lane, inbound_id, state) values ('${workspace}', '${channel.id}', 1, parley.first_id_of('2020-01-05'), 2)`,
  )
  await asOwner(`insert into parley.delivery (workspace_id, id, message_id, conversation_id, identity_id, channel_id, op)
                 select '${workspace}', parley.first_id_of('2020-02-05'), i, i, i, i, 'message' from (select gen_random_uuid() as i) x`)

  const before = await partitions()
  const dropped = (await dropMonths(database)).toSorted()
  expect(dropped).toEqual([
    'delivery_2020_01',
    'feed_2020_01',
    'feed_2020_02',
    'inbound_2020_02',
    'message_2020_01',
    'message_2020_02',
  ])
  expect((await partitions()).toSorted()).toEqual(before.filter((name) => !dropped.includes(name)).toSorted())
})

test('keys and sessions go when their time is over, and not before', async () => {
  const count = async (table: string) =>
    (await asOwner<{ n: number }>(`select count(*)::int as n from parley.${table}`))[0]!.n
  for (const [age, key] of [
    ['31 days', 'old'],
    ['29 days', 'young'],
  ])
    await asOwner(
      `insert into parley.inbound_seen (workspace_id, channel_id, event_hash, seen_at) values ('${workspace}', '${channel.id}', '${key}', now() - interval '${age}')`,
    )
  for (const [age, key] of [
    ['49 hours', 'old'],
    ['47 hours', 'young'],
  ])
    await asOwner(
      `insert into parley.idempotency (workspace_id, actor_id, key, request_hash, status, body, at) values ('${workspace}', '${workspace}', '${key}', '', 200, '', now() - interval '${age}')`,
    )
  expect(await retain(database, [workspace])).toEqual({ 'event keys': 1, 'idempotency keys': 1 })
  expect([await count('inbound_seen'), await count('idempotency')]).toEqual([1, 1])
  expect(await retain(database, [workspace])).toEqual({})
})

test('an event that waited a day for its message is read once more, for the last time', async () => {
  for (const [age, pos] of [
    ['25 hours', 1],
    ['23 hours', 2],
  ])
    await asOwner(`insert into parley.inbound_work (workspace_id, pos, channel_id, lane, inbound_id, state, parked_on, changed_at)
                   overriding system value values ('${workspace}', 9000 + ${pos}, '${channel.id}', 1, gen_random_uuid(), 1, 'x', now() - interval '${age}')`)
  expect(await giveUpParked(database)).toBe(1)
  expect(
    await asOwner(`select pos::int, state, error_code as code from parley.inbound_work where pos > 9000 order by pos`),
  ).toEqual([
    { pos: 9001, state: 0, code: 'no_target' },
    { pos: 9002, state: 1, code: null },
  ])
})

test('an upload that no message names is gone after a day, bytes and row; one that is named stays', async () => {
  const dataDir = await aFolder()
  const dayAgo = { ...systemClock(), now: () => new Date(Date.now() - 25 * 3_600_000) }
  const secrets = await someSecrets(database)
  const put = async (clock: typeof dayAgo, held: boolean) => {
    const files = openFiles({ files: null, dataDir, secrets, clock })
    const { id, bytes, sha256 } = await files.put(workspace, Readable.from([Buffer.from('words')]), { maxBytes: 100 })
    await database.inWorkspace(workspace, (tx) =>
      sql`insert into file (workspace_id, id, type, bytes, sha256, held, created_at)
          values (${workspace}, ${id}, 'text/plain', ${bytes}, ${sha256}, ${held}, ${clock.now()})`.execute(tx),
    )
    return id
  }
  const loose = await put(dayAgo, false)
  const named = await put(dayAgo, true)
  const fresh = await put(systemClock(), false)

  const files = openFiles({ files: null, dataDir, secrets, clock: systemClock() })
  expect(await sweepFiles(database, files, [workspace])).toBe(1)
  const onDisk = (await readdir(join(dataDir, 'files'), { recursive: true })).map((path) => path.split('/').at(-1))
  expect(onDisk).toEqual(expect.arrayContaining<string | FileId>([named, fresh]))
  expect(onDisk).not.toContain(loose)
})

import { sql } from 'kysely'
import { expect, test } from 'vitest'
import type { ChannelId } from '#contract/ids.ts'
import { statementsSent } from '#server/platform/connection.ts'
import { inProcessHints } from '#server/platform/hints.ts'
import { newId } from '#server/platform/new-id.ts'
import { aDatabase } from '#tests/support/database.ts'
import { aChannel, aWorkspace } from '#tests/support/world.ts'
import { liveChannels } from './live.ts'

const { database } = await aDatabase()
const connectors = new Map([['pigeon', { connector: { abilities: {} } }]])
const secrets = { of: async () => ({ openSettings: () => ({}), openHookSecret: () => '' }) }

test('a channel that is not there is asked for once a second, and is there as soon as it is told', async () => {
  const hints = inProcessHints()
  const channels = liveChannels({ database, hints, connectors, secrets } as unknown as Parameters<
    typeof liveChannels
  >[0])
  const workspace = await aWorkspace(database)
  const { id } = await aChannel(database, workspace)
  const removed = (at: string) =>
    database.inWorkspace(workspace, (tx) =>
      sql`update channel set removed_at = ${sql.raw(at)} where workspace_id = ${workspace} and id = ${id}`.execute(tx),
    )
  await removed('now()')
  expect(await channels.get(id)).toBeNull()
  const before = statementsSent()
  for (let turn = 0; turn < 100; turn++) expect(await channels.get(id)).toBeNull()
  expect(statementsSent()).toBe(before)

  await removed('null')
  hints.tell('channels', id)
  expect(await channels.get(id)).toMatchObject({ id })
})

test('of names that nobody has some are remembered, however many are asked for', async () => {
  const channels = liveChannels({ database, hints: inProcessHints(), connectors, secrets } as unknown as Parameters<
    typeof liveChannels
  >[0])
  const [first, last] = [newId<ChannelId>(), newId<ChannelId>()]
  const asks = async (id: ChannelId) => {
    const before = statementsSent()
    expect(await channels.get(id)).toBeNull()
    return statementsSent() - before
  }
  await asks(first)
  await Promise.all(Array.from({ length: 1_000 }, () => channels.get(newId<ChannelId>())))
  await asks(last)
  expect([await asks(first), await asks(last)]).toEqual([1, 0])
})

import { expect, test } from 'vitest'
import { aDatabase } from '#tests/support/database.ts'
import { until } from '#tests/support/parts.ts'
import { aWorkspace } from '#tests/support/world.ts'
import type { FeedCursor } from './cursor.ts'
import { announce } from './feed.ts'
import { endOfFeed, rowsBehind } from './feed.sql.ts'

const { database } = await aDatabase()
const workspace = await aWorkspace(database)

/** Positions and transactions pass ten, a hundred, a thousand: as texts they would stand in another order. */
test('whoever reads in portions gets each event once, in the order in which they were told', async () => {
  let cursor: FeedCursor = await database.inWorkspace(workspace, endOfFeed)
  const told: string[] = []
  for (const many of [8, 4, 90, 1, 900, 12, 1]) {
    const subjects = Array.from({ length: many }, () => crypto.randomUUID())
    await database.inWorkspace(workspace, (tx) =>
      announce(
        tx,
        workspace,
        subjects.map((subject) => ({ kind: 'message.added', subject })),
      ),
    )
    told.push(...subjects)
  }
  const heard: string[] = []
  // Rows wait for every transaction that is older than theirs, also one of a neighbour on this server.
  await until(async () => {
    const rows = await database.inWorkspace(workspace, (tx) => rowsBehind(tx, workspace, cursor, 7))
    heard.push(...rows.map((row) => row.subject))
    const last = rows.at(-1)
    if (last) cursor = { ...cursor, xid: last.xid, pos: last.pos }
    return heard.length >= told.length
  }, 30_000)
  expect(heard).toEqual(told)
})

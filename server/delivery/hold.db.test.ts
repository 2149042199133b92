import { sql } from 'kysely'
import { expect, test } from 'vitest'
import type { WorkspaceId } from '#contract/ids.ts'
import { aDatabase } from '#tests/support/database.ts'
import { aChannel, aWorkspace } from '#tests/support/world.ts'
import { decide, type Decision } from './hold.ts'

const { database } = await aDatabase()
const MANY = 45_000

/** A workspace in hold whose queue takes several portions; of its deliveries nothing is left. */
async function aLongQueue(): Promise<WorkspaceId> {
  const workspace = await aWorkspace(database)
  const { id: channel } = await aChannel(database, workspace)
  await database.inWorkspace(workspace, async (tx) => {
    await sql`update workspace set hold = true where workspace_id = ${workspace}`.execute(tx)
    await sql`insert into delivery_work (workspace_id, delivery_id, channel_id, lane, class, expires_at)
              select ${workspace}, gen_random_uuid(), ${channel}, n, 1, now() from generate_series(1, ${MANY}) n`.execute(
      tx,
    )
  })
  return workspace
}

const statesOf = (workspace: WorkspaceId) =>
  database.inWorkspace(workspace, async (tx) => {
    const { rows } = await sql<{ state: number; n: number }>`
      select state, count(*)::int as n from delivery_work where workspace_id = ${workspace} group by state`.execute(tx)
    return Object.fromEntries(rows.map(({ state, n }) => [state, n]))
  })

test.each<[Decision, number, Record<number, number>]>([
  ['send', MANY, { 0: MANY }],
  ['drop', MANY, {}],
  // Of what is gone nothing can be shown, nor counted.
  ['one_by_one', 0, { 3: MANY }],
])('"%s" is about all that waits, however much it is', async (decision, count, states) => {
  const workspace = await aLongQueue()
  expect(await database.inWorkspace(workspace, (tx) => decide(tx, workspace, decision))).toBe(count)
  expect(await statesOf(workspace)).toEqual(states)
})

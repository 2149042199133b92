import { sql } from 'kysely'
import { expect, test } from 'vitest'
import type { WorkspaceId } from '#contract/ids.ts'
import { aDatabase } from '#tests/support/database.ts'
import { holding, untilWaiting } from '#tests/support/locks.ts'
import { aChannel, aWorkspace } from '#tests/support/world.ts'
import { decide, type Decision } from './hold.ts'

const ownDatabase = await aDatabase()
const { database } = ownDatabase
const MANY = 45_000

/** A workspace in hold whose queue takes several portions; of its deliveries nothing is left. */
async function aLongQueue(many = MANY): Promise<WorkspaceId> {
  const workspace = await aWorkspace(database)
  const { id: channel } = await aChannel(database, workspace)
  await database.inWorkspace(workspace, async (tx) => {
    await sql`update workspace set hold = true where workspace_id = ${workspace}`.execute(tx)
    await sql`insert into delivery_work (workspace_id, delivery_id, channel_id, lane, class, expires_at)
              select ${workspace}, gen_random_uuid(), ${channel}, n, 1, now() from generate_series(1, ${many}) n`.execute(
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

/** Those whose time is over: all of that queue, until somebody says that they go. */
const expiredOf = (workspace: WorkspaceId) =>
  database.inWorkspace(workspace, async (tx) => {
    const { rows } = await sql<{ n: number }>`
      select count(*)::int as n from delivery_work where workspace_id = ${workspace} and expires_at <= now()`.execute(
      tx,
    )
    return rows[0]!.n
  })

test.each<[Decision, number, Record<number, number>, number]>([
  ['send', MANY, { 0: MANY }, 0],
  ['drop', MANY, {}, 0],
  // Of what is gone nothing can be shown, nor counted.
  ['one_by_one', 0, { 3: MANY }, MANY],
])('"%s" is about all that waits, however much it is', async (decision, count, states, expired) => {
  const workspace = await aLongQueue()
  expect(await database.inWorkspace(workspace, (tx) => decide(tx, workspace, decision))).toBe(count)
  expect(await statesOf(workspace)).toEqual(states)
  expect(await expiredOf(workspace)).toBe(expired)
})

test.each<[Decision, number, Record<number, number>]>([
  ['drop', 3_000, {}],
  ['one_by_one', MANY, { 3: MANY - 1 }],
])('"%s" stops at nothing that a colleague cancels at the same moment', async (decision, many, states) => {
  const workspace = await aLongQueue(many)
  const cancels = `delete from delivery_work where pos = (
    select pos from delivery_work where workspace_id = '${workspace}' order by pos offset 500 limit 1)`
  await holding(ownDatabase, cancels, async (done) => {
    const deciding = database.inWorkspace(workspace, (tx) => decide(tx, workspace, decision))
    await untilWaiting(ownDatabase, 1)
    await done()
    await deciding
  })
  expect(await statesOf(workspace)).toEqual(states)
})

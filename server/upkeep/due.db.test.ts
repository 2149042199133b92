import { sql } from 'kysely'
import { expect, onTestFinished, test } from 'vitest'
import type { WorkspaceId } from '#contract/ids.ts'
import { wakeSnoozed } from '#server/conversations/change.ts'
import { inProcessHints } from '#server/platform/hints.ts'
import { aDatabase } from '#tests/support/database.ts'
import { silentLog, until } from '#tests/support/parts.ts'
import { aWorkspace } from '#tests/support/world.ts'
import { tendDue } from './due.ts'
import { upkeep } from './upkeep.ts'

const { database } = await aDatabase()
const deps = (workspaces: readonly WorkspaceId[]) => ({
  database,
  hints: inProcessHints(),
  log: silentLog,
  workspaces: async () => [...workspaces],
})

const GOES_ON = new AbortController().signal

/** So many conversations whose time has come. */
async function snoozedIn(workspace: WorkspaceId, many: number) {
  await database.inWorkspace(workspace, (tx) =>
    sql`with them as (insert into contact (workspace_id, id) select ${workspace}, gen_random_uuid() from generate_series(1, ${many}) returning id)
        insert into conversation (workspace_id, id, contact_id, status, snoozed_until)
        select ${workspace}, gen_random_uuid(), id, 'snoozed', now() - interval '1 second' from them`.execute(tx),
  )
  return () =>
    database.inWorkspace(workspace, async (tx) => {
      const { rows } = await sql<{ left: number; told: number; transactions: number }>`
        select (select count(*)::int from conversation where workspace_id = ${workspace} and status = 'snoozed') as left,
               count(*)::int as told, count(distinct xid)::int as transactions from feed where workspace_id = ${workspace}`.execute(
        tx,
      )
      return rows[0]!
    })
}

test('however many are due at once, they are done in small transactions', async () => {
  const workspace = await aWorkspace(database)
  const look = await snoozedIn(workspace, 450)
  await tendDue(deps([workspace]), GOES_ON)
  expect(await look()).toEqual({ left: 0, told: 450, transactions: 3 })
})

test('whoever is told to stop ends with the portion that runs', async () => {
  const stop = new AbortController()
  const portions: WorkspaceId[] = []
  await tendDue(deps([await aWorkspace(database), await aWorkspace(database)]), stop.signal, {
    'never comes to an end': async (_, workspace, most) => {
      if (portions.push(workspace) === 2) stop.abort()
      return most
    },
    'comes behind it': async (_, workspace) => portions.push(workspace) && 0,
  })
  expect(portions).toHaveLength(2)
})

test('what fails keeps neither other things nor other workspaces waiting', async () => {
  const broken = await aWorkspace(database)
  const sound = await aWorkspace(database)
  const lookAtBroken = await snoozedIn(broken, 1)
  const look = await snoozedIn(sound, 1)
  await tendDue(deps([broken, sound]), GOES_ON, {
    'fail in one of them': async (_, workspace) => {
      if (workspace === broken) throw new Error('not here')
      return 0
    },
    'wake snoozed conversations': wakeSnoozed,
  })
  expect([await lookAtBroken(), await look()]).toMatchObject([{ left: 0 }, { left: 0 }])
})

test('a conversation wakes while files are swept, however long that takes', async () => {
  const workspace = await aWorkspace(database)
  let swept = () => {}
  let sweeps = false
  const sweep = () => new Promise<number>((resolve) => ((sweeps = true), (swept = () => resolve(0))))
  const stop = new AbortController()
  const running = upkeep({ ...deps([workspace]), files: { sweep } as never }, stop.signal, 10)
  onTestFinished(async () => {
    stop.abort()
    swept()
    await running
  })
  await until(() => sweeps)
  const look = await snoozedIn(workspace, 1)
  await until(async () => (await look()).left === 0, 3_000)
  expect((await look()).told).toBe(1)
})

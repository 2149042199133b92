import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { WorkspaceId } from '#contract/ids.ts'
import { aDatabase } from '#tests/support/database.ts'

const { database } = await aDatabase()
const aWorkspace = async () => {
  const workspace = WorkspaceId.parse(crypto.randomUUID())
  await database.inWorkspace(workspace, async (tx) => {
    await tx.insertInto('workspace_directory').values({ workspace_id: workspace }).execute()
    await tx.insertInto('workspace').values({ workspace_id: workspace, name: 'Ours' }).execute()
  })
  return workspace
}

test('a workspace sees its own rows and nobody else’s', async () => {
  const [ours, theirs] = [await aWorkspace(), await aWorkspace()]
  const seen = await database.inWorkspace(ours, (tx) => tx.selectFrom('workspace').select('workspace_id').execute())
  expect(seen).toEqual([{ workspace_id: ours }])
  await expect(
    database.inWorkspace(ours, (tx) =>
      tx.insertInto('workspace').values({ workspace_id: theirs, name: 'Mine' }).execute(),
    ),
  ).rejects.toThrow('row-level security')
})

test('without a workspace its tables refuse, on a fresh connection and on a used one', async () => {
  const ours = await aWorkspace()
  const refusal = /unrecognized configuration parameter "parley.workspace"|invalid input syntax for type uuid/
  for (let turn = 0; turn < 3; turn++) {
    await expect(database.plumbing.selectFrom('workspace').selectAll().execute()).rejects.toThrow(refusal)
    await expect(database.transaction((tx) => tx.selectFrom('workspace').selectAll().execute())).rejects.toThrow(
      refusal,
    )
    await database.inWorkspace(ours, (tx) => tx.selectFrom('workspace').selectAll().execute())
  }
})

test('statements are prepared and named', async () => {
  const session = await database.session()
  await session.query('select $1::int as one', [1])
  const { rows } = await session.query('select statement from pg_prepared_statements')
  expect(rows).toEqual([{ statement: 'select $1::int as one' }])
  await session.end()
})

test('what throws is rolled back, and what failed silently does not count as committed', async () => {
  const workspace = await aWorkspace()
  const rename = (name: string) => sql`update workspace set name = ${name} where workspace_id = ${workspace}`
  const work = database.inWorkspace(workspace, async (tx) => {
    await rename('Other').execute(tx)
    throw new Error('no')
  })
  await expect(work).rejects.toThrow('no')
  const swallowed = database.inWorkspace(workspace, async (tx) => {
    await rename('Other').execute(tx)
    await sql`select 1 / 0`.execute(tx).catch(() => {})
  })
  await expect(swallowed).rejects.toThrow('rolled back')
  const [{ name } = { name: '' }] = await database.inWorkspace(workspace, (tx) =>
    tx.selectFrom('workspace').select('name').execute(),
  )
  expect(name).toBe('Ours')
})

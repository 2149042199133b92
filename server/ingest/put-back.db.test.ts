import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { inProcessHints } from '#server/platform/hints.ts'
import { aDatabase } from '#tests/support/database.ts'
import { someSecrets } from '#tests/support/parts.ts'
import { aChannel, aWorkspace } from '#tests/support/world.ts'
import { startJournal } from './journal.ts'
import { countTry, delay } from './put-back.ts'

const { database } = await aDatabase()
const secrets = await someSecrets(database)

/** Two events, and a batch that has read for longer than either is to wait. */
async function afterLongReading() {
  const workspace = await aWorkspace(database)
  const channel = await aChannel(database, workspace)
  await startJournal({ database, secrets, hints: inProcessHints() }).take(
    { id: channel.id, workspace },
    ['ann', 'bob'].map((lane) => ({ key: lane, lane, body: lane })),
  )
  const work = () =>
    database.inWorkspace(workspace, async (tx) => {
      const { rows } = await sql<{ pos: number; waits: boolean }>`
        select pos, ready_at > clock_timestamp() as waits from inbound_work where workspace_id = ${workspace} order by pos`.execute(
        tx,
      )
      return rows
    })
  const [ann, bob] = (await work()).map(({ pos }) => pos)
  await database.inWorkspace(workspace, async (tx) => {
    await sql`select pg_sleep(1.2)`.execute(tx)
    await delay(tx, workspace, [ann!], 1_000)
    await countTry(tx, workspace, bob!)
  })
  return work
}

test('what is put back waits from then on, however long its batch had been reading', async () => {
  const work = await afterLongReading()
  expect((await work()).map(({ waits }) => waits)).toEqual([true, true])
})

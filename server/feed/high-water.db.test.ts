import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { beginLineage } from '#server/platform/lineage.ts'
import { aDatabase } from '#tests/support/database.ts'
import { aFolder } from '#tests/support/parts.ts'
import { aWorkspace } from '#tests/support/world.ts'
import { announce } from './feed.ts'
import { isBehindHighWater, noteHighWater } from './high-water.ts'

const { database, asOwner, ownerUrl } = await aDatabase()
const workspace = await aWorkspace(database)
const happens = () =>
  database.inWorkspace(workspace, (tx) =>
    announce(tx, workspace, [{ kind: 'conversation.changed', subject: crypto.randomUUID() }]),
  )

test('a database that lost what this machine has seen is behind; the same one, or one that went on, is not', async () => {
  const folder = await aFolder()
  expect(await isBehindHighWater(database, folder)).toBe(false)
  await happens()
  await happens()
  await noteHighWater(database, folder, [workspace])
  expect(await isBehindHighWater(database, folder)).toBe(false)
  await happens()
  expect(await isBehindHighWater(database, folder)).toBe(false)

  // what restoring yesterday's copy leaves
  await noteHighWater(database, folder, [workspace])
  await asOwner(`delete from parley.feed where pos = (select max(pos) from parley.feed)`)
  expect(await isBehindHighWater(database, folder)).toBe(true)

  await beginLineage(ownerUrl)
  expect(await isBehindHighWater(database, folder)).toBe(false)
})

test('a note that cannot be read is no reason to stop', async () => {
  const folder = await aFolder()
  await writeFile(join(folder, 'feed.seen'), 'half a no')
  expect(await isBehindHighWater(database, folder)).toBe(false)
})

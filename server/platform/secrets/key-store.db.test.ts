import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { NIL_ID, WorkspaceId } from '#contract/ids.ts'
import { aDatabase } from '#tests/support/database.ts'
import { systemClock } from '../clock.ts'
import { databaseKeyStore } from './key-store.ts'
import { outerKeysOf } from './outer-key.ts'
import { openSecrets } from './secrets.ts'

const { database } = await aDatabase()
const store = databaseKeyStore(database)
const key = randomBytes(32)
const start = () => openSecrets({ dataDir: '/nowhere', key, store, clock: systemClock() })
const place = { table: 'channel', column: 'settings', row: '1' }

async function aWorkspace() {
  const workspace = WorkspaceId.parse(crypto.randomUUID())
  await database.inWorkspace(workspace, async (tx) => {
    await tx.insertInto('workspace_directory').values({ workspace_id: workspace }).execute()
    await tx.insertInto('workspace').values({ workspace_id: workspace, name: 'Ours' }).execute()
  })
  return workspace
}

test('data keys live in the database, wrapped, and several processes share them', async () => {
  const workspace = await aWorkspace()
  const processes = await Promise.all([start(), start(), start()])
  const [one, two, three] = await Promise.all(processes.map((secrets) => secrets.of(workspace)))
  const sealed = one!.seal(Buffer.from('token'), place)
  expect(two!.open(sealed, place).toString()).toBe('token')
  expect(three!.open(sealed, place).toString()).toBe('token')
  expect((await store.load(workspace)).map(({ version }) => version)).toEqual([1])
})

test('versions are added, rewrapped and removed', async () => {
  const workspace = await aWorkspace()
  const secrets = await start()
  await secrets.of(workspace)
  expect(await secrets.rotate(workspace)).toBe(2)
  const before = await store.load(workspace)
  await store.replace(workspace, 1, randomBytes(69))
  const changed = (await store.load(workspace)).find(({ version }) => version === 1)
  expect(changed?.createdAt).toEqual(before.find(({ version }) => version === 1)?.createdAt)
  await secrets.retire(workspace)
  expect((await store.load(workspace)).map(({ version }) => version)).toEqual([2])
})

test('a workspace that does not exist gets no key', async () => {
  const secrets = await start()
  await expect(secrets.of(WorkspaceId.parse(crypto.randomUUID()))).rejects.toThrow('no such workspace')
})

test('a change of the outer key reaches the program’s own data key too', async () => {
  const secrets = await start()
  const sealed = (await secrets.of(NIL_ID as WorkspaceId)).seal(Buffer.from('ours'), place)
  const next = outerKeysOf([Buffer.alloc(32, 9), key], 'a test')
  await secrets.rewrap(next)
  const after = await openSecrets({ dataDir: '/nowhere', key: Buffer.alloc(32, 9), store, clock: systemClock() })
  expect((await after.of(NIL_ID as WorkspaceId)).open(sealed, place).toString()).toBe('ours')
})

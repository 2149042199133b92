import { expect, test } from 'vitest'
import type { FileId, WorkspaceId } from '#contract/ids.ts'
import { fakeClock } from '#server/platform/clock.ts'
import { newId } from '#server/platform/new-id.ts'
import { aDatabase } from '#tests/support/database.ts'
import { someSecrets } from '#tests/support/parts.ts'
import { aWorkspace } from '#tests/support/world.ts'
import { fileLinks, takeLinksBack } from './file-links.ts'
import { insertFile } from './files.ts'

const { database } = await aDatabase()
const secrets = await someSecrets(database)
const url = 'https://parley.example'

async function aFile(workspace: WorkspaceId): Promise<FileId> {
  const id = newId<FileId>()
  await database.inWorkspace(workspace, (tx) =>
    insertFile(
      tx,
      workspace,
      {
        id,
        bytes: 5,
        sha256: Buffer.alloc(32),
        type: 'text/plain',
        name: 'price.txt',
        width: null,
        height: null,
        thumbnail: false,
      },
      { member: null as never },
      true,
    ),
  )
  return id
}

const tokenIn = (link: string | null) => link!.replace(`${url}/l/`, '')

test('a link opens its one file until its days are over', async () => {
  const clock = fakeClock(new Date())
  const links = await fileLinks({ database, secrets, clock, url })
  const workspace = await aWorkspace(database)
  const id = await aFile(workspace)
  const link = links.make(workspace, id, 2)
  expect(link).toMatch(/^https:\/\/parley\.example\/l\/[\w-]{86}$/)
  expect(await links.open(tokenIn(link))).toMatchObject({ workspace, id, file: { name: 'price.txt' } })
  clock.advance(2 * 86_400_000 - 1)
  expect(await links.open(tokenIn(link))).not.toBeNull()
  clock.advance(2)
  expect(await links.open(tokenIn(link))).toBeNull()
})

test('one changed bit, anywhere, opens nothing', async () => {
  const links = await fileLinks({ database, secrets, clock: fakeClock(new Date()), url })
  const workspace = await aWorkspace(database)
  const bytes = Buffer.from(tokenIn(links.make(workspace, await aFile(workspace), 1)), 'base64url')
  for (let at = 0; at < bytes.length; at++) {
    const forged = Buffer.from(bytes)
    forged[at]! ^= 1
    expect(await links.open(forged.toString('base64url'))).toBeNull()
  }
  for (const token of ['', 'x', bytes.subarray(0, 63).toString('base64url'), `${bytes.toString('base64url')}AAAA`])
    expect(await links.open(token)).toBeNull()
})

test('links that were taken back stay shut, and one made afterwards opens', async () => {
  const clock = fakeClock(new Date())
  const links = await fileLinks({ database, secrets, clock, url })
  const workspace = await aWorkspace(database)
  const [id, other] = [await aFile(workspace), await aFile(workspace)]
  const [before, ofOther] = [links.make(workspace, id, 9), links.make(workspace, other, 9)]
  expect(await database.inWorkspace(workspace, (tx) => takeLinksBack(tx, workspace, id))).toBe(true)
  expect(await links.open(tokenIn(before))).toBeNull()
  expect(await links.open(tokenIn(ofOther))).not.toBeNull()
  clock.advance(60_000)
  expect(await links.open(tokenIn(links.make(workspace, id, 9)))).not.toBeNull()
})

test('without an address that others can reach there is no link', async () => {
  const links = await fileLinks({ database, secrets, clock: fakeClock(new Date()), url: null })
  const workspace = await aWorkspace(database)
  expect(links.make(workspace, await aFile(workspace), 1)).toBeNull()
})

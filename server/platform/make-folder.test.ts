import { mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { makeFolder } from './make-folder.ts'

async function aFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}

test('what is missing is made, for us alone, and the first that was missing is named', async () => {
  const folder = await aFolder()
  expect(await makeFolder(join(folder, 'a/b/c'))).toBe(join(folder, 'a'))
  expect((await stat(join(folder, 'a/b'))).mode & 0o777).toBe(0o700)
  expect(await makeFolder(join(folder, 'a/b/c'))).toBeUndefined()
})

test('two who make it at once both have it', async () => {
  const folder = await aFolder()
  await Promise.all(Array.from({ length: 8 }, () => makeFolder(join(folder, 'a/b/c'))))
  expect((await stat(join(folder, 'a/b/c'))).isDirectory()).toBe(true)
})

test.each([
  ['a file', 'file', 'EEXIST'],
  ['below a file', 'file/below', 'ENOTDIR'],
])('%s is none', async (_, path, code) => {
  const folder = await aFolder()
  await writeFile(join(folder, 'file'), '')
  await expect(makeFolder(join(folder, path))).rejects.toMatchObject({ code })
})

test('a link that leads nowhere is none, nor is anything made behind it', async () => {
  const folder = await aFolder()
  await symlink(join(folder, 'gone'), join(folder, 'link'))
  await expect(makeFolder(join(folder, 'link'))).rejects.toMatchObject({ code: 'EEXIST' })
  await expect(makeFolder(join(folder, 'link/below'))).rejects.toMatchObject({ code: 'EEXIST' })
})

test.runIf(process.platform === 'linux')('a file system that takes no folders ends it at once', async () => {
  await expect(makeFolder('/proc/parley/data')).rejects.toMatchObject({ code: 'ENOENT' })
})

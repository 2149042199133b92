import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { aFolder, aParley, asRoot, copyProject, read, write } from '#tests/support/embedded-world.ts'

test.runIf(asRoot)('root, and the kernel lets it map itself to nobody: the files stay root’s', async () => {
  const dataDir = await aFolder()
  const { url } = await aParley(dataDir)
  await write(url, 'works')
  expect((await stat(join(dataDir, 'postgres/data'))).uid).toBe(0)
})

test.runIf(asRoot)('root, and the kernel does not: PostgreSQL runs as nobody; later starts keep to that', async () => {
  const dataDir = await aFolder()
  const dropped = await aParley(dataDir, { env: { PATH: '' } }) // no unshare
  await write(dropped.url, 'works')
  expect((await stat(join(dataDir, 'postgres/data'))).uid).toBe(65534)
  expect((await stat(join(dataDir, 'postgres.password'))).uid).toBe(0)
  await dropped.stop()
  const later = await aParley(dataDir)
  expect(await read(later.url)).toEqual(['works'])
})

test.runIf(asRoot)('root, and nobody cannot read the program: it is copied to where it can', async () => {
  const home = await aFolder('private') // mkdtemp makes it root's alone
  await copyProject(home)
  const dataDir = await aFolder()
  const { url } = await aParley(dataDir, {
    env: { PATH: '' },
    script: join(home, 'tests/support/embedded-parley.ts'),
  })
  await write(url, 'works')
  expect((await readdir(join(dataDir, 'programs')))[0]).toMatch(/^postgresql-[\d.a-z-]+$/)
})

test.runIf(asRoot)('root in a folder that began as root’s, when the kernel no longer lets it', async () => {
  const dataDir = await aFolder()
  const before = await aParley(dataDir)
  await write(before.url, 'works')
  await before.stop()
  const { url } = await aParley(dataDir, { env: { PATH: '' } })
  expect(await read(url)).toEqual(['works'])
})

test.runIf(asRoot)('an ordinary user', async () => {
  const user = { uid: 1, gid: 1 }
  const dataDir = await aFolder('data', user)
  const parley = await aParley(dataDir, user)
  await write(parley.url, 'works')
  expect((await stat(join(dataDir, 'postgres/data'))).uid).toBe(1)
  await parley.kill()
  const adopted = await aParley(dataDir, user)
  expect(adopted.pid).toBe(parley.pid)
  await adopted.stop()
  // By mistake as root, and back.
  const root = await aParley(dataDir)
  expect(await read(root.url)).toEqual(['works'])
  expect((await stat(join(dataDir, 'postgres/data'))).uid).toBe(1)
})

test.runIf(asRoot)('a user without a name, as containers have', async () => {
  const user = { uid: 54_321, gid: 54_321 }
  const { url } = await aParley(await aFolder('data', user), user)
  await write(url, 'works')
  expect(await read(url)).toEqual(['works'])
})

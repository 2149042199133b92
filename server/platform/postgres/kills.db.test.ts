/** Whoever is killed, and whenever: nothing committed is lost, nothing is left to clean up, nothing runs on for ever. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import {
  aFolder,
  aParley,
  childrenOf,
  isAlive,
  processesNaming,
  read,
  until,
  write,
} from '#tests/support/embedded-world.ts'
import { attachEmbedded } from './embedded.ts'
import { findRunning } from './postmaster.ts'

test('kill -9 of Parley: the next one adopts the server as it runs, and nothing has to be cleaned up', async () => {
  const dataDir = await aFolder()
  const killed = await aParley(dataDir)
  await write(killed.url, 'committed')
  await killed.kill()
  const next = await aParley(dataDir)
  expect([next.pid, next.url]).toEqual([killed.pid, killed.url])
  expect(await read(next.url)).toEqual(['committed'])
  // Longer than the keeper waits: it knows that somebody came.
  await delay(6_000)
  expect((await findRunning(join(dataDir, 'postgres/data')))?.pid).toBe(killed.pid)
  expect(await read(next.url)).toEqual(['committed'])
  await next.kill()
  const third = await aParley(dataDir)
  expect(third.pid).toBe(killed.pid)
  await third.stop()
  expect(await isAlive(killed.pid)).toBe(false)
})

test('kill -9 of Parley, and nobody comes: the server ends, in order; an adopted one too', async () => {
  const dataDir = await aFolder()
  const first = await aParley(dataDir)
  await first.kill()
  const second = await aParley(dataDir)
  await second.kill()
  await until(async () => !(await isAlive(second.pid)))
  expect(await readFile(join(dataDir, 'postgres/server.log'), 'utf8')).toContain('database system is shut down')
  await until(async () => (await processesNaming(dataDir)).length === 0)
})

test('kill -9 of PostgreSQL: it is started again at the same address, and what was committed is there', async () => {
  const dataDir = await aFolder()
  const parley = await aParley(dataDir)
  await write(parley.url, 'committed')
  for (let turn = 0; turn < 3; turn++) {
    const { pid } = (await findRunning(join(dataDir, 'postgres/data')))!
    process.kill(pid, 'SIGKILL')
    await until(async () => ((await findRunning(join(dataDir, 'postgres/data')))?.pid ?? pid) !== pid)
    await until(async () => (await attachEmbedded({ dataDir })) !== null)
    expect(await read(parley.url)).toEqual(['committed'])
  }
  expect((await parley.stop()).trouble).toContain('PostgreSQL is back')
})

test('PostgreSQL that hangs, deaf and with nobody at work, is ended and started again', async () => {
  const dataDir = await aFolder()
  const parley = await aParley(dataDir, { env: { PATIENCE_MS: '1000' } })
  await write(parley.url, 'committed')
  // Frozen, the postmaster does not notice that the child has ended and makes no other.
  process.kill(parley.pid, 'SIGSTOP')
  const [writer] = await childrenOf(parley.pid, /^postgres: walwriter/)
  process.kill(writer!, 'SIGKILL')
  await until(
    async () => ((await findRunning(join(dataDir, 'postgres/data')))?.pid ?? parley.pid) !== parley.pid,
    30_000,
  )
  await until(async () => (await attachEmbedded({ dataDir })) !== null)
  expect(await read(parley.url)).toEqual(['committed'])
  expect((await parley.stop()).trouble).toEqual([
    'PostgreSQL hangs: it neither works nor recovers. Ending it',
    'PostgreSQL ended by itself; starting it again',
    'PostgreSQL is back',
  ])
}, 60_000)

test('kill -9 of an adopted PostgreSQL: the same', async () => {
  const dataDir = await aFolder()
  const first = await aParley(dataDir)
  await write(first.url, 'committed')
  await first.kill()
  const parley = await aParley(dataDir)
  process.kill(parley.pid, 'SIGKILL')
  await until(async () => ((await findRunning(join(dataDir, 'postgres/data')))?.pid ?? parley.pid) !== parley.pid)
  await until(async () => (await attachEmbedded({ dataDir })) !== null)
  expect(await read(parley.url)).toEqual(['committed'])
})

test('kill -9 of Parley and the keeper: the server that was left alone is ended and a new one started', async () => {
  const dataDir = await aFolder()
  const killed = await aParley(dataDir)
  await write(killed.url, 'committed')
  const keepers = (await processesNaming('parley-keeper')).filter(({ command }) => command.includes(dataDir))
  expect(keepers.length).toBeGreaterThan(0)
  await killed.kill()
  for (const { pid } of keepers) process.kill(pid, 'SIGKILL')
  const next = await aParley(dataDir)
  expect(next.pid).not.toBe(killed.pid)
  expect(await read(next.url)).toEqual(['committed'])
  expect(await isAlive(killed.pid)).toBe(false)
})

test('kill -9 of the keeper alone: the server gets a new one', async () => {
  const dataDir = await aFolder()
  const parley = await aParley(dataDir)
  await write(parley.url, 'committed')
  const [keeper] = (await processesNaming('parley-keeper')).filter(({ command }) => command.includes(dataDir))
  process.kill(keeper!.pid, 'SIGKILL')
  await until(async () => ((await findRunning(join(dataDir, 'postgres/data')))?.pid ?? parley.pid) !== parley.pid)
  await until(async () => (await attachEmbedded({ dataDir })) !== null)
  expect(await read(parley.url)).toEqual(['committed'])
})

test('kill -9 of everything, and another process has the server’s id since', async () => {
  const dataDir = await aFolder()
  const killed = await aParley(dataDir)
  await write(killed.url, 'committed')
  const keepers = (await processesNaming('parley-keeper')).filter(({ command }) => command.includes(dataDir))
  await killed.kill()
  for (const pid of [...keepers.map((keeper) => keeper.pid), killed.pid]) process.kill(pid, 'SIGKILL')
  await until(async () => !(await isAlive(killed.pid)))
  const file = join(dataDir, 'postgres/data/postmaster.pid')
  await writeFile(file, (await readFile(file, 'utf8')).replace(/^\d+/, String(process.pid)))
  const next = await aParley(dataDir)
  expect(await read(next.url)).toEqual(['committed'])
})

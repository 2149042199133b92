/** A PostgreSQL of one's own that goes away under a running Parley, and comes back. */
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { openLog } from '#server/platform/log.ts'
import { readSettings } from '#server/platform/settings.ts'
import { startProgram } from '#server/program.ts'
import { aDatabase } from '#tests/support/database.ts'
import { freePort } from '#tests/support/free-port.ts'
import { aFolder, until } from '#tests/support/parts.ts'

test('the log says once that the database is lost, and once that it is back; Parley goes on by itself', async () => {
  const { behind, way } = await aDatabaseBehindAWay()
  const lines: string[] = []
  const program = await startProgram(
    readSettings({ PARLEY_DATA: await aFolder(), PARLEY_PORT: String(await freePort()), DATABASE_URL: behind.href }),
    behind.href,
    openLog({ level: 'info', write: (line) => void lines.push(line) }),
  )
  onTestFinished(async () => void (await program.stop()))
  const readyz = async () => (await fetch(`${program.url}/readyz`)).status
  const told = (words: string) =>
    lines.filter((line) => line.includes(words)).map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(await readyz()).toBe(200)

  way.cut()
  await until(async () => (await readyz()) === 503)
  await until(() => told('the database is lost').length > 0)
  for (let asked = 0; asked < 20; asked++) await readyz()
  expect(told('the database is lost')).toEqual([
    expect.objectContaining({ level: 'error', place: `127.0.0.1:${way.port}` }),
  ])

  await way.open()
  await until(async () => (await readyz()) === 200)
  expect(told('the database is back')).toEqual([
    expect.objectContaining({ level: 'warn', awaySeconds: expect.any(Number) as number }),
  ])
  expect(lines.join('')).not.toContain(behind.password)
}, 60_000)

test('a database that is frozen is told within seconds, not when its connections give up', async () => {
  const { behind, way } = await aDatabaseBehindAWay()
  const program = await startProgram(
    readSettings({ PARLEY_DATA: await aFolder(), PARLEY_PORT: String(await freePort()), DATABASE_URL: behind.href }),
    behind.href,
    openLog({ level: 'info', write: () => {} }),
  )
  onTestFinished(async () => void (await program.stop()))
  way.freeze()
  const asked = performance.now()
  const { status } = await fetch(`${program.url}/readyz`)
  expect([status, Math.round((performance.now() - asked) / 1_000)]).toEqual([503, 3])
  way.thaw()
  await until(async () => (await fetch(`${program.url}/readyz`)).status === 200)
}, 60_000)

/** A database, and the address by which it is reached over a way that can be cut. */
async function aDatabaseBehindAWay() {
  const { programUrl } = await aDatabase()
  const behind = new URL(programUrl)
  const way = await aWayTo(Number(behind.port))
  onTestFinished(way.cut)
  behind.port = String(way.port)
  return { behind, way }
}

/** A server that hands everything on, until it is cut. */
async function aWayTo(port: number) {
  const passing = new Set<Socket>()
  const server = createServer((socket) => {
    const onward = connect(port, '127.0.0.1')
    for (const each of [socket, onward]) {
      passing.add(each)
      each.on('error', () => {})
      each.on('close', () => (socket.destroy(), onward.destroy()))
    }
    socket.pipe(onward).pipe(socket)
  })
  const open = async (at = own) => {
    server.listen(at, '127.0.0.1')
    await once(server, 'listening')
  }
  let own = 0
  await open()
  own = (server.address() as { port: number }).port
  return {
    port: own,
    open,
    /** Connections stand, and nothing comes through. */
    freeze: () => passing.forEach((each) => each.pause()),
    thaw: () => passing.forEach((each) => each.resume()),
    cut: () => {
      server.close()
      for (const each of passing) each.destroy()
      passing.clear()
    },
  }
}

import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startProxy, type Proxy } from './proxy.ts'
import { randomOf } from './random.ts'

/** Machines are crowded. */
const PATIENCE = { timeout: 30_000 }

/** Says back what it hears. */
let echo: Server
let proxy: Proxy
const sockets = new Set<Socket>()
beforeEach(async () => {
  echo = createServer((socket) => socket.on('error', () => {}).pipe(socket))
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve))
  proxy = await startProxy({ to: (echo.address() as AddressInfo).port, random: randomOf(1) })
})
afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  sockets.clear()
  await proxy.close()
  await new Promise<void>((resolve) => echo.close(() => resolve()))
})

test('without trouble everything passes, in its order, also when it is much', async () => {
  const line = await aLine()
  const much = Buffer.alloc(5_000_000, 'abcdefg')
  line.socket.write(much)
  await expect.poll(() => line.heard().length, PATIENCE).toBe(much.length)
  expect(line.heard()).toBe(much.toString())
})

test('drop resets what is open and takes nothing new', async () => {
  const line = await aLine()
  await line.asks('one')
  proxy.set('drop')
  await line.ended
  const late = await aLine()
  await late.ended
  expect([line.heard(), late.heard()]).toEqual(['one', ''])
  proxy.set(null)
  await (await aLine()).asks('two')
})

test('cut ends an answer in its middle, and the connection with it', async () => {
  const line = await aLine()
  await line.asks('hello')
  proxy.set('cut')
  line.socket.write('a long answer')
  await line.ended
  expect('helloa long answer'.startsWith(line.heard())).toBe(true)
  expect(line.heard().length).toBeLessThan('helloa long answer'.length)
})

test('slow brings everything later, in its order', async () => {
  const line = await aLine()
  proxy.set('slow')
  const began = performance.now()
  for (const piece of ['one ', 'two ', 'three ']) {
    line.socket.write(piece)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  proxy.set(null)
  line.socket.write('four')
  await expect.poll(line.heard, PATIENCE).toBe('one two three four')
  expect(performance.now() - began).toBeGreaterThan(10)
})

test('half-open: what was open hears nothing more, what is new passes, and at the end the forgotten is reset', async () => {
  const old = await aLine()
  await old.asks('one')
  proxy.set('half-open')
  old.socket.write('into the void')
  await (await aLine()).asks('two')
  expect([old.heard(), old.socket.destroyed]).toEqual(['one', false])
  proxy.set(null)
  await old.ended
})

test('silent: nothing passes and nothing is lost', async () => {
  const line = await aLine()
  proxy.set('silent')
  line.socket.write('held')
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(line.heard()).toBe('')
  proxy.set(null)
  await expect.poll(line.heard, PATIENCE).toBe('held')
})

async function aLine() {
  const socket = connect(proxy.port, '127.0.0.1')
  sockets.add(socket)
  let heard = ''
  socket.on('data', (piece) => (heard += piece.toString())).on('error', () => {})
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  await Promise.race([new Promise<void>((resolve) => socket.once('connect', () => resolve())), ended])
  return {
    socket,
    heard: () => heard,
    ended,
    asks: async (words: string) => {
      const before = heard.length
      socket.write(words)
      await expect.poll(() => heard.slice(before), PATIENCE).toBe(words)
    },
  }
}

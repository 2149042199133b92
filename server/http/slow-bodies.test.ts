/** How long bodies may be on their way, at routes that stream and at those that do not. */
import { connect, type AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import Fastify from 'fastify'
import { afterAll, expect, test } from 'vitest'
import type { LiveChannel } from '#server/channels/live.ts'
import { fileRoutes, visitorFiles, type FileRoutesDeps } from '#server/conversations/files.http.ts'
import { hookRoutes, type HookRoutesDeps } from '#server/ingest/hooks.http.ts'
import { watchArrival } from '#server/platform/arrival.ts'
import { silentLog } from '#tests/support/parts.ts'
import { problemHandler } from './problems.ts'

const LIMITS = { usualMs: 1_500, minuteMs: 1_000, leastAMinute: 40 }

const deps = {
  callerOf: async () => ({}),
  database: { inWorkspace: async () => {} },
  files: {
    put: async (_: unknown, source: AsyncIterable<Uint8Array>) => ({ bytes: (await buffer(source)).length }),
  },
} as unknown as FileRoutesDeps

const app = Fastify()
app.addHook('onRequest', async ({ raw }) => watchArrival(raw, LIMITS))
app.setErrorHandler(problemHandler(silentLog))
app.post('/early', { onRequest: async (_, reply) => reply.send({}) }, async () => ({}))
app.post('/json', async () => ({}))
app.post('/late', async () => delay(LIMITS.usualMs * 2, {}))
await app.register(fileRoutes(deps))
await app.register(
  hookRoutes({
    ...visitorFiles(deps),
    hooks: { take: async () => ({ is: 'upload', channel: {} as LiveChannel, chat: 'ann', bytes: 1_000_000 }) },
  } as unknown as HookRoutesDeps),
)
await app.listen({ port: 0 })
afterAll(async () => {
  app.server.closeAllConnections()
  await app.close()
})

/** Sends the body a piece at a time. @returns the first lines of what was heard, and after how long nothing more was */
async function slowly(path: string, type: string, body: string, piece: number, everyMs: number, connection = 'close') {
  const socket = connect((app.server.address() as AddressInfo).port)
  const began = performance.now()
  let heard = ''
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()))
  socket.on('data', (data: Buffer) => (heard += data.toString('latin1')))
  socket.on('error', () => {})
  socket.write(
    `POST ${path} HTTP/1.1\r\nhost: x\r\nconnection: ${connection}\r\ncontent-type: ${type}\r\ncontent-length: ${body.length}\r\n\r\n`,
  )
  for (let at = 0; at < body.length && !socket.destroyed; at += piece) {
    socket.write(body.slice(at, at + piece))
    await Promise.race([delay(everyMs), closed])
  }
  await closed
  return {
    statuses: [...heard.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status)),
    ms: performance.now() - began,
  }
}

const multipart = (content: string) =>
  `--x\r\ncontent-disposition: form-data; name="file"; filename="a.bin"\r\n\r\n${content}\r\n--x--\r\n`
const STREAMED: [string, string, string, (content: string) => string, number][] = [
  ['member', '/api/files', 'multipart/form-data; boundary=x', multipart, 201],
  ['visitor', '/hooks/site/files', 'application/octet-stream', (content) => content, 200],
]

test.each(STREAMED)('an upload of a %s takes as long as it goes on', async (_, path, type, bodyOf, status) => {
  const { statuses, ms } = await slowly(path, type, bodyOf('x'.repeat(1_000)), 15, 50)
  expect(statuses).toEqual([status])
  expect(ms).toBeGreaterThan(LIMITS.usualMs * 2)
})

test.each(STREAMED)('an upload of a %s that only drips is ended', async (_, path, type, bodyOf) => {
  const { statuses, ms } = await slowly(path, type, bodyOf('x'.repeat(1_000)), 1, 50)
  expect(statuses).toEqual([408])
  // A small one over a poor line has the usual time, as everything has.
  expect(ms).toBeGreaterThan(LIMITS.usualMs)
  expect(ms).toBeLessThan(LIMITS.usualMs * 10)
})

test('any other body has the usual time, however it goes on, and also when it was answered before its end', async () => {
  const json = JSON.stringify('x'.repeat(1_000))
  const told = await Promise.all(
    ['/json', '/early'].map((path) => slowly(path, 'application/json', json, 15, 50, 'keep-alive')),
  )
  expect(told.map(({ statuses }) => statuses.at(-1))).toEqual([408, 408])
  for (const { ms } of told) expect(ms).toBeLessThan(LIMITS.usualMs * 2)
})

test('a body that has come is waited for no more, however late its answer', async () => {
  expect((await slowly('/late', 'application/json', '{}', 2, 0)).statuses).toEqual([200])
})

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import { expect, onTestFinished, test } from 'vitest'
import { WorkspaceId } from '#contract/ids.ts'
import type { LiveChannel } from '#server/channels/live.ts'
import type { Caller } from '#server/platform/calls.ts'
import type { Database } from '#server/platform/database.ts'
import { filesOn } from '#server/platform/files/files.ts'
import type { Shelf } from '#server/platform/files/shelf.ts'
import { programClock } from '#server/platform/new-id.ts'
import type { Secrets } from '#server/platform/secrets/secrets.ts'
import { fileRoutes, visitorFiles, type FileRoutesDeps } from './files.http.ts'

const workspace = WorkspaceId.parse(crypto.randomUUID())
const noSpace = () => Promise.reject(new Error('ENOSPC'))
const shelf = { write: noSpace, remove: async () => {} } as unknown as Shelf
const sealer = { fileKey: () => ({ key: randomBytes(32), version: 1 }) }

/** Keeping fails before anything was read. */
const FAILING: [string, Secrets][] = [
  ['a disk that takes nothing', { of: async () => sealer } as unknown as Secrets],
  ['a key that cannot be had', { of: noSpace } as unknown as Secrets],
]

const FILE = Buffer.alloc(5_000_000)
const WHOSE: [string, (app: FastifyInstance, deps: FileRoutesDeps) => Promise<unknown>, string, Buffer][] = [
  [
    'member',
    async (app, deps) => app.register(fileRoutes(deps)),
    'multipart/form-data; boundary=x',
    Buffer.concat([
      Buffer.from('--x\r\ncontent-disposition: form-data; name="file"; filename="a.bin"\r\n\r\n'),
      FILE,
      Buffer.from('\r\n--x--\r\n'),
    ]),
  ],
  [
    'visitor',
    async (app, deps) => {
      app.addContentTypeParser('*', (_, payload, done) => done(null, payload))
      app.post('/api/files', ({ body }) =>
        visitorFiles(deps).upload({ workspace } as LiveChannel, 'chat', body as NodeJS.ReadableStream, {
          bytes: FILE.length,
        }),
      )
    },
    'application/octet-stream',
    FILE,
  ],
]

for (const [who, mount, type, body] of WHOSE)
  test.each(FAILING)(`an upload of a ${who} is read to its end, and answered, with %s`, async (_, secrets) => {
    const app = Fastify()
    await mount(app, {
      database: {} as Database,
      files: filesOn(shelf, secrets, programClock),
      callerOf: async () => ({ workspace }) as Caller,
    } as unknown as FileRoutesDeps)
    await app.listen({ port: 0 })
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    onTestFinished(async () => {
      agent.destroy()
      app.server.closeAllConnections()
      await app.close()
    })
    const send = async () => {
      const asked = request({
        agent,
        port: (app.server.address() as AddressInfo).port,
        method: 'POST',
        path: '/api/files',
        headers: { 'content-type': type, 'content-length': body.length },
        signal: AbortSignal.timeout(5_000),
      })
      // As a browser does: it hears no answer before it has sent all.
      const sent = once(asked, 'finish')
      const heard = once(asked, 'response')
      asked.end(body)
      const [[answered]] = await Promise.all([heard, sent])
      await once(answered.resume(), 'end')
      return answered.statusCode as number
    }
    expect([await send(), await send()]).toEqual([500, 500])
  })

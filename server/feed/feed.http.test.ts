/** Who may not listen is told so and does not come again; whoever only came at a bad moment is cut like a lost wire. */
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import websocket from '@fastify/websocket'
import Fastify from 'fastify'
import { afterEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { FeedFrame } from '#contract/feed/event.ts'
import type { ProblemCode } from '#contract/problem.ts'
import type { Caller } from '#server/platform/calls.ts'
import { Refused } from '#server/platform/problem.ts'
import { silentLog } from '#tests/support/parts.ts'
import { feedRoute } from './feed.http.ts'

const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

/** @param refusal  asked each time somebody's right is looked at. @returns the address of a feed that says nothing */
async function aFeed(refusal: () => ProblemCode | null): Promise<string> {
  const app = Fastify()
  ends.push(() => app.close())
  await app.register(websocket)
  await app.register(
    feedRoute({
      reader: { join: async () => () => {} } as never,
      hints: undefined as never,
      callerOf: async () => {
        const code = refusal()
        if (code) throw new Refused(code)
        return { member: 'ann' } as unknown as Caller
      },
      log: silentLog,
    }),
  )
  const address = await app.listen({ host: '127.0.0.1', port: 0 })
  return `${address.replace('http', 'ws')}/api/feed`
}

function aSocket(url: string): WebSocket {
  const socket = new WebSocket(url)
  ends.unshift(async () => socket.terminate())
  return socket
}

/** @returns what a listener heard, and how it was cut */
async function listening(refusal: () => ProblemCode | null, query = ''): Promise<{ heard: FeedFrame[]; code: number }> {
  const socket = aSocket((await aFeed(refusal)) + query)
  const heard: FeedFrame[] = []
  socket.on('message', (data: Buffer) => heard.push(JSON.parse(data.toString()) as FeedFrame))
  const code = await new Promise<number>((resolve) => socket.on('close', resolve))
  return { heard, code }
}

const REFUSALS: [ProblemCode, FeedFrame[], number][] = [
  ['signed_out', [{ closing: 'signed_out' }], 4401],
  ['wrong_origin', [{ closing: 'signed_out' }], 4401],
  ['forbidden', [{ closing: 'forbidden' }], 4403],
  ['second_factor_wanted', [{ closing: 'forbidden' }], 4403],
  ['too_many', [], 1013],
]

test.each(REFUSALS)('%s before it hears anything', async (refusal, heard, code) => {
  expect(await listening(() => refusal)).toEqual({ heard, code })
})

test.each(REFUSALS)('%s while it listens', async (refusal, heard, code) => {
  let looks = 0
  expect(await listening(() => (looks++ === 0 ? null : refusal))).toEqual({ heard, code })
})

test('a page of another member hears nothing of this one’s, and is told why', async () => {
  const told = { heard: [{ closing: 'another_member' }], code: 4409 }
  expect(await listening(() => null, '?member=bob')).toEqual(told)
  // His own goes on, until he is signed out.
  let looks = 0
  const signedOut = { heard: [{ closing: 'signed_out' }], code: 4401 }
  expect(await listening(() => (looks++ === 0 ? null : 'signed_out'), '?member=ann')).toEqual(signedOut)
})

test('of many who listen each is looked at twice a second, and a hundred at most in one moment', async () => {
  const SOCKETS = 250
  let looks = 0
  let moment = 0
  let most = 0
  const url = await aFeed(() => {
    looks++
    if (moment++ === 0)
      setImmediate(() => {
        most = Math.max(most, moment)
        moment = 0
      })
    return null
  })
  for (let open = 0; open < SOCKETS; open += 50)
    await Promise.all(Array.from({ length: 50 }, () => once(aSocket(url), 'open')))
  await delay(600)
  looks = most = 0
  await delay(1_600)
  expect(most).toBeLessThanOrEqual(100)
  expect(looks).toBeGreaterThanOrEqual(SOCKETS * 2)
})

import { expect, test } from 'vitest'
import type { Plan, Reply, Request } from './connector.ts'
import { perform, Unknown, WireBroken } from './perform.ts'
import { SendError } from './send-error.ts'

const FINAL: Request = { via: 'http', method: 'POST', url: 'https://x.example/send', final: true }
const PLAIN: Request = { via: 'http', method: 'GET', url: 'https://x.example/ask' }
const answer = (status: number): Reply => ({ status, headers: {}, body: { status }, text: `${status}` })

function* asking(...requests: Request[]): Plan<number[]> {
  const statuses: number[] = []
  for (const request of requests) statuses.push((yield request).status)
  return statuses
}

test('requests go out one after the other, each answer comes back to the plan', async () => {
  const asked: string[] = []
  const wire = async (request: Request) => {
    asked.push(request.via === 'http' ? request.method : request.via)
    return answer(200 + asked.length)
  }
  expect(await perform(asking(PLAIN, FINAL), wire)).toEqual([201, 202])
  expect(asked).toEqual(['GET', 'POST'])
})

test.each([500, 502, 504])('%i to a final request: nobody knows', async (status) => {
  await expect(perform(asking(FINAL), async () => answer(status))).rejects.toBeInstanceOf(Unknown)
})

test.each([
  [503, FINAL],
  [429, FINAL],
  [500, PLAIN],
])('%i to a request that says so, or that may be repeated, is the connector’s to read', async (status, request) => {
  expect(await perform(asking(request), async () => answer(status))).toEqual([status])
})

test.each([
  ['before a byte of the final request', FINAL, false, WireBroken],
  ['after it', FINAL, true, Unknown],
  ['after a request that may be repeated', PLAIN, true, WireBroken],
])('a wire that breaks %s', async (_, request, written, ends) => {
  const broken = async () => {
    throw new WireBroken('gone', written)
  }
  const error: unknown = await perform(asking(request), broken).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(ends)
})

test('what happened before the final request does not make it unknown', async () => {
  let count = 0
  const wire = async (): Promise<Reply> => {
    if (++count === 2) throw new WireBroken('gone', true)
    return answer(200)
  }
  await expect(perform(asking(PLAIN, PLAIN, FINAL), wire)).rejects.toBeInstanceOf(WireBroken)
})

test('a plan without an end is a bug, and the platform is not hammered', async () => {
  function* endless(): Plan<void> {
    for (;;) yield PLAIN
  }
  let asked = 0
  const wire = async () => {
    asked++
    return answer(200)
  }
  await expect(perform(endless(), wire)).rejects.toMatchObject({ code: 'bug' })
  expect(asked).toBe(12)
})

test('what the connector throws goes on as it is', async () => {
  function* refusing(): Plan<void> {
    yield FINAL
    throw new SendError('blocked', { words: 'go away' })
  }
  await expect(perform(refusing(), async () => answer(403))).rejects.toMatchObject({
    code: 'blocked',
    details: { words: 'go away' },
  })
})

import { expect, test } from 'vitest'
import type { Incoming } from '#connector-kit/connector.ts'
import { withPossibleTimes } from './possible-times.ts'

const received = new Date('2026-11-26T12:00:00Z')
const start = (at: Date): Incoming => ({ is: 'start', chat: 'c', by: { id: 'ann' }, at })
const timeOf = (at: Date) => (withPossibleTimes(start(at), received) as { at: Date }).at

test.each([
  ['no time at all', new Date(Number.NaN)],
  ['thirty thousand years ago', new Date(-1e15)],
  ['before the first second', new Date(-1)],
  ['far ahead', new Date(8.64e15)],
])('%s: it is told when it was received', (_, at) => {
  expect(timeOf(at)).toBe(received)
})

test.each([new Date(0), new Date('2026-11-26T11:59:00Z'), new Date('2038-01-19T03:14:08Z')])('%s stays', (at) => {
  expect(timeOf(at)).toBe(at)
})

test('both times of a status, and what has none', () => {
  const never = new Date(Number.NaN)
  const status: Incoming = { is: 'status', upTo: { chat: 'c', at: never }, state: 'read', at: never }
  expect(withPossibleTimes(status, received)).toEqual({ ...status, upTo: { chat: 'c', at: received }, at: received })
  const typing: Incoming = { is: 'typing', chat: 'c', by: { id: 'ann' } }
  expect(withPossibleTimes(typing, received)).toBe(typing)
})

import { expect, test } from 'vitest'
import type { MessageView } from '#contract/calls/conversations.ts'
import { answeredLetter } from './answered-letter.ts'

const newest = { cc: ['newest@people.test'] }
const road = { identity: 'ann', channel: 'shop', answered: newest } as never
const said = (other: object = {}) =>
  ({ direction: 'in', identity: 'ann', channel: 'shop', content: { parts: [] }, ...other }) as unknown as MessageView

test('an answer goes on from the letter that the server names for its road', () => {
  expect(answeredLetter(road, null)).toBe(newest)
  expect(answeredLetter(null, said())).toBeNull()
})

test('a letter that is replied to counts before it, where it came by this road', () => {
  const replied = said()
  expect(answeredLetter(road, replied)).toBe(replied.content)
  for (const other of [{ channel: 'other' }, { identity: 'bob' }, { direction: 'out' }])
    expect(answeredLetter(road, said(other))).toBe(newest)
})

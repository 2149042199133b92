import { expect, test } from 'vitest'
import type { MessageView } from '#contract/calls/conversations.ts'
import { answeredLetter } from './answered-letter.ts'

const road = { identity: 'ann', channel: 'shop' }
const said = (id: string, other: Partial<MessageView> = {}) =>
  ({ id, direction: 'in', ...road, ...other }) as unknown as MessageView

test('an answer goes on from the newest letter of the person on its road', () => {
  const items = [
    said('1'),
    said('2'),
    said('3', { identity: 'bob' } as never),
    said('4', { channel: 'other' } as never),
    said('5', { direction: 'out' }),
  ]
  expect(answeredLetter(items, road, null)?.id).toBe('2')
})

test('a letter that is replied to counts before the newest, where it came by this road', () => {
  const items = [said('1'), said('2')]
  expect(answeredLetter(items, road, said('1'))?.id).toBe('1')
  expect(answeredLetter(items, road, said('9', { channel: 'other' } as never))?.id).toBe('2')
  expect(answeredLetter(items, null, null)).toBeNull()
})

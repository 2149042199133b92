import { expect, test } from 'vitest'
import { joinedDrafts } from './joined-drafts.ts'

const [reply, note] = [(text: string) => ({ text, note: false }), (text: string) => ({ text, note: true })]

test('what was typed comes behind what was kept, and neither is lost', () => {
  expect(joinedDrafts(reply('Dear Ann'), reply('See you'))).toEqual(reply('Dear Ann\nSee you'))
  expect(joinedDrafts(reply(''), note('Careful'))).toEqual(note('Careful'))
  expect(joinedDrafts(reply('Dear Ann'), reply(''))).toEqual(reply('Dear Ann'))
})

test('a note stays one: neither a key nor a word of a reply makes it one for the customer', () => {
  expect(joinedDrafts(note('Careful'), reply(''))).toEqual(note('Careful'))
  expect(joinedDrafts(note('Careful'), reply('See you'))).toEqual(note('Careful\nSee you'))
  expect(joinedDrafts(reply('Dear Ann'), note('Careful'))).toEqual(note('Dear Ann\nCareful'))
})

test('what was changed in what was shown replaces it, unless another device went on with it', () => {
  const [shown, longer] = [reply('Short'), reply('Short, and long')]
  expect(joinedDrafts(shown, reply('Shor'), shown)).toEqual(reply('Shor'))
  expect(joinedDrafts(longer, reply('Shor'), shown)).toEqual(reply('Short, and long\nShor'))
  expect(joinedDrafts(longer, shown, shown)).toEqual(longer)
})

test('what goes on from the kept one, or from its last lines, says them once', () => {
  expect(joinedDrafts(reply('Dear Ann'), reply('Dear Ann, see you'))).toEqual(reply('Dear Ann, see you'))
  expect(joinedDrafts(reply('Dear Ann\nTina, I'), reply('Tina, I said'))).toEqual(reply('Dear Ann\nTina, I said'))
  expect(joinedDrafts(reply('Dear Ann\n'), reply('Tina'))).toEqual(reply('Dear Ann\n\nTina'))
})

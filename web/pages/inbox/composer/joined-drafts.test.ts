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

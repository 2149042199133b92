import { expect, test } from 'vitest'
import type { Part } from '#contract/message/content.ts'
import { aMessage } from '../testing.ts'
import { broughtBack, keptSubject } from './brought-back.ts'
import { badCopies, copiesIn } from './copies.ts'
import { readMarks } from './marks.ts'

const picture: Part = {
  kind: 'image',
  source: { file: 'f' as never },
  type: 'image/png',
  name: 'kettle.png',
  bytes: 60,
  width: 6,
  height: 4,
}

test('what did not leave comes back as it was typed, with its marks, files, subject and copies', () => {
  const typed = '**Hello** Ann,\nsee attached'
  const parts = [picture, { kind: 'text' as const, ...readMarks(typed) }]
  expect(broughtBack({ parts, subject: 'Kettles', cc: ['a@x.example', 'b@x.example'] }, false)).toEqual({
    text: typed,
    files: [{ id: 'f', name: 'kettle.png', type: 'image/png', bytes: 60, width: 6, height: 4, seconds: null }],
    head: { subject: 'Kettles', cc: 'a@x.example, b@x.example' },
  })
})

test('a note comes back with its signs, which are no marks', () => {
  const parts: Part[] = [{ kind: 'text', text: '2 ** 3 `x`', entities: [] }]
  expect(broughtBack({ parts }, true).text).toBe('2 ** 3 `x`')
})

test('a copy that can go nowhere is found before it leaves, and one that the server refused does not leave again', () => {
  expect(badCopies('ann@x.example; bob', [])).toEqual(['bob'])
  expect(badCopies('ann@x.example, b@x..example', ['b@x..example'])).toEqual(['b@x..example'])
  expect(badCopies(' ', [])).toEqual([])
})

test('copies are taken as people write and copy them: with names, commas, semicolons and line breaks', () => {
  const both = ['ann@people.test', 'bob@people.test']
  expect(copiesIn('Ann Lee <ann@people.test>')).toEqual(['ann@people.test'])
  for (const typed of [
    'Ann Lee <ann@people.test>, bob@people.test',
    '"Lee, Ann" <ann@people.test>; <bob@people.test>;',
    'ann@people.test\nBob <bob@people.test>\n',
    'Ann <ann@people.test> Bob <bob@people.test>',
    'ann@people.test <ann@people.test>, bob@people.test',
    'ann@people.test bob@people.test',
  ])
    expect([typed, copiesIn(typed)]).toEqual([typed, both])
})

test('of a copy that is no address all is told that was typed, and nobody is left out unseen', () => {
  expect(badCopies('Ann Lee, bob@people.test', [])).toEqual(['Ann Lee'])
  expect(badCopies('Ann Lee <ann>; Bob <bob@people.test', [])).toEqual(['Ann Lee <ann>', 'Bob <bob@people.test'])
  expect(badCopies('ann@people.test Bob <bob@people.test>', [])).toEqual(['ann@people.test Bob <bob@people.test>'])
  expect(badCopies('"Lee, Ann ann@people.test', [])).toEqual(['"Lee, Ann ann@people.test'])
  expect(badCopies('Bob <bob@people.test>', ['bob@people.test'])).toEqual(['bob@people.test'])
})

test('a subject that the server wrote is known as such', () => {
  const letter = (channel: string, subject?: string) =>
    aMessage(`${channel} ${subject}`, {
      channel: channel as never,
      content: { parts: [], ...(subject ? { subject } : {}) },
    })
  const mine = letter('mail')
  expect(keptSubject([letter('mail', 'Kettles'), letter('other', 'Cups'), letter('mail')], mine)).toBe('Re: Kettles')
  expect(keptSubject([letter('mail', 'Kettles'), letter('mail', 'RE: Cups')], mine)).toBe('RE: Cups')
  expect(keptSubject([letter('other', 'Cups')], mine)).toBeNull()
})

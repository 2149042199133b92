import { expect, test } from 'vitest'
import type { Part } from '#contract/message/content.ts'
import { aMessage } from '../testing.ts'
import { broughtBack, keptSubject } from './brought-back.ts'
import { badCopies } from './copies.ts'
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

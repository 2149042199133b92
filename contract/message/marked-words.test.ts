import { expect, test } from 'vitest'
import { keptMarks, writtenOf } from './marked-words.ts'

const bold = (offset: number, length: number) => ({ kind: 'bold' as const, offset, length })

test('marks before a change stay, marks behind it move, marks that it touches go', () => {
  const before = { text: 'one two three', entities: [bold(0, 3), bold(4, 3), bold(8, 5)] }
  expect(keptMarks(before, 'one 2 three')).toEqual([bold(0, 3), bold(6, 5)])
})

test('the same words keep all their marks', () => {
  const before = { text: 'aaa', entities: [bold(0, 1), bold(2, 1)] }
  expect(keptMarks(before, 'aaa')).toEqual(before.entities)
})

test('words of several pieces are one text, with the marks where they stood', () => {
  const parts = [
    { kind: 'text' as const, text: 'ab', entities: [bold(0, 1)] },
    { kind: 'text' as const, text: 'cd', entities: [bold(1, 1)] },
  ]
  expect(writtenOf({ parts })).toEqual({ text: 'ab\ncd', entities: [bold(0, 1), bold(4, 1)] })
})

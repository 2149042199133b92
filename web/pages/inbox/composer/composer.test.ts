import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Abilities } from '#contract/message/abilities.ts'
import { laterTimes } from '../later.ts'
import { editedWords, noteOf } from './edited-words.ts'
import { countText, judgeFile } from './limits.ts'
import { aMessage } from '../testing.ts'
import { readMarks, toggleMark, writeMarks } from './marks.ts'
import { cameMeanwhile } from './meanwhile.ts'

const abilities = {
  text: { max: 10, unit: 'utf16', marks: {} },
  media: {
    image: { out: 'full', types: ['image/jpeg', 'image/png'], bytes: 1000, by: 'upload' },
    file: { out: 'full', types: ['*'], bytes: 5000, by: 'upload' },
  },
} as unknown as Abilities

test('typed signs become marks, inside each other too', () => {
  expect(readMarks('a **b __c__** `d*` ~~e~~')).toEqual({
    text: 'a b c d* e',
    entities: [
      { kind: 'bold', offset: 2, length: 3 },
      { kind: 'italic', offset: 4, length: 1 },
      { kind: 'code', offset: 6, length: 2 },
      { kind: 'strike', offset: 9, length: 1 },
    ],
  })
})

test('marks that are edited are typed signs again, and what has no sign is not lost', () => {
  const typed = 'a **b __c__** `d*` ~~e~~'
  const rich = readMarks(typed)
  expect(writeMarks(rich)).toEqual({ typed, rest: [] })
  const link = { kind: 'link' as const, offset: 0, length: 1, value: 'https://shop.example' }
  expect(writeMarks({ ...rich, entities: [link, ...rich.entities] })).toEqual({ typed, rest: [link] })
})

test('words with signs of their own stay as they are', () => {
  const rich = { text: 'a **b** c', entities: [{ kind: 'bold' as const, offset: 0, length: 1 }] }
  expect(writeMarks(rich)).toEqual({ typed: rich.text, rest: rich.entities })
})

test('only what came after the text was begun, and was not seen, is to be looked at before sending', () => {
  const writing = { begunSeq: 4, seenSeq: 0, conversation: 'talk', isFromHere: false }
  const came = aMessage('new', { seq: 5 })
  expect(cameMeanwhile(came, writing)).toBe(came)
  expect(cameMeanwhile(aMessage('old', { seq: 4 }), writing)).toBeNull()
  expect(cameMeanwhile(came, { ...writing, seenSeq: 5 })).toBeNull()
  expect(cameMeanwhile(came, { ...writing, begunSeq: null })).toBeNull()
  expect(cameMeanwhile(came, { ...writing, isFromHere: true })).toBeNull()
  const mine = aMessage('mine', { seq: 5, direction: 'out', author: { ...came.author, member: 'me' as never } })
  expect(cameMeanwhile(mine, writing)).toBe(mine)
})

test('signs that mark nothing stay as typed', () => {
  for (const typed of ['2 ** 3 ** 4', 'a ** b', '__init', '`', '****', 'snake__case'])
    expect(readMarks(typed)).toEqual({ text: typed, entities: [] })
})

test('whatever is typed, marks lie inside the text and no letter is lost', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('*', '_', '~', '`', 'a', 'б', ' ', '😀'), maxLength: 30 }),
      (typed) => {
        const { text, entities } = readMarks(typed)
        expect(text.replaceAll(/[*_~`]/g, '')).toBe(typed.replaceAll(/[*_~`]/g, ''))
        for (const { offset, length } of entities) {
          expect(length).toBeGreaterThan(0)
          expect(offset + length).toBeLessThanOrEqual(text.length)
        }
      },
    ),
  )
})

test('a mark is put around the selection and taken away again', () => {
  const on = toggleMark('say it now', 4, 6, 'bold')
  expect(on).toEqual({ typed: 'say **it** now', from: 6, to: 8 })
  expect(toggleMark(on.typed, on.from, on.to, 'bold')).toEqual({ typed: 'say it now', from: 4, to: 6 })
})

test('the counter counts as the network does', () => {
  expect(countText('ж'.repeat(8), abilities)).toEqual({ length: 8, max: 10, isNear: true, isOver: false })
  const inBytes = { ...abilities, text: { ...abilities.text, unit: 'bytes' } } as Abilities
  expect(countText('ж'.repeat(8), inBytes)).toMatchObject({ length: 16, isOver: true })
})

test('a file is judged before it is uploaded: as it is, as a file, or not at all', () => {
  expect(judgeFile('image/png', 500, abilities)).toEqual({ code: 'fits', kind: 'image' })
  expect(judgeFile('image/png', 2000, abilities)).toEqual({ code: 'as_file', kind: 'file' })
  expect(judgeFile('video/mp4', 2000, abilities)).toEqual({ code: 'as_file', kind: 'file' })
  expect(judgeFile('image/png', 9000, abilities)).toEqual({ code: 'too_large', kind: 'image', most: 5000 })
  expect(judgeFile('image/png', 10, { text: abilities.text } as Abilities)).toEqual({
    code: 'not_taken',
    kind: 'image',
  })
})

test('an empty file is refused wherever it would go', () => {
  expect(judgeFile('text/plain', 0, abilities)).toEqual({ code: 'empty', kind: 'file' })
  expect(judgeFile('image/png', 0, null)).toEqual({ code: 'empty', kind: 'image' })
})

test('times that people mean: no evening when it is near, no Monday twice', () => {
  const names = (date: Date) => laterTimes(date).map(({ name }) => name)
  expect(names(new Date(2026, 10, 25, 9))).toEqual(['inHour', 'inThreeHours', 'thisEvening', 'tomorrow', 'monday'])
  expect(names(new Date(2026, 10, 29, 20))).toEqual(['inHour', 'inThreeHours', 'tomorrow'])
  const monday = laterTimes(new Date(2026, 10, 30, 9)).find(({ name }) => name === 'monday')!
  expect(monday.time).toEqual(new Date(2026, 11, 7, 10))
})

test('a note ends with its last word, written or edited', () => {
  expect(noteOf('  Two lines\n of hers\n\n \n').text).toBe('  Two lines\n of hers')
  expect(editedWords(aMessage('a', { direction: 'note' }), 'Changed\n\n').text).toBe('Changed')
})

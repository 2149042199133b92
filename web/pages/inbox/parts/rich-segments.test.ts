import { expect, test } from 'vitest'
import { beginningOf, safeUrl, segmentsOf, withFewMarks } from './rich-segments.ts'

test('marks that cross are cut where they meet, and no letter is lost', () => {
  const segments = segmentsOf({
    text: 'one two three',
    entities: [
      { kind: 'bold', offset: 0, length: 7 },
      { kind: 'italic', offset: 4, length: 9 },
    ],
  })
  expect(segments.map(({ text, marks }) => [text, ...marks.map((mark) => mark.kind)])).toEqual([
    ['one ', 'bold'],
    ['two', 'bold', 'italic'],
    [' three', 'italic'],
  ])
})

test('an address that the network did not mark can be followed; in code it stays text', () => {
  const [, link] = segmentsOf({ text: 'See https://shop.example/a?b=c.', entities: [] })
  expect(link).toMatchObject({ text: 'https://shop.example/a?b=c', marks: [{ kind: 'link' }] })
  const code = segmentsOf({ text: 'https://a.example', entities: [{ kind: 'code', offset: 0, length: 17 }] })
  expect(code).toMatchObject([{ marks: [{ kind: 'code' }] }])
})

test('only addresses that run nothing are followed', () => {
  expect(safeUrl('shop.example')).toBe('https://shop.example/')
  expect(safeUrl('tel:+7900')).toBe('tel:+7900')
  for (const bad of ['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', 'http://', undefined])
    expect(safeUrl(bad)).toBeNull()
})

test('an address that shows another than it is stays text', () => {
  const spoofed = [
    'https://bank.example@evil.example/',
    'https://bank.example:443@evil.example/',
    'https://evil.example/\u202Egnp.exe',
    'https://evil.example/\u2066fdp.tnuocca\u2069',
    'https://bank\u200B.example/',
    'https://bank\u00AD.example/',
    'https://evil\t.example/',
    'java\nscript:alert(1)',
  ]
  expect(spoofed.filter((url) => safeUrl(url) !== null)).toEqual([])
  expect(safeUrl('https://shop.example/кружка?q=😀')).toMatch(/^https:\/\/shop\.example\//)
})

test('whatever is said, cutting it into pieces takes a moment', () => {
  const bombs = [
    `https://${'a.'.repeat(200_000)}${'!'.repeat(200_000)}`,
    'https://'.repeat(60_000),
    `https://a${'.,;:!?)'.repeat(60_000)}`,
    'e\u0301'.repeat(200_000),
    '*_~`['.repeat(100_000),
    'https://a.bc '.repeat(20_000),
  ]
  for (const text of bombs) {
    const began = performance.now()
    const pieces = segmentsOf({ text, entities: [] })
    expect(pieces.map((piece) => piece.text).join('') === text).toBe(true)
    expect([text.slice(0, 12), performance.now() - began < 1_000]).toEqual([text.slice(0, 12), true])
  }
})

test('a very long text begins with what a window can draw, cut between words and never inside an address', () => {
  const short = { text: 'word '.repeat(100), entities: [] }
  expect(beginningOf(short)).toBe(short)
  const words = beginningOf({ text: 'word '.repeat(5_000), entities: [{ kind: 'bold', offset: 0, length: 25_000 }] })
  expect(words.text).toMatch(/^(word )*word$/)
  expect(words.text.length).toBeGreaterThan(7_900)
  expect(words.entities).toHaveLength(1)
  const line = `${'x'.repeat(7_995)}`
  expect(beginningOf({ text: `${line}👩‍👩‍👧‍👦${line}`, entities: [] }).text.isWellFormed()).toBe(true)
  const address = `${'x'.repeat(7_000)} https://shop.example/${'y'.repeat(3_000)}`
  const link = { kind: 'link' as const, offset: 7_001, length: 3_021 }
  expect(beginningOf({ text: address, entities: [link] })).toEqual({ text: `${'x'.repeat(7_000)} `, entities: [] })
})

test('a letter wears as many marks as a language needs, and not a hundred thousand', () => {
  const honest = 'й é ṩ เกี๊ยะ נִקּוּד'
  expect(withFewMarks(honest)).toBe(honest)
  expect(withFewMarks(`e${'\u0301'.repeat(100_000)}!`)).toBe(`e${'\u0301'.repeat(12)}!`)
})

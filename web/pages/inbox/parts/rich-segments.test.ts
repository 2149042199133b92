import { expect, test } from 'vitest'
import { safeUrl, segmentsOf } from './rich-segments.ts'

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

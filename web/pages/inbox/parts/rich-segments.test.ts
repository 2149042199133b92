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

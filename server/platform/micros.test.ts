import { expect, test } from 'vitest'
import { isoOf } from './micros.ts'

test.each([
  ['2026-02-03 04:05:06.789012', '2026-02-03T04:05:06.789012Z'],
  ['2026-02-03 04:05:06.7', '2026-02-03T04:05:06.700000Z'],
  ['2026-02-03 04:05:06', '2026-02-03T04:05:06.000000Z'],
])('%s is told as %s', (text, told) => {
  expect(isoOf(text)).toBe(told)
})

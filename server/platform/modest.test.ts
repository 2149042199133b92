import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isModest } from './modest.ts'

const modest = (text: string) => isModest(Buffer.from(text))
const nested = (depth: number) => '[{"a":'.repeat(depth / 2) + '1' + '}]'.repeat(depth / 2)
const wide = (keys: number) => JSON.stringify(Object.fromEntries(Array.from({ length: keys }, (_, n) => [`k${n}`, n])))

test('32 levels pass, 34 do not', () => {
  expect([modest(nested(32)), modest(nested(34))]).toEqual([true, false])
})

test('a byte order mark hides nothing', () => {
  expect([modest(`\uFEFF${nested(32)}`), modest(`\uFEFF ${nested(34)}`)]).toEqual([true, false])
})

test('10,000 keys pass, one more does not', () => {
  expect([modest(wide(10_000)), modest(wide(10_001))]).toEqual([true, false])
})

test('brackets and colons inside text are text', () => {
  expect(modest(JSON.stringify({ text: '[{:\\"'.repeat(20_000) }))).toBe(true)
})

test('what is no JSON passes: the connector says what it is', () => {
  expect([modest(''), modest('a=['.repeat(99)), modest('--boundary')]).toEqual([true, true, true])
})

test('all everyday JSON passes, whatever its text', () => {
  expect(() => fc.assert(fc.property(fc.json({ maxDepth: 5 }), modest))).not.toThrow()
})

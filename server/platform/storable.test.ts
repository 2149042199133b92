import fc from 'fast-check'
import { expect, test } from 'vitest'
import { storable } from './storable.ts'

test('a broken emoji and NUL become the replacement character, at the same places', () => {
  expect(storable('a\0b\uD83D c \uDE00 d😀')).toBe('a\uFFFDb\uFFFD c \uFFFD d😀')
})

test('everything else passes untouched, deep inside too', () => {
  const at = new Date()
  const value = { at, parts: [{ text: 'Привет 😀', none: null, n: 1.5, yes: true }] }
  expect(storable(value)).toEqual(value)
  expect(storable(value).at).toBe(at)
  expect(storable({ 'k\0': ['\0'] })).toEqual({ 'k\uFFFD': ['\uFFFD'] })
})

test('what a parser made without the usual prototype is looked through, too', () => {
  const empty = Object.create(null) as object
  for (const parsed of [empty, Object.create(Object.create(null)) as object])
    expect({ ...storable(Object.assign(parsed, { q: '\0' })) }).toEqual({ q: '\uFFFD' })
})

const anyUnit = fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit))

test('any text keeps its length and is well-formed afterwards', () => {
  fc.assert(
    fc.property(fc.string({ unit: anyUnit }), (text) => {
      const kept = storable(text)
      expect([kept.length, kept.isWellFormed(), kept.includes('\0')]).toEqual([text.length, true, false])
    }),
  )
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseJson } from './parse-json.ts'

test('integers over 2^53 arrive as the digits that stood there', () => {
  expect(parseJson('{"id":5741311269466832926,"in":[-9007199254740993,9007199254740991]}')).toEqual({
    id: '5741311269466832926',
    in: ['-9007199254740993', 9007199254740991],
  })
})

test('digits inside strings, long fractions and exponents stay what they are', () => {
  const text = '{"token":"1234567890123456789","pi":3.14159265358979312,"big":1e300,"12345678901234567890":1}'
  expect(parseJson(text)).toEqual(JSON.parse(text))
})

test('everything else is read as JSON.parse reads it', () => {
  const longAsText = (_key: string, value: unknown) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(String(value)) ? String(value) : value
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(parseJson(JSON.stringify(value))).toEqual(JSON.parse(JSON.stringify(value), longAsText))
    }),
    { numRuns: 500 },
  )
})

test('no JSON is a SyntaxError', () => {
  expect(() => parseJson('<html>1234567890123456789</html>')).toThrow(SyntaxError)
})

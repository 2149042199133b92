import { expect, test } from 'vitest'
import { refusalOf, type Refusals } from './refusals.ts'

const table: Refusals<{ after?: number }> = [
  [429, null, 'throttled', ({ after }) => (after === undefined ? {} : { after })],
  [[403, 'FORBIDDEN'], /blocked/, 'blocked'],
  [403, null, 'not_allowed_yet'],
  ['*', /quota/, 'limited'],
]
const of = (code: number | string, words = '', answer = {}) => refusalOf(table, { code, words }, answer)

test('the first row that fits wins; its words stay beside our code', () => {
  expect(of(403, 'you were blocked')).toMatchObject({ code: 'blocked', details: { words: 'you were blocked' } })
  expect(of('FORBIDDEN', 'blocked')).toMatchObject({ code: 'blocked' })
  expect(of(403, 'something else')).toMatchObject({ code: 'not_allowed_yet' })
})
test('a row may read more from the answer', () => {
  expect(of(429, 'slow down', { after: 5 })).toMatchObject({ code: 'throttled', details: { after: 5 } })
  expect(of(429, 'slow down').details).toEqual({ words: 'slow down' })
})
test('* is any code', () => {
  expect(of(418, 'quota is spent')).toMatchObject({ code: 'limited' })
})
test('no row: refused, with the platform’s own words', () => {
  expect(of(418, 'I am a teapot')).toMatchObject({ code: 'refused', details: { words: 'I am a teapot' } })
})

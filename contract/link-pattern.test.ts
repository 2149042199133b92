import { expect, test } from 'vitest'
import { fillLink } from './link-pattern.ts'

test('an address stays an address, and what would end it is encoded', () => {
  expect(
    fillLink('mailto:{handle}?subject=%5BParley%20{token}%5D', { handle: 'shop+a@shop.example', token: 'T' }),
  ).toBe('mailto:shop%2Ba@shop.example?subject=%5BParley%20T%5D')
  expect(fillLink('mailto:{handle}', { handle: 'a?cc=b&c@shop.example' })).toBe('mailto:a%3Fcc%3Db%26c@shop.example')
})

test('a page is an address itself; what is not known is left out', () => {
  expect(fillLink('{page}#parley={token}', { page: 'https://shop.example/a?b' })).toBe(
    'https://shop.example/a?b#parley=',
  )
})

import { expect, test } from 'vitest'
import { ownPlace } from './own-place.ts'

test('a place of the window is gone on to', () => {
  for (const place of ['/', '/inbox', '/inbox/1?view=all#last', '/settings/members', '/a//b', '/@olga', '/:80'])
    expect(ownPlace(place)).toBe(place)
})

test('nothing leads elsewhere, however it is spelt', () => {
  const elsewhere = [
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/\t/evil.example',
    '/\n//evil.example',
    '\t//evil.example',
    '/\r\\evil.example',
    '/..//evil.example',
    '/./\\evil.example',
    '/a/..//evil.example',
    'https://evil.example',
    'https:evil.example',
    'javascript:alert(1)',
    ' //evil.example',
    'evil.example',
    '',
    null,
    undefined,
    ['/inbox'],
    { toString: () => '/inbox' },
  ]
  expect(elsewhere.filter((next) => ownPlace(next) !== undefined)).toEqual([])
})

import { expect, test } from 'vitest'
import { sizeOf } from './times.ts'

test('a size is counted as the language counts', () => {
  expect([0, 1, 5, 4_300_000].map((bytes) => sizeOf(bytes, 'en'))).toEqual(['0 bytes', '1 byte', '5 bytes', '4.1 MB'])
  expect([0, 1, 2, 5].map((bytes) => sizeOf(bytes, 'ru').replace('\u00a0', ' '))).toEqual([
    '0 байт',
    '1 байт',
    '2 байта',
    '5 байт',
  ])
})

import { afterEach, expect, test, vi } from 'vitest'
import { exactTime } from '../../ui/ago.tsx'
import { clockOf, dayAndClock, fullTime, sizeOf } from './times.ts'

afterEach(() => vi.unstubAllGlobals())

test('an hour reads alike wherever it stands', () => {
  vi.stubGlobal('navigator', { languages: ['en-US'] })
  const at = new Date(2026, 10, 27, 7, 16).toISOString()
  expect(clockOf(at, 'en')).toMatch(/^07:16\sAM$/)
  for (const words of [dayAndClock(at, 'en'), exactTime(at)]) expect(words).toContain(clockOf(at, 'en'))
  expect(fullTime(at, 'en')).toContain('07:16:00')
})

test('a size is counted as the language counts', () => {
  expect([0, 1, 5, 4_300_000].map((bytes) => sizeOf(bytes, 'en'))).toEqual(['0 bytes', '1 byte', '5 bytes', '4.1 MB'])
  expect([0, 1, 2, 5].map((bytes) => sizeOf(bytes, 'ru').replace('\u00a0', ' '))).toEqual([
    '0 байт',
    '1 байт',
    '2 байта',
    '5 байт',
  ])
})

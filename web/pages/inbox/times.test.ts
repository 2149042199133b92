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

test('a day of another year says which, unless it comes within the next months', () => {
  const now = new Date(2026, 10, 27)
  const said = (...[year, month]: [year: number, month: number]) =>
    dayAndClock(new Date(year, month, 10, 10).toISOString(), 'en', now)
  expect([said(2026, 1), said(2027, 1)]).toEqual([
    expect.not.stringContaining('202'),
    expect.not.stringContaining('202'),
  ])
  expect([said(2027, 3), said(2025, 11), said(2028, 1)]).toEqual([
    expect.stringContaining('2027'),
    expect.stringContaining('2025'),
    expect.stringContaining('2028'),
  ])
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

import { afterEach, expect, test, vi } from 'vitest'
import { localeOf } from './words.ts'

afterEach(() => vi.unstubAllGlobals())

test.each([
  ['the region that the browser names', ['de', 'en-GB', 'ru'], 'en', 'en-GB'],
  ['the language alone where the browser has none of it', ['de'], 'ru', 'ru'],
  ['nothing that is no language tag, as a server’s browser may name it', ['en-US@posix'], 'en', 'en'],
])('dates follow %s', (_, languages, wanted, locale) => {
  vi.stubGlobal('navigator', { languages })
  expect(localeOf(wanted)).toBe(locale)
  expect(() => new Intl.DateTimeFormat(localeOf(wanted))).not.toThrow()
})

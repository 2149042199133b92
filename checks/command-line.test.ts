import { afterEach, expect, test, vi } from 'vitest'
import { wholeNumberOf } from '#tests/support/command-line.ts'

afterEach(() => void vi.unstubAllEnvs())

test('a run of tests that is told no number of things, or none, does not begin, and says what is wanted', () => {
  const given = (value: string) => {
    vi.stubEnv('PARLEY_TURNS', value)
    return () => wholeNumberOf('PARLEY_TURNS', 4, { least: 1 })
  }
  for (const nonsense of ['0', '-1', '1.5', 'abc', '', ' ', '1e999'])
    expect(given(nonsense)).toThrow(`PARLEY_TURNS is a whole number of 1 at least, not "${nonsense}".`)
  expect(given('7')()).toBe(7)
  vi.unstubAllEnvs()
  expect(wholeNumberOf('PARLEY_TURNS', 4, { least: 1 })).toBe(4)
})

import { expect, test } from 'vitest'
import { visitorQuota } from './visitor-quota.ts'

function aQuota() {
  let at = 0
  const quota = visitorQuota(() => at)
  return { quota, pass: (ms: number) => (at += ms) }
}

test('one talk may burst, is then told how long to wait, and may go on after that', () => {
  const { quota, pass } = aQuota()
  const waits = Array.from({ length: 61 }, () => quota.take('1.2.3.4', 'ann'))
  expect(waits.slice(0, 60).every((wait) => wait === 0)).toBe(true)
  expect(waits[60]).toBe(1)
  pass(1000)
  expect(quota.take('1.2.3.4', 'ann')).toBe(0)
})

test('a loud talk leaves the others of its office alone', () => {
  const { quota } = aQuota()
  for (let n = 0; n < 100; n++) quota.take('1.2.3.4', 'loud')
  expect(quota.take('1.2.3.4', 'quiet')).toBe(0)
})

test('an address that opens talk after talk is held, and others are not', () => {
  const { quota } = aQuota()
  const waits = Array.from({ length: 500 }, () => quota.take('1.2.3.4', undefined))
  expect(waits.filter((wait) => wait === 0)).toHaveLength(400)
  expect(quota.take('1.2.3.5', undefined)).toBe(0)
})

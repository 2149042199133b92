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

test('a household of IPv6 is one address, however many it calls itself', () => {
  const { quota } = aQuota()
  const waits = Array.from({ length: 500 }, (_, n) => quota.take(`2001:db8:1:2::${n.toString(16)}`, undefined))
  expect(waits.filter((wait) => wait === 0)).toHaveLength(400)
  expect(quota.take('2001:db8:1:3::1', undefined)).toBe(0)
})

test('what a talk is refused costs its office nothing', () => {
  const { quota } = aQuota()
  const MB = 1_000_000
  for (let n = 0; n < 50; n++) quota.upload('1.2.3.4', 'ann', 25 * MB)
  expect(quota.upload('1.2.3.4', 'bob', 25 * MB)).toBe(0)
})

test('an office that has spent its allowance spends none of its talks’', () => {
  const { quota, pass } = aQuota()
  const MB = 1_000_000
  for (const chat of ['ann', 'bob', 'cid', 'dan']) quota.upload('1.2.3.4', chat, 250 * MB)
  for (let n = 0; n < 50; n++) expect(quota.upload('1.2.3.4', 'eve', 25 * MB)).toBeGreaterThan(0)
  pass(43_200_000)
  expect(quota.upload('1.2.3.4', 'eve', 250 * MB)).toBe(0)
})

test('a talk that fills the disk is held for the day, and the next one of its office is not', () => {
  const { quota, pass } = aQuota()
  const MB = 1_000_000
  const waits = Array.from({ length: 11 }, () => quota.upload('1.2.3.4', 'ann', 25 * MB))
  expect(waits.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 0))
  expect(waits[10]).toBe(8_640)
  expect(quota.upload('1.2.3.4', 'bob', 25 * MB)).toBe(0)
  pass(8_640_000)
  expect(quota.upload('1.2.3.4', 'ann', 25 * MB)).toBe(0)
})

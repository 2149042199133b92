import { expect, test } from 'vitest'
import { breaker } from './breaker.ts'

const MINUTE = 60_000

test('three failures in a row open it, a success in between does not let them add up', () => {
  const one = breaker()
  expect([one.failed(0), one.failed(0)]).toEqual([false, false])
  one.succeeded()
  expect([one.failed(0), one.failed(0), one.failed(0)]).toEqual([false, false, true])
  expect(one.state).toBe('open')
})

test('what came half open opens again at its first failure, and closes at its first success', () => {
  const one = opened(0)
  one.probed(true, 1_000)
  expect(one.failed(1_100)).toBe(true)
  one.probed(true, 2_000)
  expect(one.state).toBe('half_open')
  one.succeeded()
  expect(one.state).toBe('closed')
})

test('a late success does not close what is open, and has it probed at once: whoever called the channel away must hear that it is back', () => {
  const one = opened(0)
  one.succeeded()
  expect(one.state).toBe('open')
  expect(one.probeAt).toBeLessThanOrEqual(0)
})

test('a channel that somebody else called away is probed at once, and by its own schedule from then on', () => {
  const one = breaker()
  one.calledAway(7)
  expect(one.state).toBe('open')
  expect(one.probeAt).toBe(7)
  one.probed(false, 8)
  one.calledAway(9)
  expect(one.probeAt).toBeGreaterThan(9)
})

test('a sign of life does not open what is closed by half', () => {
  const one = breaker()
  one.probed(true, 0)
  expect(one.state).toBe('closed')
})

test('in the first five minutes of an outage no probe is later than 5 s, in the first hours none than a minute', () => {
  const one = opened(0)
  let now = 0
  let probes = 0
  while (now < 6 * 60 * MINUTE) {
    const gap = one.probeAt - now
    expect(gap).toBeLessThanOrEqual(now <= 5 * MINUTE ? 5_000 : MINUTE)
    expect(gap).toBeGreaterThanOrEqual(1_000)
    now = one.probeAt
    probes++
    // Whether the question itself is answered makes no difference while what is sent fails.
    one.probed(probes % 2 === 0, now)
    if (one.state === 'half_open') one.failed(now)
  }
  expect(probes).toBeLessThan(800)
})

test('a channel that an earlier owner left away is probed at once', () => {
  const one = breaker(7)
  expect(one.state).toBe('open')
  expect(one.probeAt).toBe(7)
})

function opened(at: number) {
  const one = breaker()
  while (!one.failed(at)) continue
  return one
}

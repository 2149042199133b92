import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { pacing } from './pacing.ts'

const SECOND = 1000
const RATES = { channel: [{ n: 30, per: 1 }], chat: [{ n: 1, per: 1, burst: 3 }] }

describe('a channel speaks no faster than its platform allows', () => {
  test('a new owner begins with a half-empty bucket', () => {
    expect(pacing(RATES, 0).room(0)).toBe(15)
  })

  test('one chat gets its burst, then one a second', () => {
    const pace = pacing(RATES, -4 * SECOND)
    for (let n = 0; n < 3; n++) pace.take('7', 0)
    expect(pace.chatReadyAt('7', 0)).toBeCloseTo(SECOND)
    expect(pace.chatReadyAt('8', 0)).toBe(0)
    expect(pace.waitingLanes(0)).toEqual(['7'])
    expect(pace.waitingLanes(SECOND + 1)).toEqual([])
  })

  test('a new owner does not know what the one before has just sent to a chat', () => {
    const pace = pacing(RATES, 0)
    pace.take('7', 0)
    expect(pace.chatReadyAt('7', 0)).toBeCloseTo(0.5 * SECOND)
  })

  test('a group is written to at the rate of groups, a person is not', () => {
    const pace = pacing({ chat: [{ n: 1, per: 1 }], group: [{ n: 20, per: 60, burst: 1 }] }, -100 * SECOND)
    pace.take('group', 0, 'room')
    pace.take('person', 0, 'person')
    expect(pace.chatReadyAt('group', 0)).toBeCloseTo(3 * SECOND)
    expect(pace.chatReadyAt('person', 0)).toBeCloseTo(SECOND)
  })

  test('a new owner waits as long as the one before was told to, and goes on at his rate', () => {
    const pace = pacing({ channel: [{ n: 10, per: 1 }] }, 0, { blockedUntil: 30 * SECOND, factor: 0.5 })
    expect(pace.room(29 * SECOND)).toBe(0)
    expect(pace.room(31 * SECOND)).toBe(10)
    for (let n = 0; n < 10; n++) pace.take('7', 31 * SECOND)
    expect(pace.room(32 * SECOND)).toBe(5)
  })

  test('"wait 35 s" stops the whole channel for 35 s, and no try is counted here', () => {
    const pace = pacing(RATES, 0)
    expect(pace.throttled('7', 35 * SECOND, 'channel', 0)).toBe(35 * SECOND)
    expect(pace.room(34 * SECOND)).toBe(0)
    expect(pace.room(36 * SECOND)).toBeGreaterThan(0)
  })

  test('"wait" for one chat leaves the others alone', () => {
    const pace = pacing(RATES, 0)
    pace.throttled('7', 5 * SECOND, 'chat', 0)
    expect(pace.room(0)).toBe(15)
    expect(pace.chatReadyAt('7', 0)).toBe(5 * SECOND)
    expect(pace.chatReadyAt('8', 0)).toBe(0)
  })

  test('a refusal without a time waits longer each time', () => {
    const pace = pacing(RATES, 0)
    expect([1, 2, 3].map(() => pace.throttled('7', null, 'channel', 0))).toEqual([1_000, 2_000, 4_000])
  })

  test('a refusal halves the rate, success lets it grow back', () => {
    const pace = pacing({ channel: [{ n: 10, per: 1, burst: 10 }] }, 0)
    for (let n = 0; n < 5; n++) pace.take('7', 0)
    pace.throttled('7', 0, 'channel', 0)
    expect(pace.room(SECOND)).toBe(5)
    for (let n = 0; n < 100; n++) pace.accepted()
    expect(pace.room(2 * SECOND)).toBe(10)
  })

  test('whoever takes only what there is room for never passes the rate, in any window of a second after the first burst', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 20, maxLength: 200 }), (steps) => {
        const pace = pacing({ channel: [{ n: 5, per: 1, burst: 5 }] }, 0)
        const sent: number[] = []
        let now = 0
        for (const step of steps) {
          now += step
          for (let room = pace.room(now); room > 0; room--) {
            pace.take('7', now)
            sent.push(now)
          }
        }
        for (const at of sent)
          expect(sent.filter((other) => other >= at && other < at + SECOND).length).toBeLessThanOrEqual(10)
      }),
    )
  })
})

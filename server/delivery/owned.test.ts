import { expect, test } from 'vitest'
import { mayStillSend, type Flight } from './owned.ts'

test('what was allowed to begin may send, as long as nothing has happened since', () => {
  expect(mayStillSend(aFlight(), 120_000)).toBe(true)
})

test('a hold, a silence that the platform asked for and a channel that is away are heeded by what began before', () => {
  expect(mayStillSend(aFlight({ hold: true }), 0)).toBe(false)
  expect(mayStillSend(aFlight({ blockedUntil: 5_000 }), 4_999)).toBe(false)
  expect(mayStillSend(aFlight({ blockedUntil: 5_000 }), 5_000)).toBe(true)
  expect(mayStillSend(aFlight({ state: 'signed_out' }), 0)).toBe(false)
})

test('what may have arrived before goes on only while a repeat is folded, and still is when it gets there', () => {
  const doubtful = aFlight({ doubtful: true, ageMs: 30_000, foldsS: 60 })
  expect(mayStillSend(doubtful, 14_000)).toBe(true)
  expect(mayStillSend(doubtful, 16_000)).toBe(false)
  expect(mayStillSend(aFlight({ doubtful: false, ageMs: 30_000, foldsS: 60 }), 16_000)).toBe(true)
})

function aFlight({ hold = false, blockedUntil = 0, state = 'ready', doubtful = false, ageMs = 0, foldsS = 0 } = {}) {
  return {
    owned: {
      channel: { state, hold, abilities: { idempotency: { seconds: foldsS } } },
      breaker: { state: 'closed' },
      pace: { blockedUntil },
    },
    row: { doubtful },
    dispatch: { ageMs },
    begunAt: 0,
  } as unknown as Flight
}

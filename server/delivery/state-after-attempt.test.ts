import { expect, test } from 'vitest'
import { stateAfterAttempt } from './state-after-attempt.ts'

test('an attempt says where its delivery stands, told as being sent or not', () => {
  for (const was of ['queued', 'sending'] as const)
    for (const came of ['queued', 'sent', 'failed', 'unconfirmed'] as const)
      expect(stateAfterAttempt(was, came)).toBe(came)
})

test('a failure that was reported before the answer stays a failure, whatever the answer says', () => {
  for (const came of ['queued', 'sent', 'unconfirmed'] as const)
    expect(stateAfterAttempt('failed', came)).toBe('failed')
})

test('what was reported as sent is not unconfirmed because the answer was cut', () => {
  expect(stateAfterAttempt('sent', 'unconfirmed')).toBe('sent')
  expect(stateAfterAttempt('read', 'sent')).toBe('read')
})

import { describe, expect, test } from 'vitest'
import { Unknown, WireBroken } from '#connector-kit/perform.ts'
import { SendError } from '#connector-kit/send-error.ts'
import { SEND_ERROR_CODES, verdictOf } from '#contract/message/send-errors.ts'
import { verdictAfter } from './verdict.ts'

const attempt = {
  tries: 0,
  waits: 0,
  marked: true,
  folds: false,
  random: 0.5,
  scrub: (words: string) => words.replaceAll('t0ken', '•••'),
}

describe('what becomes of a delivery after an attempt', () => {
  test('whatever may have arrived is never sent again by itself', () => {
    expect(verdictAfter(new Unknown('502'), attempt).is).toBe('unconfirmed')
    expect(verdictAfter(new SendError('unconfirmed'), attempt).is).toBe('unconfirmed')
  })

  test('where the platform folds twins, what may have arrived is asked again with the same key', () => {
    expect(verdictAfter(new Unknown('502'), { ...attempt, folds: true })).toMatchObject({ is: 'again', counts: false })
  })

  test('a mistake of ours after the mark may have happened after the platform accepted', () => {
    expect(verdictAfter(new TypeError('x is undefined'), attempt).is).toBe('unconfirmed')
    expect(verdictAfter(new TypeError('x is undefined'), { ...attempt, marked: false })).toMatchObject({
      is: 'again',
      code: 'bug',
      counts: true,
    })
  })

  test('a broken wire waits longer each time, without counting a try', () => {
    const wait = (waits: number) => verdictAfter(new WireBroken('reset', false), { ...attempt, waits, random: 1 })
    expect(wait(0)).toMatchObject({ is: 'again', code: 'wire', counts: false, waitMs: 1_000 })
    expect(wait(3)).toMatchObject({ waitMs: 8_000 })
    expect(wait(30)).toMatchObject({ waitMs: 15 * 60_000 })
  })

  test('"wait 35 s" waits 35 s', () => {
    expect(verdictAfter(new SendError('throttled', { after: 35 }), attempt)).toMatchObject({
      is: 'again',
      waitMs: 35_000,
      counts: false,
    })
  })

  test('tries that count come to an end', () => {
    const error = new SendError('media_not_ready')
    expect(verdictAfter(error, { ...attempt, tries: 8 }).is).toBe('again')
    expect(verdictAfter(error, { ...attempt, tries: 9 })).toMatchObject({ is: 'failed', code: 'media_not_ready' })
  })

  test('waits that do not count use up no try', () => {
    expect(verdictAfter(new SendError('media_not_ready'), { ...attempt, waits: 50 })).toMatchObject({
      is: 'again',
      counts: true,
    })
  })

  test('our secrets do not stand in the platform’s words', () => {
    expect(verdictAfter(new SendError('refused', { words: 'bad t0ken' }), attempt)).toMatchObject({
      details: { words: 'bad •••' },
    })
  })

  test.each(SEND_ERROR_CODES)('%s ends, waits or is unknown, as its row in the table says', (code) => {
    const { is } = verdictAfter(new SendError(code), attempt)
    const { retry, ...rest } = verdictOf(code)
    const expected =
      ('delivered' in rest && rest.delivered) || code === 'bug' ? 'unconfirmed' : retry === 'no' ? 'failed' : 'again'
    expect(is).toBe(expected)
  })
})

import { expect, test } from 'vitest'
import { WireBroken } from '#connector-kit/perform.ts'
import { SendError } from '#connector-kit/send-error.ts'
import { saidOf } from './said.ts'

test.each([
  [
    'the words of the platform, without our code',
    new SendError('signed_out', { words: 'Unauthorized' }),
    'Unauthorized',
  ],
  ['nothing, where it said nothing', new SendError('signed_out'), ''],
  ['the words of the wire', new WireBroken('nobody answers', false), 'nobody answers'],
  ['nothing of a mistake of ours', new TypeError('x is not a function'), ''],
])('a window is told %s', (_, error, words) => expect(saidOf(error)).toBe(words))

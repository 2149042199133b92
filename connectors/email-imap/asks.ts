/** Questions about the mailbox. Both go over the line: opening it has signed in to the receiving server, the frame tries the sending one. */
import type { Asks } from '#connector-kit/connector.ts'
import { refusalOf } from '#connector-kit/refusals.ts'
import { SendError } from '#connector-kit/send-error.ts'
import { SmtpAnswer, type FetchFrame, type Frame } from './frames.ts'
import { REFUSALS } from './refusals.ts'
import { remoteIn, WHOLE } from './remotes.ts'
import type { Settings } from './settings.ts'

export const asks: Asks<Settings> = {
  *me({ settings: { address } }) {
    const reply = yield { via: 'line', frame: { do: 'prove' } satisfies Frame }
    const answer = SmtpAnswer.parse(reply.body)
    if (answer.code !== 250) throw refusalOf(REFUSALS, answer, answer)
    return { id: address, name: address, handle: address }
  },

  // oxlint-disable-next-line require-yield -- a plan that needs no request
  *file(text) {
    const remote = remoteIn(text)
    if (!remote.cut && remote.what !== WHOLE) throw new SendError('gone', { words: 'the letter is not kept any more' })
    return { frame: { do: 'fetch', remote } satisfies FetchFrame }
  },
}

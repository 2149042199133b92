/** One op → the requests that do it. Pure: `fit` has already cut the content to what the abilities allow. */
import { z } from 'zod'
import type { Context, Op, Plan, Sent } from '#connector-kit/connector.ts'
import { SendError } from '#connector-kit/send-error.ts'
import { call, read } from './api.ts'
import type { Settings } from './settings.ts'

export function* outgoing(op: Op, c: Context<Settings>): Plan<Sent> {
  switch (op.do) {
    case 'message': {
      const [part] = op.content.parts
      if (part?.kind !== 'text') throw new SendError('content_refused', { field: part?.kind ?? 'parts' })
      const { id } = read(
        yield call(c, '/messages', { to: op.chat ?? op.to, text: part.text }, 'final'),
        z.object({ id: z.string() }),
      )
      return { ids: [id] }
    }
    // The abilities claim none of these, so nobody asks for them.
    case 'edit':
    case 'delete':
    case 'react':
    case 'read':
    case 'typing':
    case 'answer':
      return { ids: [] }
  }
}

/**
 * One op → one entry of the chat's stream. The op's key is the entry's key and the message's id: a repeat is folded by the stream,
 * so nothing has to be marked before it leaves.
 */
import type { Context, Op, Plan, Sent } from '#connector-kit/connector.ts'
import { SendError } from '#connector-kit/send-error.ts'
import type { ChatEntry, PassingFrame } from '#contract/visitor-talk.ts'
import type { Settings } from './settings.ts'

export function* outgoing(op: Op, c: Context<Settings>): Plan<Sent> {
  const chat = op.chat ?? op.to
  if (!chat) throw new SendError('no_such_identity')
  const enter = (entry: ChatEntry) => ({ via: 'socket' as const, chat, key: op.key, frame: entry })
  const at = c.now.toISOString()
  switch (op.do) {
    case 'message': {
      const { content, replyTo } = op
      yield enter({
        t: 'message',
        id: op.key,
        from: 'team',
        at,
        content,
        ...(replyTo ? { replyTo: replyTo.id } : {}),
      })
      return { ids: [op.key], chat }
    }
    case 'edit':
      yield enter({ t: 'edit', id: op.target.id, by: 'team', at, content: op.content })
      return NOTHING
    case 'delete':
      yield enter({ t: 'delete', id: op.target.id, by: 'team' })
      return NOTHING
    case 'react':
      yield enter({ t: 'react', id: op.target.id, by: 'team', emoji: op.emoji })
      return NOTHING
    case 'read':
      yield { via: 'socket', chat, key: `read ${op.upTo.id}`, frame: { t: 'read', id: op.upTo.id } satisfies ChatEntry }
      return NOTHING
    case 'typing': {
      const frame: PassingFrame = { t: 'typing', on: op.kind !== 'stop' }
      yield { via: 'socket', chat, key: op.key, frame, passing: true }
      return NOTHING
    }
    // The widget shows a press at once; there is no spinner to end.
    case 'answer':
      return NOTHING
  }
}

const NOTHING: Sent = { ids: [] }

import { expect, test } from 'vitest'
import type { Op, Request } from '#connector-kit/connector.ts'
import type { ChannelId, ConversationId, MemberId, WorkspaceId } from '#contract/ids.ts'
import type { LiveChannel } from '#server/channels/live.ts'
import { silentLog, until } from '#tests/support/parts.ts'
import { losable } from './losable.ts'

test('a pressed button hears that it was heard', async () => {
  const { hints, ops, asked } = onA({ choices: { buttons: {} } })
  hints.answer(CHANNEL, 'ann', 'press-1')
  await until(() => asked.length === 1)
  expect(ops).toMatchObject([{ do: 'answer', chat: 'ann', press: 'press-1' }])
})

test.each([
  ['whose network has no buttons', {}, 'ready'],
  ['that is paused', { choices: { buttons: {} } }, 'paused'],
])('a channel %s is not asked to end a spinner', async (_, abilities, state) => {
  const { hints, asked } = onA(abilities, state)
  hints.answer(CHANNEL, 'ann', 'press-1')
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(asked).toEqual([])
})

test('of two who type the last one ends it, and nobody ends what he did not begin', async () => {
  const { hints, ops } = onA({ typing: { out: 'full' } })
  const type = (member: MemberId, on: boolean) => hints.typing('shop' as WorkspaceId, CONVERSATION, member, on)
  type(BORIS, false)
  type(ANN, true)
  type(BORIS, true)
  type(ANN, false)
  await until(() => ops.length > 0)
  expect(ops).toMatchObject([{ do: 'typing', chat: 'ann', kind: 'text' }])
  type(BORIS, false)
  type(BORIS, false)
  await until(() => ops.length > 1)
  expect(ops.slice(1)).toMatchObject([{ do: 'typing', chat: 'ann', kind: 'stop' }])
})

const CHANNEL = 'channel' as ChannelId
const CONVERSATION = 'conversation' as ConversationId
const [ANN, BORIS] = ['ann' as MemberId, 'boris' as MemberId]

function onA(abilities: object, state = 'ready') {
  const ops: Op[] = []
  const asked: Request[] = []
  const connector = {
    outgoing: function* (op: Op) {
      ops.push(op)
      yield { via: 'http', method: 'POST', url: 'https://pigeon.example' }
      return { ids: [] }
    },
  }
  const channel = { id: CHANNEL, state, hold: false, abilities, connector } as unknown as LiveChannel
  const hints = losable({
    database: { inWorkspace: async () => ({ rows: [{ channel: CHANNEL, chat: 'ann', id: 'm1' }] }) } as never,
    channels: { get: async () => channel, active: async () => [], forget: () => {} },
    wireOf: () => async (request) => {
      asked.push(request)
      return { status: 200, headers: {}, body: {}, text: '' }
    },
    contextOf: () => ({}) as never,
    log: silentLog,
  })
  return { hints, ops, asked }
}

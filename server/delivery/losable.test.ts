import { expect, test } from 'vitest'
import type { Op, Request } from '#connector-kit/connector.ts'
import type { ChannelId } from '#contract/ids.ts'
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

const CHANNEL = 'channel' as ChannelId

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
    database: undefined as never,
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

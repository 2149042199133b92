/** The answer to an act and the feed, in whichever order they come. */
import { beforeEach, expect, test } from 'vitest'
import type { MessageView } from '#contract/calls/conversations.ts'
import { client } from '../../../app/client.ts'
import { aDelivery, aMessage } from '../testing.ts'
import { fromPage, type ThreadPages } from './thread-pages.ts'
import { keepAnswer, keepTold, THREAD } from './use-thread.ts'

const KEY = [THREAD, 'talk', null]
const being = (state: 'unconfirmed' | 'queued' | 'sent') => aMessage('a', { deliveries: [aDelivery({ state })] })
const shown = () => client.getQueryData<ThreadPages>(KEY)!.items.map(({ deliveries }) => deliveries[0]!.state)

beforeEach(() =>
  client.setQueryData(KEY, fromPage({ items: [being('unconfirmed')], next: null, newer: null } as never)),
)

test('an answer that comes before the feed is shown at once', async () => {
  await keepAnswer(Promise.resolve(being('queued')))
  expect(shown()).toEqual(['queued'])
  keepTold(being('sent'))
  expect(shown()).toEqual(['sent'])
})

test('an answer that comes behind the feed takes nothing back', async () => {
  const { promise, resolve } = Promise.withResolvers<MessageView>()
  const kept = keepAnswer(promise)
  keepTold(being('queued'))
  keepTold(being('sent'))
  resolve(being('queued'))
  await kept
  expect(shown()).toEqual(['sent'])
})

import { expect, test, vi } from 'vitest'
import type { FeedEvent, FeedHint } from '#contract/feed/event.ts'
import type { ConversationId, MemberId } from '#contract/ids.ts'
import { announceSent, announceStopped, announceTyping, presenceIn, takeHints, takeSaid } from './presence.ts'

const { call } = vi.hoisted(() => ({
  call: vi.fn<(endpoint: unknown, given: { body: { typing: unknown } }) => Promise<unknown>>(async () => ({})),
}))
vi.mock('../../app/call.ts', () => ({ call }))

const member = 'olga' as MemberId
let count = 0
/** Of one conversation, at this second. */
function talk() {
  const conversation = `talk ${++count}` as ConversationId
  return {
    hear: (hint: string, second: number) =>
      takeHints([{ hint, conversation, member } as unknown as FeedHint], second * 1_000),
    says: (second: number) =>
      takeSaid(
        [{ kind: 'message.added', message: { conversation, author: { member } } } as unknown as FeedEvent],
        second * 1_000,
      ),
    now: () => presenceIn(conversation),
  }
}

test('whoever stops typing types no longer, and is still here', () => {
  const { hear, now } = talk()
  hear('member.typing', 0)
  expect(now()).toEqual([{ member, isTyping: true }])
  hear('member.stopped', 1)
  expect(now()).toEqual([{ member, isTyping: false }])
  hear('member.typing', 2)
  expect(now()).toEqual([{ member, isTyping: true }])
})

test('to look on ends no typing; it fades by itself', () => {
  const { hear, now } = talk()
  hear('member.typing', 0)
  hear('member.views', 7)
  expect(now()).toEqual([{ member, isTyping: true }])
  hear('member.views', 11)
  expect(now()).toEqual([{ member, isTyping: false }])
})

test('what was sent is typed no longer; who was not here is not brought here by it', () => {
  const { hear, says, now } = talk()
  says(0)
  expect(now()).toEqual([])
  hear('member.typing', 0)
  says(1)
  expect(now()).toEqual([{ member, isTyping: false }])
})

test('a hint of a newer server is passed over', () => {
  const { hear, now } = talk()
  hear('member.dreams', 0)
  expect(now()).toEqual([])
})

test('typing is told once in a while, and at once after what was sent or taken away', () => {
  const conversation = `talk ${++count}` as ConversationId
  const told = () => call.mock.calls.splice(0).map(([, { body }]) => body.typing)
  for (let key = 0; key < 3; key++) announceTyping(conversation)
  expect(told()).toEqual([true])
  announceSent(conversation)
  announceTyping(conversation)
  announceTyping(conversation)
  expect(told()).toEqual([true])
  announceStopped(conversation)
  announceTyping(conversation)
  expect(told()).toEqual(['stopped', true])
})

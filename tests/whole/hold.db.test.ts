/** After a restore nothing leaves until a member has decided (docs/trust-cases.md, 20). */
import { beforeEach, expect, test } from 'vitest'
import {
  decideHold,
  getHold,
  listConversations,
  listHold,
  listMessages,
  sendMessage,
} from '#contract/calls/conversations.ts'
import { plain } from '#contract/message/content.ts'
import { holdEverything } from '#server/delivery/hold.ts'
import { until } from '#tests/support/parts.ts'
import { telegramShop } from '#tests/support/telegram-shop.ts'

const { telegram, parley, owner } = await telegramShop()
const ann = telegram.phone('Ann')
const bob = telegram.phone('Bob')
await ann.say(plain('Hello'))
await bob.say(plain('Hello'))
const [toAnn, toBob] = await until(async () => {
  const { items } = await owner.call(listConversations, { query: {} })
  const of = (name: string) => items.find((each) => each.name === name)?.id
  return items.length === 2 && ([of('Ann')!, of('Bob')!] as const)
})

const seen = (phone: typeof ann) => phone.sees().flatMap(({ from, content }) => (from === 'us' ? wordsOf(content) : []))
const wordsOf = (content: { parts: unknown[] }) => content.parts.map((part) => (part as { text?: string }).text ?? '')
const say = (id: typeof toAnn, text: string) => owner.call(sendMessage, { params: { id }, body: { text } })
/** Long enough for a sender that would send. */
const aWhile = () => new Promise((resolve) => setTimeout(resolve, 1_500))

let round = 0
beforeEach(async () => {
  round++
  await holdEverything(parley.test.database)
  await parley.restart()
  await say(toAnn, `first ${round}`)
  await say(toAnn, `second ${round}`)
  await say(toBob, `to Bob ${round}`)
})

test('in hold nothing leaves, and it is said how much waits; "send" lets it go in order', async () => {
  await aWhile()
  expect([...seen(ann), ...seen(bob)]).toEqual([])
  const hold = await owner.call(getHold)
  expect(hold).toMatchObject({ hold: true, queued: 3 })
  expect(Date.parse(hold.newest!)).toBeGreaterThanOrEqual(Date.parse(hold.oldest!))

  expect(await owner.call(decideHold, { body: { decision: 'send' } })).toMatchObject({ hold: false, queued: 0 })
  await until(() => seen(ann).length === 2 && seen(bob).length === 1)
  expect(seen(ann)).toEqual(['first 1', 'second 1'])
})

test('"drop" cancels what was queued, and what is written afterwards goes', async () => {
  expect(await owner.call(decideHold, { body: { decision: 'drop' } })).toMatchObject({ hold: false, queued: 0 })
  await say(toAnn, 'afterwards')
  await until(() => seen(ann).includes('afterwards'))
  await aWhile()
  expect([...seen(ann), ...seen(bob)].filter((words) => words.endsWith('2'))).toEqual([])
})

test('one by one: each waits for its own word, and other chats go on', async () => {
  const held = await owner.call(listHold, { query: {} })
  expect(held.items.map(({ text, contact }) => `${contact}: ${text}`)).toEqual([
    'Ann: first 3',
    'Ann: second 3',
    'Bob: to Bob 3',
  ])
  const [first, second] = held.items.map(({ delivery }) => delivery)
  const after = await owner.call(decideHold, { body: { decision: 'drop', deliveries: [first!] } })
  expect(after).toMatchObject({ hold: false, queued: 2 })
  await owner.call(decideHold, { body: { decision: 'send', deliveries: [second!] } })
  await until(() => seen(ann).includes('second 3'))
  expect(seen(ann)).not.toContain('first 3')
  expect(seen(bob)).not.toContain('to Bob 3')
  expect(await owner.call(getHold)).toMatchObject({ hold: false, queued: 1 })
})

test('a decision that comes late, from another window, drops nothing that was written since', async () => {
  await owner.call(decideHold, { body: { decision: 'send' } })
  const sendAt = new Date(Date.now() + 3_600_000).toISOString()
  const { id } = await owner.call(sendMessage, { params: { id: toAnn }, body: { text: 'in an hour', sendAt } })
  await owner.call(decideHold, { body: { decision: 'drop' } })
  const { items } = await owner.call(listMessages, { params: { id: toAnn }, query: {} })
  expect(items.find((message) => message.id === id)?.deliveries).toMatchObject([{ state: 'queued' }])
})

test('an agent may see that there is a hold, and may not decide', async () => {
  const agent = await parley.member('agent')
  expect(await agent.call(getHold)).toMatchObject({ hold: true })
  expect((await agent.ask('POST', '/api/hold', { body: { decision: 'send' } })).status).toBe(403)
})

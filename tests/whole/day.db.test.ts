/** A day at the inbox over the API: paging while people write, snooze, undo, preview, two members, words found in all their forms. */
import { expect, test } from 'vitest'
import { listChannels } from '#contract/calls/channels.ts'
import { changeContact, mergeContacts, undoAct, undoActs } from '#contract/calls/contacts.ts'
import {
  changeConversation,
  changeConversations,
  editMessage,
  getConversation,
  listConversations,
  listMessages,
  listRoads,
  previewMessage,
  sendMessage,
} from '#contract/calls/conversations.ts'
import { search } from '#contract/calls/search.ts'
import type { ActId, ConversationId, FileId } from '#contract/ids.ts'
import { MOST_FACTS } from '#contract/limits.ts'
import { plain, wordsOf } from '#contract/message/content.ts'
import { holding, untilWaiting } from '#tests/support/locks.ts'
import { until } from '#tests/support/parts.ts'
import { aPng } from '#tests/support/samples.ts'
import { telegramShop } from '#tests/support/telegram-shop.ts'

const { telegram, parley, owner } = await telegramShop()

const rowOf = (name: string, heard = 1) =>
  until(async () => {
    const { items } = await owner.call(listConversations, { query: { q: name } })
    return items.find((row) => row.inCount >= heard)
  })
async function aTalk(name: string, ...words: string[]) {
  const phone = telegram.phone(name)
  for (const each of words.length > 0 ? words : ['Hello']) await phone.say(plain(each))
  const row = await rowOf(name, words.length)
  return { phone, id: row.id, params: { id: row.id } }
}
const ours = (phone: { sees(): { from: string; content: ReturnType<typeof plain> }[] }) =>
  phone.sees().flatMap((seen) => (seen.from === 'us' ? [seen.content] : []))
const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString()

test('turning the pages of the list while people write shows everybody once: nobody is skipped, nobody comes twice', async () => {
  const names = Array.from({ length: 9 }, (_, index) => `Pager ${index}`)
  for (const name of names) await aTalk(name)
  const seen: string[] = []
  let cursor: string | undefined
  for (let turn = 0; turn < 9; turn++) {
    const page = await owner.call(listConversations, {
      query: { q: 'Pager', limit: 2, ...(cursor ? { cursor } : {}) },
    })
    seen.push(...page.items.map((row) => row.name))
    if (!page.next) break
    cursor = page.next
    // Who stands on a page already turned writes again, and a stranger comes: both move to the top, behind the reader.
    await telegram.phone(page.items[0]!.name).say(plain('Still there?'))
    await aTalk(`Pager late ${turn}`)
  }
  expect(seen).toEqual(names.toReversed())
})

test('turning the pages of a thread while it grows shows every message once', async () => {
  const said = Array.from({ length: 11 }, (_, index) => `line ${index}`)
  const { phone, params } = await aTalk('Reader', ...said)
  const seen: string[] = []
  let cursor: string | undefined
  for (let turn = 0; turn < 9; turn++) {
    const page = await owner.call(listMessages, { params, query: { limit: 3, ...(cursor ? { cursor } : {}) } })
    seen.push(...page.items.filter((each) => each.direction === 'in').map((each) => wordsOf(each.content)))
    if (!page.next) break
    cursor = page.next
    await phone.say(plain(`meanwhile ${turn}`))
    await rowOf('Reader', said.length + turn + 1)
  }
  expect(seen).toEqual(said.toReversed())
})

test('a snoozed conversation wakes by itself, stands at the top and says why, until somebody speaks', async () => {
  const { id, params } = await aTalk('Sleeper')
  await owner.call(changeConversation, { params, body: { snoozeUntil: inSeconds(1) } })
  await aTalk('Louder')
  expect(await owner.call(getConversation, { params })).toMatchObject({ status: 'snoozed', wokeAt: null })
  const woken = await until(async () => {
    const row = await owner.call(getConversation, { params })
    return row.status === 'open' ? row : undefined
  }, 30_000)
  expect(woken.wokeAt).toBe(woken.lastAt)
  const { items } = await owner.call(listConversations, { query: { view: 'all' } })
  expect(items[0]!.id).toBe(id)
  await owner.call(sendMessage, { params, body: { text: 'Good morning' } })
  expect((await owner.call(getConversation, { params })).wokeAt).toBeNull()
})

test('closing, assigning and snoozing are undone to what was before', async () => {
  const agent = await parley.member('agent')
  const { params } = await aTalk('Undone')
  const before = await owner.call(getConversation, { params })
  const [road] = (await owner.call(listRoads, { params })).items
  for (const body of [
    { status: 'closed' as const },
    { assignee: agent.id },
    { snoozeUntil: inSeconds(3_600) },
    { priority: 2 },
  ]) {
    const { act } = await owner.call(changeConversation, { params, body })
    expect(await owner.call(getConversation, { params })).not.toEqual(before)
    await owner.call(undoAct, { params: { id: act } })
    expect(await owner.call(getConversation, { params })).toEqual(before)
  }
  const chosen = async () =>
    parley.test.asOwner(
      `select road_identity as identity, road_channel as channel from parley.conversation where id = $1`,
      [params.id],
    )
  const { identity, channel } = road!
  const { act } = await owner.call(changeConversation, { params, body: { via: { identity, channel } } })
  expect(await chosen()).toEqual([{ identity, channel }])
  await owner.call(undoAct, { params: { id: act } })
  expect(await chosen()).toEqual([{ identity: null, channel: null }])
})

test('an undo takes back what the member did, and nothing of what a colleague did since', async () => {
  const agent = await parley.member('agent')
  const { params } = await aTalk('In two hands')
  const now = () => owner.call(getConversation, { params })
  const raised = await owner.call(changeConversation, { params, body: { priority: 2 } })
  const later = inSeconds(3_600)
  await agent.call(changeConversation, { params, body: { assignee: agent.id, snoozeUntil: later } })
  await owner.call(undoAct, { params: { id: raised.act } })
  expect(await now()).toMatchObject({ priority: 0, assignee: agent.id, status: 'snoozed', snoozedUntil: later })

  // Of two fields, the one that nobody touched.
  const both = await owner.call(changeConversation, { params, body: { priority: 1, assignee: null } })
  await agent.call(changeConversation, { params, body: { priority: -1 } })
  await owner.call(undoAct, { params: { id: both.act } })
  expect(await now()).toMatchObject({ priority: -1, assignee: agent.id })
})

test('what a colleague made the same since is his too: it stays until he takes it back', async () => {
  const agent = await parley.member('agent')
  const { params } = await aTalk('Closed twice')
  const closing = { params, body: { status: 'closed' as const } }
  const mine = await owner.call(changeConversation, closing)
  const theirs = await agent.call(changeConversation, closing)
  await expect(owner.call(undoAct, { params: { id: mine.act } })).rejects.toMatchObject({
    problem: { code: 'cannot_undo' },
  })
  await owner.call(undoAct, { params: { id: theirs.act } })
  expect((await owner.call(getConversation, { params })).status).toBe('closed')
  await owner.call(undoAct, { params: { id: mine.act } })
  expect((await owner.call(getConversation, { params })).status).toBe('open')
})

test('of a change that nothing is left of, the undo says so', async () => {
  const agent = await parley.member('agent')
  const { params, phone } = await aTalk('Overtaken')
  const { act } = await owner.call(changeConversation, { params, body: { assignee: null, status: 'closed' } })
  await agent.call(changeConversation, { params, body: { assignee: agent.id } })
  await phone.say(plain('One more thing'))
  const reopened = await until(async () => {
    const row = await owner.call(getConversation, { params })
    return row.status === 'open' && row
  })
  await expect(owner.call(undoAct, { params: { id: act } })).rejects.toMatchObject({ problem: { code: 'cannot_undo' } })
  expect(await owner.call(getConversation, { params })).toEqual(reopened)
})

test('what one did on top of the other is undone from the newest on', async () => {
  const agent = await parley.member('agent')
  const { params } = await aTalk('Thought over')
  const acts: ActId[] = []
  const states = [await owner.call(getConversation, { params })]
  for (const body of [
    { snoozeUntil: '2099-01-01T00:00:00.123456Z' },
    { status: 'closed' as const },
    { snoozeUntil: inSeconds(7_200), assignee: agent.id },
    { assignee: null, priority: 2 },
  ]) {
    const { act, conversation } = await owner.call(changeConversation, { params, body })
    acts.push(act)
    states.push(conversation)
  }
  for (const [index, act] of [...acts.entries()].toReversed()) {
    await owner.call(undoAct, { params: { id: act } })
    expect(await owner.call(getConversation, { params })).toEqual(states[index])
  }
})

test('an act of an older Parley is undone as a whole, unless somebody changed the conversation since', async () => {
  const agent = await parley.member('agent')
  const { params } = await aTalk('Of old')
  const before = await owner.call(getConversation, { params })
  const older = async (body: { status: 'closed' } | { priority: number }) => {
    const { act } = await owner.call(changeConversation, { params, body })
    // It kept what was before, and not what it changed.
    await parley.test.asOwner(`update parley.act set undo = undo - 'left' where id = $1`, [act])
    return act
  }
  const closed = await older({ status: 'closed' })
  const raised = await older({ priority: 2 })
  const { items } = await owner.call(undoActs, { body: { acts: [raised, closed] } })
  expect(items.map(({ id }) => id)).toEqual([raised, closed])
  expect(await owner.call(getConversation, { params })).toEqual(before)

  const again = await older({ status: 'closed' })
  await agent.call(changeConversation, { params, body: { assignee: agent.id } })
  await expect(owner.call(undoAct, { params: { id: again } })).rejects.toMatchObject({
    problem: { code: 'cannot_undo' },
  })
})

test('many are closed at once and come back at once; what is no conversation any more is passed over', async () => {
  const talks = [await aTalk('Many, one'), await aTalk('Many, two'), await aTalk('Many, gone')]
  const [one, two, gone] = await Promise.all(talks.map(({ params }) => owner.call(getConversation, { params })))
  await owner.call(mergeContacts, { params: { id: one!.contact! }, body: { with: gone!.contact! } })
  const conversations = talks.map(({ params }) => params.id as ConversationId)
  const closed = await owner.call(changeConversations, { body: { conversations, change: { status: 'closed' } } })
  expect(new Map(closed.conversations.map(({ id, status }) => [id, status]))).toEqual(
    new Map([one!, two!].map(({ id }) => [id, 'closed'])),
  )
  await owner.call(changeConversations, { body: { conversations: [two!.id], change: { priority: 2 } } })
  await owner.call(undoActs, { body: { acts: closed.acts } })
  expect((await owner.call(getConversation, { params: { id: two!.id } })).status).toBe(two!.status)
  await expect(owner.call(undoActs, { body: { acts: closed.acts } })).rejects.toMatchObject({
    problem: { code: 'cannot_undo' },
  })
})

test('many are undone while a colleague changes the same ones: neither waits for what the other holds', async () => {
  const talks = [await aTalk('Both, one'), await aTalk('Both, two'), await aTalk('Both, three')]
  const conversations = talks.map(({ params }) => params.id as ConversationId).toSorted()
  const { acts } = await owner.call(changeConversations, { body: { conversations, change: { status: 'closed' } } })
  // Both stand in the middle before either goes on, whichever way they came.
  const middle = `select from conversation where id = '${conversations[1]}' for update`
  await holding(parley.test, middle, async (release) => {
    const undoing = owner.call(undoActs, { body: { acts: acts.toReversed() } })
    await untilWaiting(parley.test, 1)
    const changing = owner.call(changeConversations, { body: { conversations, change: { priority: 2 } } })
    await untilWaiting(parley.test, 2)
    await release()
    expect((await undoing).items).toHaveLength(3)
    expect((await changing).acts).toHaveLength(3)
  })
})

test('of many that are undone, what nobody did and what stands behind a hundred others are no hindrance', async () => {
  const { params } = await aTalk('Often changed')
  const first = await owner.call(changeConversation, { params, body: { priority: 1 } })
  for (let turn = 0; turn < 101; turn++) await owner.call(changeConversation, { params, body: { priority: turn % 3 } })
  const unknown = crypto.randomUUID() as ActId
  const { items } = await owner.call(undoActs, { body: { acts: [unknown, first.act] } })
  expect(items.map(({ id }) => id)).toEqual([first.act])
  await expect(owner.call(undoAct, { params: { id: unknown } })).rejects.toMatchObject({
    problem: { code: 'not_found' },
  })
})

test('a contact has so many fields and no more, however few are added at once', async () => {
  const { params } = await aTalk('Known well')
  const { contact } = await owner.call(getConversation, { params })
  const change = (fields: Record<string, string | null>) =>
    owner.call(changeContact, { params: { id: contact! }, body: { fields } })
  await change(Object.fromEntries(Array.from({ length: MOST_FACTS }, (_, nth) => [`fact ${nth}`, 'so'])))
  await expect(change({ 'one more': 'so' })).rejects.toMatchObject({ problem: { fields: [{ path: 'fields' }] } })
  const { fields } = await change({ 'fact 1': 'otherwise', 'fact 2': null, 'one more': 'so' })
  expect(Object.keys(fields)).toHaveLength(MOST_FACTS)
})

test('what one member takes, another sees as taken; what he leaves, nobody holds', async () => {
  const agent = await parley.member('agent')
  const { id, params } = await aTalk('Shared')
  await agent.call(changeConversation, { params, body: { assignee: agent.id } })
  expect(await owner.call(getConversation, { params })).toMatchObject({ assignee: agent.id })
  const holds = async (view: 'mine' | 'unassigned') =>
    (await agent.call(listConversations, { query: { view } })).items.some((row) => row.id === id)
  expect([await holds('mine'), await holds('unassigned')]).toEqual([true, false])
  await owner.call(changeConversation, { params, body: { assignee: null } })
  expect([await holds('mine'), await holds('unassigned')]).toEqual([false, true])
})

test('the preview shows exactly what the phone will get: pieces, marks and all', async () => {
  const { phone, params } = await aTalk('Preview')
  const parts = [
    {
      kind: 'text' as const,
      text: `Bold. ${'word '.repeat(1_200)}`,
      entities: [{ kind: 'bold' as const, offset: 0, length: 4 }],
    },
  ]
  const { pieces, applied } = await owner.call(previewMessage, { params, body: { parts } })
  expect(applied.map(({ rule }) => rule)).toEqual(['text_split'])
  await owner.call(sendMessage, { params, body: { parts } })
  await until(() => ours(phone).length === pieces.length, 20_000)
  expect(ours(phone).map(({ parts: got }) => got)).toEqual(pieces.map(({ parts: shown }) => shown))
})

test('words are found in every form, in Russian and in English, however long ago they were said', async () => {
  const { id } = await aTalk(
    'Searcher',
    'Отправили две посылки вчера',
    'The kettles were broken',
    ...Array.from({ length: 60 }, () => 'noise'),
  )
  const found = async (q: string) =>
    (await owner.call(search, { query: { q } })).messages.some((hit) => hit.conversation === id)
  for (const q of ['посылка', 'посылку', 'отправить', 'kettle', 'kettles'])
    await expect.poll(() => found(q), { timeout: 20_000, message: q }).toBe(true)
  expect(await found('самовар')).toBe(false)
})

test('an edit of a caption changes the caption, and nothing else is said', async () => {
  const { params } = await aTalk('Captioned')
  const file = (await owner.upload('cup.png', 'image/png', await aPng(8, 8))) as FileId
  const caption = { text: 'The cop', entities: [] }
  const sent = await owner.call(sendMessage, {
    params,
    body: { parts: [{ kind: 'image', source: { file }, type: 'image/png', name: 'cup.png', caption }] },
  })
  const edited = await owner.call(editMessage, { params: { id: sent.id }, body: { text: 'The cup' } })
  expect(edited.content.parts).toMatchObject([{ kind: 'image', name: 'cup.png', caption: { text: 'The cup' } }])
})

test('a channel says how its sending goes: the base, the failures, and how fast the network accepts', async () => {
  const { phone, params } = await aTalk('Health')
  await owner.call(sendMessage, { params, body: { text: 'Counted' } })
  await until(() => ours(phone).length === 1, 20_000)
  const channel = async () => (await owner.call(listChannels, { query: {} })).items[0]!
  const before = await until(async () => {
    const now = await channel()
    return now.queued === 0 ? now : undefined
  }, 20_000)
  expect(before.sentLately).toBeGreaterThan(0)
  expect(before.acceptedWithinMs).toBeGreaterThanOrEqual(0)
  expect(before).toMatchObject({ failedLately: 0, unread: 0, unreadSince: null })
  await phone.block(true)
  await owner.call(sendMessage, { params, body: { text: 'Refused' } })
  const after = await until(async () => {
    const now = await channel()
    return now.failedLately > 0 ? now : undefined
  }, 20_000)
  expect([after.sentLately - before.sentLately, after.failedLately]).toEqual([1, 1])
})

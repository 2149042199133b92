/** What the inbox relies on beyond the first path: files of a conversation, and a hold that keeps the order of words. */
import { expect, test } from 'vitest'
import { listChannels } from '#contract/calls/channels.ts'
import {
  changeContact,
  createContact,
  createLink,
  getContact,
  listActs,
  mergeContacts,
  splitContact,
  undoAct,
} from '#contract/calls/contacts.ts'
import {
  beginConversation,
  cancelDelivery,
  getConversation,
  listConversations,
  listFiles,
  listMessages,
  markRead,
  getDraft,
  saveDraft,
  sendMessage,
} from '#contract/calls/conversations.ts'
import { listAudit } from '#contract/calls/members.ts'
import type { FileId, MessageId } from '#contract/ids.ts'
import { plain } from '#contract/message/content.ts'
import { until } from '#tests/support/parts.ts'
import { aPng } from '#tests/support/samples.ts'
import { telegramShop } from '#tests/support/telegram-shop.ts'

const { telegram, owner, parley } = await telegramShop()

async function aTalk(name: string) {
  const phone = telegram.phone(name)
  await phone.say(plain('Hello'))
  const row = await until(async () => (await owner.call(listConversations, { query: { q: name } })).items[0])
  return { phone, params: { id: row.id } }
}
const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString()
const ours = (phone: { sees(): { from: string; content: { parts: unknown[] } }[] }) =>
  phone.sees().filter((seen) => seen.from === 'us')

test('files of a conversation are listed newest first, page by page', async () => {
  const { params } = await aTalk('Ann')
  const names = ['one.png', 'two.png', 'three.png']
  for (const name of names) {
    const file = (await owner.upload(name, 'image/png', await aPng(8, 8))) as FileId
    await owner.call(sendMessage, {
      params,
      body: { parts: [{ kind: 'image', source: { file }, type: 'image/png', name }] },
    })
  }
  const first = await owner.call(listFiles, { params, query: { limit: 2 } })
  expect(first.items.map((each) => each.name)).toEqual(['three.png', 'two.png'])
  const second = await owner.call(listFiles, { params, query: { limit: 2, cursor: first.next! } })
  expect(second).toMatchObject({ items: [{ name: 'one.png', kind: 'image', type: 'image/png' }], next: null })
})

test('a few seconds to think better of it do not let the next message overtake', async () => {
  const { phone, params } = await aTalk('Bob')
  await owner.call(sendMessage, { params, body: { text: 'First', sendAt: inSeconds(3) } })
  await owner.call(sendMessage, { params, body: { text: 'Second' } })
  await until(() => ours(phone).length === 2, 20_000)
  expect(ours(phone).map((seen) => seen.content)).toEqual([plain('First'), plain('Second')])
})

test('a note answers what is said in its own thread, and nothing of another', async () => {
  const [ann, ben] = [await aTalk('Anouk'), await aTalk('Benno')]
  const said = async ({ params }: typeof ann) => (await owner.call(listMessages, { params, query: {} })).items[0]!.id
  const note = async (replyTo: MessageId) =>
    owner.call(sendMessage, { params: ann.params, body: { text: 'Call him', note: true, replyTo } })
  await expect(note(await said(ben))).rejects.toMatchObject({ problem: { code: 'not_found' } })
  await note(await said(ann))
})

test('a message for tomorrow keeps nothing behind it', async () => {
  const { phone, params } = await aTalk('Cid')
  const later = await owner.call(sendMessage, { params, body: { text: 'Tomorrow', sendAt: inSeconds(86_400) } })
  await owner.call(sendMessage, { params, body: { text: 'Now' } })
  await until(() => ours(phone).length === 1, 20_000)
  expect(ours(phone)[0]!.content).toEqual(plain('Now'))
  const [delivery] = later.deliveries
  const taken = await owner.call(cancelDelivery, { params: { id: delivery!.id } })
  expect(taken.deliveries).toMatchObject([{ state: 'failed', reason: 'cancelled', settled: true }])
})

test('whoever wrote again before the answer was taken back waits since he wrote first', async () => {
  const { phone, params } = await aTalk('Ursula')
  const since = async () => (await owner.call(getConversation, { params })).waitingSince
  const first = await since()
  const { deliveries } = await owner.call(sendMessage, { params, body: { text: 'Soon', sendAt: inSeconds(86_400) } })
  await phone.say(plain('Are you there?'))
  await until(async () => (await since()) !== null)
  await owner.call(cancelDelivery, { params: { id: deliveries[0]!.id } })
  expect(await since()).toBe(first)
})

test('whoever’s answer was taken back before it left waits again, since his own words', async () => {
  const { params } = await aTalk('Una')
  const now = async () => {
    const { waitingSince, last } = await owner.call(getConversation, { params })
    return { waitingSince, state: last?.state }
  }
  const before = await now()
  expect(before.waitingSince).not.toBeNull()
  const { deliveries } = await owner.call(sendMessage, {
    params,
    body: { text: 'Tomorrow', sendAt: inSeconds(86_400) },
  })
  expect((await now()).waitingSince).toBeNull()
  await owner.call(cancelDelivery, { params: { id: deliveries[0]!.id } })
  // Nothing failed: the list has nothing to warn of.
  expect(await now()).toEqual({ waitingSince: before.waitingSince, state: null })
  // An answer that did leave is one, whatever is taken back behind it.
  await owner.call(sendMessage, { params, body: { text: 'Now' } })
  const later = await owner.call(sendMessage, { params, body: { text: 'And tomorrow', sendAt: inSeconds(86_400) } })
  await owner.call(cancelDelivery, { params: { id: later.deliveries[0]!.id } })
  expect((await now()).waitingSince).toBeNull()
})

test('what can be undone is offered once, and only as long as it holds', async () => {
  const contactOf = async (name: string) => {
    const { params } = await aTalk(name)
    return (await owner.call(getConversation, { params })).contact!
  }
  const [una, ida] = [await contactOf('Una'), await contactOf('Ida')]
  const acts = async () =>
    (await owner.call(listActs, { params: { id: una } })).items.map(({ kind, undoable }) => [kind, undoable])
  const joined = await owner.call(mergeContacts, { params: { id: una }, body: { with: ida } })
  await owner.call(undoAct, { params: { id: joined.act.id } })
  expect(await acts()).toEqual([['merge', false]])

  const again = await owner.call(mergeContacts, { params: { id: una }, body: { with: ida } })
  const identityId = again.contact.identities.find(({ name }) => name === 'Ida')!.id
  const { act } = await owner.call(splitContact, { params: { id: una }, body: { identityId } })
  expect(await acts()).toEqual([
    ['split', true],
    ['merge', false],
    ['merge', false],
  ])
  await expect(owner.call(undoAct, { params: { id: again.act.id } })).rejects.toMatchObject({
    problem: { code: 'cannot_undo' },
  })
  await owner.call(undoAct, { params: { id: act.id } })
  expect((await acts()).filter(([, undoable]) => undoable)).toEqual([['merge', true]])
})

test('whoever was merged into another is nobody to begin with: a window that missed it changes nothing, and the undo still holds', async () => {
  const [ada, bea] = [await aTalk('Ada'), await aTalk('Bea')]
  const [a, b] = await Promise.all(
    [ada, bea].map(async ({ params }) => (await owner.call(getConversation, { params })).contact!),
  )
  const merged = await owner.call(mergeContacts, { params: { id: a! }, body: { with: b! } })
  const gone = { problem: { code: 'not_found' } }
  await expect(owner.call(beginConversation, { body: { contact: b! } })).rejects.toMatchObject(gone)
  await expect(owner.call(changeContact, { params: { id: b! }, body: { name: 'B.' } })).rejects.toMatchObject(gone)
  const [channel] = (await owner.call(listChannels, { query: {} })).items
  const link = owner.call(createLink, { params: { id: b! }, body: { channel: channel!.id } })
  await expect(link).rejects.toMatchObject(gone)
  await owner.call(undoAct, { params: { id: merged.act.id } })
  expect(await owner.call(getContact, { params: { id: b! } })).toMatchObject({
    givenName: null,
    conversation: bea.params.id,
  })
})

test('a merge is undone only while it is that one which holds the contact', async () => {
  const [one, other, ann, cleo] = [await aTalk('B1'), await aTalk('B2'), await aTalk('Ann A'), await aTalk('Cleo C')]
  const contactOf = async ({ params }: typeof one) => (await owner.call(getConversation, { params })).contact!
  const [b, b2, a, c] = [await contactOf(one), await contactOf(other), await contactOf(ann), await contactOf(cleo)]
  const two = await owner.call(mergeContacts, { params: { id: b }, body: { with: b2 } })
  const first = await owner.call(mergeContacts, { params: { id: a }, body: { with: b } })
  const identityId = two.contact.identities.find(({ name }) => name === 'B1')!.id
  const { parted } = await owner.call(splitContact, { params: { id: a }, body: { identityId } })
  expect(parted.id).toBe(b)
  const second = await owner.call(mergeContacts, { params: { id: c }, body: { with: b } })
  expect((await owner.call(listActs, { params: { id: a } })).items.at(-1)).toMatchObject({
    id: first.act.id,
    undoable: false,
  })
  await expect(owner.call(undoAct, { params: { id: first.act.id } })).rejects.toMatchObject({
    problem: { code: 'cannot_undo' },
  })
  expect(await owner.call(getContact, { params: { id: b } })).toMatchObject({ mergedInto: c, identities: [] })
  await owner.call(undoAct, { params: { id: second.act.id } })
  expect(await owner.call(getContact, { params: { id: b } })).toMatchObject({
    mergedInto: null,
    identities: [{ name: 'B1' }],
    conversation: one.params.id,
  })
})

test('a contact that was only written down gives its name to the one who writes, and takes it back', async () => {
  const { params } = await aTalk('D.')
  const [row] = (await owner.call(listConversations, { query: { q: 'D.' } })).items
  const written = await owner.call(createContact, { body: { name: 'Dora from the fair' } })
  const merged = await owner.call(mergeContacts, { params: { id: written.id }, body: { with: row!.contact! } })
  expect(merged.contact).toMatchObject({ name: 'Dora from the fair', identities: [{ name: 'D.' }] })
  expect((await owner.call(getConversation, { params })).contact).toBe(written.id)
  const empty = await owner.call(createContact, { body: { name: 'Dora again' } })
  const second = await owner.call(mergeContacts, { params: { id: written.id }, body: { with: empty.id } })
  expect(second.contact.identities).toHaveLength(1)
  await owner.call(undoAct, { params: { id: second.act.id } })
  expect((await owner.call(getContact, { params: { id: empty.id } })).name).toBe('Dora again')
  await owner.call(undoAct, { params: { id: merged.act.id } })
  expect((await owner.call(getContact, { params: { id: row!.contact! } })).identities).toHaveLength(1)
  expect((await owner.call(getContact, { params: { id: written.id } })).identities).toEqual([])
})

test('two who change different things of a contact at once lose nothing of each other', async () => {
  const { params } = await aTalk('Hal')
  const id = (await owner.call(getConversation, { params })).contact!
  for (let round = 0; round < 8; round++) {
    const [name, tag, city] = [`Hal ${round}`, `tag ${round}`, `city ${round}`]
    const bodies = [{ name }, { tags: [tag] }, { fields: { city } }]
    await Promise.all(bodies.map((body) => owner.call(changeContact, { params: { id }, body })))
    expect(await owner.call(getContact, { params: { id } })).toMatchObject({ name, tags: [tag], fields: { city } })
  }
})

test('two who change the tags and the facts of a contact at once lose nothing of each other', async () => {
  const { params } = await aTalk('Ida')
  const id = (await owner.call(getConversation, { params })).contact!
  const change = (body: NonNullable<(typeof changeContact)['types']>['in']['body']) =>
    owner.call(changeContact, { params: { id }, body })
  await change({ tags: ['regular', 'late'], fields: { city: 'Riga', size: 'L' } })
  await Promise.all([
    change({ tags: { add: ['tea', 'regular'] } }),
    change({ tags: { add: ['coffee'], remove: ['late'] } }),
    change({ fields: { city: 'Oslo' } }),
    change({ fields: { size: null } }),
    change({ fields: { shoe: '42' } }),
  ])
  const { tags, fields } = await owner.call(getContact, { params: { id } })
  expect(tags[0]).toBe('regular')
  expect(tags.toSorted()).toEqual(['coffee', 'regular', 'tea'])
  expect(fields).toEqual({ city: 'Oslo', shoe: '42' })
  const many = Array.from({ length: 48 }, (_, at) => `tag ${at}`)
  await expect(change({ tags: { add: many } })).rejects.toMatchObject({ problem: { code: 'invalid' } })
  expect((await change({ tags: ['regular'] })).tags).toEqual(['regular'])
})

test('a contact taken out again takes along what was its own, and what belongs to the other stays there', async () => {
  const contactOf = async (name: string) => {
    const { params } = await aTalk(name)
    return (await owner.call(getConversation, { params })).contact!
  }
  const [eva, fred, gus] = [await contactOf('Eva'), await contactOf('Fred'), await contactOf('Gus')]
  const change = (id: typeof eva, body: { tags?: string[]; timeZone?: string; fields?: Record<string, string> }) =>
    owner.call(changeContact, { params: { id }, body })
  const now = async (id: typeof eva) => {
    const { tags, timeZone, fields } = await owner.call(getContact, { params: { id } })
    return { tags: tags.toSorted(), timeZone, fields }
  }
  await change(eva, { tags: ['regular', 'wholesale'], fields: { city: 'Riga' } })
  await change(fred, { tags: ['regular', 'tea', 'late'], timeZone: 'Europe/Riga', fields: { city: 'Oslo', size: 'L' } })
  await change(gus, { tags: ['late'] })
  for (const other of [fred, gus]) await owner.call(mergeContacts, { params: { id: eva }, body: { with: other } })
  await change(eva, { tags: [...(await now(eva)).tags, 'since then'] })
  expect(await now(eva)).toMatchObject({
    tags: ['late', 'regular', 'since then', 'tea', 'wholesale'],
    timeZone: 'Europe/Riga',
  })

  const { identities } = await owner.call(getContact, { params: { id: eva } })
  const identityId = identities.find(({ name }) => name === 'Fred')!.id
  const { parted, act } = await owner.call(splitContact, { params: { id: eva }, body: { identityId } })
  expect(parted.id).toBe(fred)
  // `late` is Gus's too, and he is still here.
  expect(await now(eva)).toEqual({
    tags: ['late', 'regular', 'since then', 'wholesale'],
    timeZone: null,
    fields: { city: 'Riga' },
  })
  expect(await now(fred)).toEqual({
    tags: ['late', 'regular', 'tea'],
    timeZone: 'Europe/Riga',
    fields: { city: 'Oslo', size: 'L' },
  })
  await owner.call(undoAct, { params: { id: act.id } })
  expect((await now(eva)).tags).toEqual(['late', 'regular', 'since then', 'tea', 'wholesale'])
})

test('the audit names who was joined: afterwards nobody is called so', async () => {
  const contactOf = async (name: string) => {
    const { params } = await aTalk(name)
    return (await owner.call(getConversation, { params })).contact!
  }
  const [kim, lou] = [await contactOf('Kim'), await contactOf('Lou')]
  await owner.call(mergeContacts, { params: { id: kim }, body: { with: lou } })
  const { items } = await owner.call(listAudit, { query: { limit: 1 } })
  expect(items).toMatchObject([{ act: 'contact.merged', objectId: kim, detail: { with: lou, withName: 'Lou' } }])
})

test('whoever answers has read what he answers, by the API too; a colleague has not', async () => {
  const { phone, params } = await aTalk('Lea')
  const agent = await parley.member('agent')
  const unread = async (client: typeof owner) => {
    const { inCount, readCount } = await client.call(getConversation, { params })
    return inCount - readCount!
  }
  const before = await unread(owner)
  expect(before).toBeGreaterThan(0)
  await owner.call(sendMessage, { params, body: { text: 'For colleagues', note: true } })
  expect(await unread(owner)).toBe(before)
  await owner.call(sendMessage, { params, body: { text: 'Yes, we are' } })
  expect(await unread(owner)).toBe(0)
  expect(await unread(agent)).toBe(before)
  await phone.say(plain('And tomorrow?'))
  await until(async () => (await unread(owner)) === 1, 20_000)
  expect(await unread(agent)).toBe(before + 1)
})

test('marked unread it stays so until it is opened, also where the last word is our own', async () => {
  const { phone, params } = await aTalk('Hal')
  await owner.call(sendMessage, { params, body: { text: 'Ours is the last word' } })
  await until(() => ours(phone).length === 1, 20_000)
  const { lastSeq, inCount } = await owner.call(getConversation, { params })
  await owner.call(markRead, { params, body: { seq: lastSeq } })
  expect((await owner.call(getConversation, { params })).readCount).toBe(inCount)
  await owner.call(markRead, { params, body: { unread: true } })
  expect((await owner.call(getConversation, { params })).readCount).toBe(inCount - 1)
  await owner.call(markRead, { params, body: { seq: lastSeq } })
  expect((await owner.call(getConversation, { params })).readCount).toBe(inCount)
})

test('a row tells each member whether a draft of his own waits in it', async () => {
  const { params } = await aTalk('Ivy')
  const colleague = await parley.member('agent')
  const told = async (who: typeof owner) => {
    const { items } = await who.call(listConversations, { query: { view: 'all', q: 'Ivy' } })
    return [items[0]!.hasDraft, (await who.call(getConversation, { params })).hasDraft]
  }
  expect(await told(owner)).toEqual([false, false])
  await owner.call(saveDraft, { params, body: { text: 'Let me look', note: false } })
  expect([await told(owner), await told(colleague)]).toEqual([
    [true, true],
    [false, false],
  ])
  await owner.call(saveDraft, { params, body: { text: '', note: false } })
  expect(await told(owner)).toEqual([false, false])
})

test('what was sent in one window takes no draft away that another window went on with', async () => {
  const { params } = await aTalk('Jo')
  const kept = async () => (await owner.call(getDraft, { params })).text
  await owner.call(saveDraft, { params, body: { text: 'Short, and then long', note: false } })
  await owner.call(saveDraft, { params, body: { text: '', note: false, was: ['Short'] } })
  expect(await kept()).toBe('Short, and then long')
  await owner.call(saveDraft, { params, body: { text: '', note: false, was: ['Short', 'Short, and then long'] } })
  expect(await kept()).toBe('')
})

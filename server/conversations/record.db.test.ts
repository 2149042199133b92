import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import type { Incoming } from '#connector-kit/connector.ts'
import type { MessageId } from '#contract/ids.ts'
import type { Content } from '#contract/message/content.ts'
import { aDatabase } from '#tests/support/database.ts'
import { aChannel, aWorkspace, said, told } from '#tests/support/world.ts'
import { recordIncoming } from './record.ts'
import type { ChannelRealm, Told } from './told.ts'
import { messageViews } from './views.ts'

const { database } = await aDatabase()

async function aTalk() {
  const workspace = await aWorkspace(database)
  const channel = await aChannel(database, workspace)
  const receive = (...batch: Told[]) => database.inWorkspace(workspace, (tx) => recordIncoming(tx, workspace, batch))
  const messages = () =>
    database.inWorkspace(workspace, async (tx) => {
      const { rows } = await sql<{
        id: MessageId
      }>`select id from message where workspace_id = ${workspace} order by placed, seq`.execute(tx)
      return messageViews(
        tx,
        workspace,
        rows.map((row) => row.id),
      )
    })
  const texts = async () =>
    (await messages()).map((message) =>
      message.content.parts.map((part) => ('text' in part ? part.text : part.kind)).join(),
    )
  const count = (table: string) =>
    database.inWorkspace(
      workspace,
      async (tx) =>
        (await sql<{ n: number }>`select count(*)::int as n from ${sql.table(table)}`.execute(tx)).rows[0]!.n,
    )
  return { workspace, channel, receive, messages, texts, count }
}

describe('what a platform tells becomes a conversation', () => {
  test('the first message of a stranger brings an identity, a contact and a conversation', async () => {
    const { channel, receive, messages, count } = await aTalk()
    await receive(told(channel, [said('1', 'hello')]))
    const [first] = await messages()
    expect(first).toMatchObject({
      seq: 1,
      direction: 'in',
      author: { name: 'ann' },
      network: 'pigeon',
      content: { parts: [{ text: 'hello' }] },
    })
    expect([await count('contact'), await count('identity'), await count('conversation')]).toEqual([1, 1, 1])
  })

  test('what people say is handed over where somebody answers by rules, and nowhere else', async () => {
    const { workspace, channel, receive, count } = await aTalk()
    await receive(told(channel, [said('1', 'hello')]))
    expect(await count('conversation_input')).toBe(0)
    await database.inWorkspace(workspace, (tx) =>
      recordIncoming(tx, workspace, [told(channel, [said('2', 'hello?')])], true),
    )
    expect(await count('conversation_input')).toBe(1)
  })

  test('a stranger who is called by a million letters is cut short, at once', async () => {
    const { channel, receive, messages } = await aTalk()
    const endless = '🦜 Ann '.repeat(150_000)
    await receive(
      told(channel, [said('1', 'hello'), { is: 'profile', of: { id: 'ann', name: endless, handle: endless } }]),
    )
    expect((await messages())[0]!.author).toMatchObject({ name: endless.slice(0, 300).toWellFormed() })
  })

  test('a group that gets another name on its platform stays one conversation', async () => {
    const { channel, receive, texts, count } = await aTalk()
    const inGroup = (id: string, text: string, chat: string): Incoming => ({
      ...(said(id, text, { chat }) as Extract<Incoming, { is: 'message' }>),
      group: { name: 'Shoes' },
    })
    await receive(told(channel, [inGroup('1', 'hello', 'g')]))
    const moved: Incoming = { is: 'moved', what: 'chat', from: 'g', to: 'supergroup' }
    // Both chats tell of it, and its first words there may come in the same moment.
    await receive(
      told(channel, [inGroup('2', 'still here', 'g')]),
      told(channel, [moved]),
      told(channel, [moved]),
      told(channel, [inGroup('1', 'hello again', 'supergroup')]),
    )
    await receive(told(channel, [inGroup('2', 'and again', 'supergroup')]))
    expect(await texts()).toEqual(['hello', 'still here', 'hello again', 'and again'])
    // Ann's own, and the group's.
    expect([await count('conversation'), await count('road')]).toEqual([2, 1])
  })

  test('a name that is another’s already is not taken from him', async () => {
    const { channel, receive, count } = await aTalk()
    await receive(told(channel, [said('1', 'hello', { by: 'ann' })]), told(channel, [said('1', 'hi', { by: 'bob' })]))
    await receive(told(channel, [{ is: 'moved', what: 'identity', from: 'ann', to: 'bob' }]))
    await receive(told(channel, [said('2', 'and more', { by: 'ann' })]))
    expect([await count('conversation'), await count('identity')]).toEqual([2, 2])
  })

  test('the same message told twice is one message, also inside one batch', async () => {
    const { channel, receive, texts } = await aTalk()
    await receive(told(channel, [said('1', 'hello')]), told(channel, [said('1', 'hello')]))
    await receive(told(channel, [said('1', 'hello, changed')]))
    expect(await texts()).toEqual(['hello'])
  })

  test('first messages that arrive at once in many transactions make one conversation without a gap', async () => {
    const { channel, receive, messages, count } = await aTalk()
    await Promise.all(Array.from({ length: 8 }, (_, n) => receive(told(channel, [said(`${n}`, `${n}`)]))))
    expect((await messages()).map((message) => message.seq).toSorted((one, other) => one - other)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8,
    ])
    expect([await count('contact'), await count('conversation')]).toEqual([1, 1])
  })

  test('a message that was held up takes its place and says that it is late', async () => {
    const { channel, receive, messages } = await aTalk()
    const minutesAgo = (n: number) => new Date(Date.now() - n * 60_000)
    await receive(told(channel, [said('2', 'second', { at: minutesAgo(1), order: '2' })]))
    await receive(told(channel, [said('1', 'first', { at: minutesAgo(2), order: '1' })]))
    const all = await messages()
    expect(all.map((message) => [message.seq, message.late])).toEqual([
      [2, true],
      [1, false],
    ])
  })

  test('inside one second the platform’s own numbers decide', async () => {
    const { channel, receive, texts, messages } = await aTalk()
    const at = new Date(Math.floor(Date.now() / 1000) * 1000)
    await receive(told(channel, [said('10', 'third', { at, order: '10' })]))
    await receive(told(channel, [said('8', 'first', { at, order: '8' })]))
    await receive(told(channel, [said('9', 'second', { at, order: '9' })]))
    expect(await texts()).toEqual(['first', 'second', 'third'])
    expect((await messages()).map((message) => message.late)).toEqual([true, true, false])
  })

  test('what came last may have no number: the others’ decide all the same', async () => {
    const { channel, receive, texts } = await aTalk()
    const at = new Date(Math.floor(Date.now() / 1000) * 1000)
    await receive(told(channel, [said('101', 'second', { at, order: '101' })]))
    await receive(
      told(channel, [{ is: 'press', id: 'p', chat: 'ann', by: { id: 'ann', name: 'ann' }, at, value: 'pressed' }]),
    )
    await receive(told(channel, [said('100', 'first', { at, order: '100' })]))
    expect(await texts()).toEqual(['first', 'second', 'pressed'])
  })
})

describe('edits, deletions and reactions', () => {
  const by = { id: 'ann', name: 'ann' }
  const edit = (channel: ChannelRealm, text: string, at = new Date(), id = 'ann') =>
    told(channel, [
      {
        is: 'edit',
        target: { chat: 'ann', id: '1' },
        by: { ...by, id },
        at,
        content: { parts: [{ kind: 'text', text, entities: [] }] },
      },
    ])

  test('an edit shows, and every version stays readable', async () => {
    const { channel, receive, messages } = await aTalk()
    await receive(told(channel, [said('1', 'helo')]), edit(channel, 'hello'))
    await receive(edit(channel, 'hello!', new Date(Date.now() + 1000)))
    expect((await messages())[0]).toMatchObject({ content: { parts: [{ text: 'hello!' }] }, edited: { versions: 2 } })
  })

  test('an older edit that comes late changes nothing', async () => {
    const { channel, receive, texts } = await aTalk()
    await receive(told(channel, [said('1', 'helo')]))
    await receive(edit(channel, 'newest', new Date(Date.now() + 5000)))
    await receive(edit(channel, 'older', new Date(Date.now() + 1000)))
    expect(await texts()).toEqual(['newest'])
  })

  test('nobody edits another’s words', async () => {
    const { channel, receive, texts } = await aTalk()
    await receive(told(channel, [said('1', 'mine')]))
    const plan = await receive(edit(channel, 'yours', new Date(), 'eve'))
    expect(await texts()).toEqual(['mine'])
    expect(plan.refused).toHaveLength(1)
  })

  test('a deletion that comes before its message waits, and the message arrives deleted', async () => {
    const { channel, workspace, receive, messages } = await aTalk()
    const deletion = told(channel, [{ is: 'delete', target: { chat: 'ann', id: '1' }, by }])
    await database.inWorkspace(workspace, (tx) =>
      sql`insert into inbound_work (workspace_id, pos, channel_id, lane, inbound_id) overriding system value
          values (${workspace}, ${deletion.pos}, ${channel.id}, 7, ${deletion.inbound})`.execute(tx),
    )
    expect((await receive(deletion)).parked).toHaveLength(1)
    await receive(told(channel, [said('1', 'gone soon')]))
    const woken = await database.inWorkspace(workspace, (tx) =>
      sql<{ state: number }>`select state from inbound_work where workspace_id = ${workspace}`.execute(tx),
    )
    expect(woken.rows).toEqual([{ state: 0 }])
    await receive(deletion)
    expect((await messages())[0]?.deletedAt).not.toBeNull()
  })

  test('a reaction is one per person and can be taken back', async () => {
    const { channel, receive, messages } = await aTalk()
    await receive(told(channel, [said('1', 'hello')]))
    const react = (set: string[]) =>
      receive(told(channel, [{ is: 'reaction', target: { chat: 'ann', id: '1' }, by, set }]))
    await react(['👍'])
    expect((await messages())[0]?.reactions).toMatchObject([{ emoji: ['👍'] }])
    await react([])
    expect((await messages())[0]?.reactions).toEqual([])
  })
})

describe('albums that come item by item', () => {
  const item = (id: string, album = 'A') =>
    said(id, '', {
      order: id,
      album,
      content: { parts: [{ kind: 'image', source: { remote: id }, type: 'image/jpeg' }] },
    })
  const items = (content: Content | undefined) => content?.parts.map((part) => 'item' in part && part.item)

  test('items of one batch are one message, in the platform’s order', async () => {
    const { channel, receive, messages } = await aTalk()
    await receive(told(channel, [item('9')]), told(channel, [item('11')]), told(channel, [item('10')]))
    const all = await messages()
    expect(all.map(({ content }) => items(content))).toEqual([['9', '10', '11']])
    expect(all[0]).toMatchObject({ seq: 1 })
  })

  test('a latecomer joins what stands here already, once', async () => {
    const { channel, receive, messages, count } = await aTalk()
    await receive(told(channel, [item('1')]))
    await receive(told(channel, [item('2')]), told(channel, [said('3', 'other')]))
    await receive(told(channel, [item('2')]))
    expect((await messages()).map(({ content }) => items(content))).toEqual([['1', '2'], [false]])
    expect(await count('file_fetch')).toBe(2)
  })

  test('a latecomer stands where it stands on a platform whose names are places', async () => {
    const { channel, receive, messages } = await aTalk()
    await receive(told(channel, [item('9')]), told(channel, [item('11')]))
    await receive(told(channel, [item('10')]))
    expect((await messages()).map(({ content }) => items(content))).toEqual([['9', '10', '11']])
  })

  test('another album, and another person’s of the same name, are messages of their own', async () => {
    const { channel, receive, messages } = await aTalk()
    await receive(told(channel, [item('1')]), told(channel, [item('2', 'B')]))
    const bob = { ...item('3'), by: { id: 'bob', name: 'bob' } } as Incoming
    await receive(told(channel, [bob]))
    expect((await messages()).map(({ content }) => items(content))).toEqual([['1'], ['2'], ['3']])
  })

  test('a deleted item leaves the others; the last one takes the message with it', async () => {
    const { channel, receive, messages } = await aTalk()
    const gone = (id: string) => told(channel, [{ is: 'delete', target: { chat: 'ann', id }, by: { id: 'ann' } }])
    await receive(told(channel, [item('1')]), told(channel, [item('2')]))
    await receive(gone('1'))
    expect((await messages())[0]).toMatchObject({ deletedAt: null, edited: { versions: 1 } })
    expect(items((await messages())[0]?.content)).toEqual(['2'])
    await receive(gone('2'))
    expect((await messages())[0]!.deletedAt).not.toBeNull()
  })
})

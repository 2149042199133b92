import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import type { ContactId, ConversationId, MemberId, WorkspaceId } from '#contract/ids.ts'
import { undoMerge } from '#server/contacts/merge.ts'
import { contactViews } from '#server/contacts/views.ts'
import { insertMember } from '#server/members/accounts.ts'
import { firstIdAt } from '#server/platform/ids.ts'
import { newId } from '#server/platform/new-id.ts'
import { aDatabase } from '#tests/support/database.ts'
import { aTalk } from '#tests/support/talk.ts'
import { partConversations } from './join.ts'
import { listMessages } from './lists.ts'

const { database, asOwner } = await aDatabase()
const aWorld = () => aTalk(database)

/** As if its one message had been written two months ago. */
async function makeOld(workspace: WorkspaceId, contact: ContactId): Promise<void> {
  const old = firstIdAt(new Date(Date.now() - 60 * 86_400_000))
  await asOwner(`
    set session_replication_role = replica;
    update parley.message m set id = '${old}', conversation_id = '${old}', shown_in = '${old}', placed = placed - interval '60 days'
      from parley.conversation c where m.workspace_id = '${workspace}' and c.contact_id = '${contact}' and m.conversation_id = c.id;
    update parley.conversation set id = '${old}', last_message = '${old}' where contact_id = '${contact}'`)
}

describe('two become one, one becomes two', () => {
  test('after a merge both threads are one, in the order of time', async () => {
    const { pigeon, raven, says, identity, thread, merge, unread } = await aWorld()
    await says(pigeon, 'ann', '1')
    await says(raven, 'a.lee', '2')
    await says(pigeon, 'ann', '3')
    const [ann, lee] = [await identity('pigeon', 'ann'), await identity('raven', 'a.lee')]
    await merge(ann, lee)
    expect(await thread(ann.contact)).toEqual(['1', '2', '3'])
    expect(await unread(ann.contact)).toBe(3)
    await says(raven, 'a.lee', '4')
    expect(await thread(ann.contact)).toEqual(['1', '2', '3', '4'])
  })

  test('what members were writing in the one that is gone they go on with in the other', async () => {
    const { pigeon, raven, says, identity, merge, inside, workspace } = await aWorld()
    await says(pigeon, 'ann', '1')
    await says(raven, 'a.lee', '2')
    const [ann, lee] = [await identity('pigeon', 'ann'), await identity('raven', 'a.lee')]
    const [olga, bob] = [newId<MemberId>(), newId<MemberId>()]
    for (const id of [olga, bob])
      await inside((tx) => insertMember(tx, workspace, { id, account: null, name: id, role: 'agent' }))
    const write = (contact: ContactId, member: MemberId, text: string, note: boolean) =>
      inside((tx) =>
        sql`insert into draft (workspace_id, conversation_id, member_id, body)
            select ${workspace}, id, ${member}, ${JSON.stringify({ text, note })}::jsonb from conversation where workspace_id = ${workspace} and contact_id = ${contact}`.execute(
          tx,
        ),
      )
    await write(lee.contact, olga, 'Dear Lee', false)
    await write(ann.contact, bob, 'Dear Ann', false)
    await write(lee.contact, bob, 'Careful', true)
    await merge(ann, lee)
    const { rows } = await inside((tx) =>
      sql<{ member: MemberId; contact: ContactId; body: unknown }>`
        select d.member_id as member, c.contact_id as contact, d.body from draft d
          join conversation c on c.workspace_id = d.workspace_id and c.id = d.conversation_id order by d.body ->> 'text'`.execute(
        tx,
      ),
    )
    expect(rows).toEqual([
      { member: bob, contact: ann.contact, body: { text: 'Dear Ann\nCareful', note: true } },
      { member: olga, contact: ann.contact, body: { text: 'Dear Lee', note: false } },
    ])
  })

  test('a split brings both back, each message with the identity that sent it, also those written while they were one', async () => {
    const { pigeon, raven, says, identity, thread, merge, split, inside, workspace } = await aWorld()
    await says(pigeon, 'ann', '1')
    await says(raven, 'a.lee', '2')
    const [ann, lee] = [await identity('pigeon', 'ann'), await identity('raven', 'a.lee')]
    await merge(ann, lee)
    await says(raven, 'a.lee', '3')
    await says(pigeon, 'ann', '4')
    const parted = await split(ann.contact, lee.id)
    expect(parted.parted).toBe(lee.contact)
    expect(await thread(ann.contact)).toEqual(['1', '4'])
    expect(await thread(lee.contact)).toEqual(['2', '3'])
    const [view] = await inside((tx) => contactViews(tx, workspace, [ann.contact]))
    expect(view?.evidence).toEqual([])
    await says(raven, 'a.lee', '5')
    expect(await thread(lee.contact)).toEqual(['2', '3', '5'])
  })

  test('undoing a merge gives back what it joined', async () => {
    const { pigeon, raven, says, identity, thread, merge, inside, workspace } = await aWorld()
    await says(pigeon, 'ann', '1')
    await says(raven, 'a.lee', '2')
    const [ann, lee] = [await identity('pigeon', 'ann'), await identity('raven', 'a.lee')]
    const merged = await merge(ann, lee)
    await inside(async (tx) => {
      const parted = await undoMerge(tx, workspace, merged)
      await partConversations(tx, workspace, parted.from, parted.parted, parted.moved)
    })
    expect([await thread(ann.contact), await thread(lee.contact)]).toEqual([['1'], ['2']])
  })

  test('a merged contact that was given a conversation meanwhile comes back to that one, with all that is its own', async () => {
    const { pigeon, raven, says, identity, thread, merge, inside, workspace } = await aWorld()
    await says(pigeon, 'ann', '1')
    await says(raven, 'a.lee', '2')
    const [ann, lee] = [await identity('pigeon', 'ann'), await identity('raven', 'a.lee')]
    const merged = await merge(ann, lee)
    const given = newId<ConversationId>()
    await inside(async (tx) => {
      await sql`insert into conversation (workspace_id, id, contact_id) values (${workspace}, ${given}, ${lee.contact})`.execute(
        tx,
      )
      const parted = await undoMerge(tx, workspace, merged)
      await partConversations(tx, workspace, parted.from, parted.parted, parted.moved)
    })
    expect([await thread(ann.contact), await thread(lee.contact)]).toEqual([['1'], ['2']])
    // Where it stood before leads to it.
    const { rows } = await inside((tx) =>
      sql<{ into: ConversationId }>`
        select joined_into as into from conversation where workspace_id = ${workspace} and contact_id = ${lee.contact} and id <> ${given}`.execute(
        tx,
      ),
    )
    expect(rows).toEqual([{ into: given }])
    await says(raven, 'a.lee', '3')
    expect(await thread(lee.contact)).toEqual(['2', '3'])
  })

  test('a thread that took in an older one is opened from its beginning, however old that is', async () => {
    const { pigeon, raven, says, identity, merge, split, workspace } = await aWorld()
    await says(pigeon, 'ann', '1')
    await says(raven, 'a.lee', '2')
    const [ann, lee] = [await identity('pigeon', 'ann'), await identity('raven', 'a.lee')]
    await makeOld(workspace, lee.contact)
    await merge(ann, lee)
    expect(await opened(ann.contact)).toEqual(['1', '2'])
    await split(ann.contact, lee.id)
    expect([await opened(ann.contact), await opened(lee.contact)]).toEqual([['1'], ['2']])

    function opened(contact: ContactId): Promise<string[]> {
      return database.look(workspace, async (tx) => {
        const { rows } = await sql<{ id: ConversationId }>`
          select id from conversation where workspace_id = ${workspace} and contact_id = ${contact} and joined_into is null`.execute(
          tx,
        )
        const { items } = await listMessages(tx, workspace, rows[0]!.id, { limit: 10 })
        return items.map(({ content: { parts } }) => (parts[0]?.kind === 'text' ? parts[0].text : '')).toSorted()
      })
    }
  })

  test('nobody is merged with himself, and the last identity stays', async () => {
    const { pigeon, says, identity, merge, split } = await aWorld()
    await says(pigeon, 'ann', '1')
    const ann = await identity('pigeon', 'ann')
    await expect(merge(ann, ann)).rejects.toMatchObject({ code: 'same_contact' })
    await expect(split(ann.contact, ann.id)).rejects.toMatchObject({ code: 'cannot' })
  })
})

import { sql } from 'kysely'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ContactId, ConversationId, IdentityId, MessageId, WorkspaceId } from '#contract/ids.ts'
import { mergeContacts, splitContact, undoMerge } from '#server/contacts/merge.ts'
import { contactViews } from '#server/contacts/views.ts'
import type { Tx } from '#server/platform/database.ts'
import { firstIdAt } from '#server/platform/ids.ts'
import { newId } from '#server/platform/new-id.ts'
import { aDatabase } from '#tests/support/database.ts'
import { aChannel, aWorkspace, said, told } from '#tests/support/world.ts'
import { joinConversations, partConversations } from './join.ts'
import { recordIncoming } from './record.ts'
import { listMessages } from './lists.ts'
import { messageViews } from './views.ts'

const { database, asOwner } = await aDatabase()

/** Two networks, on which people write under the names given. */
async function aWorld() {
  const workspace = await aWorkspace(database)
  const pigeon = await aChannel(database, workspace, 'pigeon')
  const raven = await aChannel(database, workspace, 'raven')
  const inside = <T>(work: (tx: Tx) => Promise<T>) => database.inWorkspace(workspace, work)
  let number = 0
  const says = (channel: typeof pigeon, by: string, text: string) =>
    inside((tx) => recordIncoming(tx, workspace, [told(channel, [said(`${++number}`, text, { by })])]))
  const identity = (network: string, name: string) =>
    inside(async (tx) => {
      const { rows } = await sql<{ id: IdentityId; contact: ContactId }>`
        select id, contact_id as contact from identity where workspace_id = ${workspace} and network = ${network} and external_id = ${name}`.execute(
        tx,
      )
      return rows[0]!
    })
  const thread = (contact: ContactId) =>
    inside(async (tx) => {
      const { rows } = await sql<{ id: MessageId }>`
        select m.id from message m join conversation c on c.workspace_id = m.workspace_id and c.id = m.shown_in and c.joined_into is null
         where m.workspace_id = ${workspace} and c.contact_id = ${contact} order by m.placed, m.seq`.execute(tx)
      const views = await messageViews(
        tx,
        workspace,
        rows.map((row) => row.id),
      )
      return views.map((view) => view.content.parts.map((part) => ('text' in part ? part.text : part.kind)).join())
    })
  const merge = async (into: { id: IdentityId; contact: ContactId }, from: { id: IdentityId; contact: ContactId }) =>
    inside(async (tx) => {
      const merged = await mergeContacts(tx, workspace, into.contact, from.contact, {
        kind: 'manual',
        how: 'member',
        one: into.id,
        other: from.id,
        member: null,
      })
      await joinConversations(tx, workspace, merged.into, merged.from)
      return merged
    })
  const split = async (contact: ContactId, which: IdentityId) =>
    inside(async (tx) => {
      const parted = await splitContact(tx, workspace, contact, which, null)
      await partConversations(tx, workspace, parted.from, parted.parted, parted.moved)
      return parted
    })
  const unread = (contact: ContactId) =>
    inside(async (tx) => {
      const { rows } = await sql<{
        id: ConversationId
        n: number
      }>`select id, in_count as n from conversation where workspace_id = ${workspace} and contact_id = ${contact} and joined_into is null`.execute(
        tx,
      )
      return rows[0]?.n
    })
  return { workspace, pigeon, raven, inside, says, identity, thread, merge, split, unread }
}

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

  test('over any interleaving of talk, merge and split, every message is shown once, in its contact’s one thread', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('say' as const), who: fc.nat(2) }),
      fc.record({ do: fc.constant('merge' as const), who: fc.nat(2), other: fc.nat(2) }),
      fc.record({ do: fc.constant('split' as const), who: fc.nat(2) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 12 }), async (steps) => {
        const { pigeon, says, identity, merge, split, inside, workspace } = await aWorld()
        const names = ['a', 'b', 'c']
        let count = 0
        for (const name of names) await says(pigeon, name, `${++count}`)
        for (const each of steps) {
          const one = await identity('pigeon', names[each.who]!)
          if (each.do === 'say') await says(pigeon, names[each.who]!, `${++count}`)
          if (each.do === 'merge') {
            const other = await identity('pigeon', names[each.other]!)
            if (one.contact !== other.contact) await merge(one, other)
          }
          // The only identity of a contact has nothing to be split from.
          if (each.do === 'split')
            await split(one.contact, one.id).catch((error: { code?: string }) => {
              if (error.code !== 'cannot') throw error
            })
        }
        const { rows } = await inside((tx) =>
          sql<{ shown: number; astray: number; before: number; gaps: number }>`
            select count(*)::int as shown, count(*) filter (where m.id < coalesce(c.oldest, c.id))::int as before,
                   count(*) filter (where c.joined_into is not null or c.contact_id <> i.contact_id)::int as astray,
                   (select count(*)::int from (select conversation_id, count(*) as n, max(seq) as top from message where workspace_id = ${workspace} group by 1) g where g.n <> g.top) as gaps
              from message m join conversation c on c.workspace_id = m.workspace_id and c.id = m.shown_in
              join identity i on i.workspace_id = m.workspace_id and i.id = m.identity_id where m.workspace_id = ${workspace}`.execute(
            tx,
          ),
        )
        expect(rows[0]).toEqual({ shown: count, astray: 0, before: 0, gaps: 0 })
      }),
      { numRuns: 25 },
    )
  })
})

/** People who write on two networks, are joined and parted, and their threads. */
import { sql } from 'kysely'
import type { ContactId, ConversationId, IdentityId, MessageId } from '#contract/ids.ts'
import { mergeContacts, splitContact } from '#server/contacts/merge.ts'
import { joinConversations, partConversations } from '#server/conversations/join.ts'
import { recordIncoming } from '#server/conversations/record.ts'
import { messageViews } from '#server/conversations/views.ts'
import type { Database, Tx } from '#server/platform/database.ts'
import { aChannel, aWorkspace, said, told } from './world.ts'

/** Two networks, on which people write under the names given. */
export async function aTalk(database: Database) {
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

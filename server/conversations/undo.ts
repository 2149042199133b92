/** What members did is taken back, as far as it still holds. */
import { sql } from 'kysely'
import type { ActKind, ActView } from '#contract/calls/contacts.ts'
import type { ActId, ContactId, ConversationId, IdentityId, MemberId, WorkspaceId } from '#contract/ids.ts'
import { actOf } from '#server/contacts/acts.ts'
import { mergeContacts, undoMerge } from '#server/contacts/merge.ts'
import type { Tx } from '#server/platform/database.ts'
import { Refused } from '#server/platform/problem.ts'
import { restoreConversation } from './change.ts'
import { joinConversations, partConversations } from './join.ts'

interface Merge {
  into: ContactId
  from: ContactId
  moved: IdentityId[]
}

interface Split {
  from: ContactId
  parted: ContactId
  moved: IdentityId[]
}

type Kept = { id: ActId } & (
  | { kind: 'conversation'; object: ConversationId }
  | { kind: 'merge'; undo: Merge }
  | { kind: 'split'; undo: Split }
)

/**
 * One after the other, for one may rest on the next; what is unknown or holds no more is passed over.
 * @returns those that were undone, as they are now
 * @throws Refused `not_found` where none of them is there, `cannot_undo` where none holds any more
 */
export async function undoThese(
  tx: Tx,
  workspace: WorkspaceId,
  member: MemberId,
  acts: readonly ActId[],
): Promise<ActView[]> {
  const kept = await lock(tx, workspace, acts)
  if (kept.size === 0) throw new Refused('not_found')
  const undone: ActView[] = []
  for (const id of acts) {
    const act = kept.get(id)
    if (!act || !(await actOf(tx, workspace, id))?.undoable) continue
    await UNDO[act.kind](tx, workspace, member, act as never)
    await sql`update act set undone_at = now() where workspace_id = ${workspace} and id = ${id}`.execute(tx)
    undone.push((await actOf(tx, workspace, id))!)
  }
  if (undone.length === 0) throw new Refused('cannot_undo')
  return undone
}

/**
 * The acts, then the contacts, then the conversations, each in their order and before the first of them changes: whoever changes, merges or
 * hears several of the same ones locks them so too, and neither waits for the other with something in hand that it wants.
 */
async function lock(tx: Tx, workspace: WorkspaceId, ids: readonly ActId[]): Promise<Map<ActId, Kept>> {
  const { rows: acts } = await sql<Kept>`
    select id, kind, object_id as object, undo from act where workspace_id = ${workspace} and id = any (${ids}::uuid[]) and kind <> 'unmerge' order by id for update`.execute(
    tx,
  )
  const contacts = acts.flatMap((act) => CONTACTS[act.kind](act as never))
  const conversations = acts.flatMap((act) => (act.kind === 'conversation' ? [act.object] : []))
  await sql`select from contact where workspace_id = ${workspace} and id = any (${contacts}::uuid[]) order by id for update`.execute(
    tx,
  )
  await sql`
    select from conversation where workspace_id = ${workspace} and id = any (array(
           select unnest(${conversations}::uuid[])
           union all select id from conversation where workspace_id = ${workspace} and contact_id = any (${contacts}::uuid[]) and joined_into is null))
     order by id for update`.execute(tx)
  return new Map(acts.map((act) => [act.id, act]))
}

type Of<Kind extends ActKind> = Extract<Kept, { kind: Kind }>

const CONTACTS: { [Kind in ActKind]: (act: Of<Kind>) => ContactId[] } = {
  conversation: () => [],
  merge: ({ undo }) => [undo.into, undo.from],
  split: ({ undo }) => [undo.from, undo.parted],
}

const UNDO: { [Kind in ActKind]: (tx: Tx, workspace: WorkspaceId, member: MemberId, act: Of<Kind>) => Promise<void> } =
  {
    conversation: (tx, workspace, _, { id, object }) => restoreConversation(tx, workspace, id, object),
    merge: async (tx, workspace, _, { undo }) => {
      const { from, parted, moved } = await undoMerge(tx, workspace, undo)
      await partConversations(tx, workspace, from, parted, moved)
    },
    split: async (tx, workspace, member, { undo: { from, parted, moved } }) => {
      const { rows } = await sql<{
        id: IdentityId
      }>`select id from identity where workspace_id = ${workspace} and contact_id = ${from} order by id limit 1`.execute(
        tx,
      )
      const merged = await mergeContacts(tx, workspace, from, parted, {
        kind: 'manual',
        how: 'member',
        one: rows[0]?.id ?? null,
        other: moved[0] ?? null,
        member,
      })
      await joinConversations(tx, workspace, merged.into, merged.from)
    },
  }

/** What members did and may take back: each act with what undoing it needs. */
import { sql, type RawBuilder } from 'kysely'
import type { ActKind, ActView } from '#contract/calls/contacts.ts'
import type { ActId, MemberId, WorkspaceId } from '#contract/ids.ts'
import type { Tx } from '#server/platform/database.ts'
import { takesBack } from './takes-back.ts'

export interface Act {
  act: ActId
  /** null: the program, by proof. */
  member: MemberId | null
  kind: ActKind
  /** The contact that stayed, or the conversation. */
  object: string
  undo: unknown
}

export async function recordAct(tx: Tx, workspace: WorkspaceId, given: Act): Promise<void> {
  await sql`insert into act (workspace_id, id, member_id, kind, object_id, undo)
            values (${workspace}, ${given.act}, ${given.member}, ${given.kind}, ${given.object}, ${JSON.stringify(given.undo)})`.execute(
    tx,
  )
}

/** Of a contact or a conversation, newest first. */
export const actsOf = (tx: Tx, workspace: WorkspaceId, object: string): Promise<ActView[]> =>
  viewsOf(tx, workspace, sql`a.object_id = ${object}`)

/** @returns null: there is none */
export async function actOf(tx: Tx, workspace: WorkspaceId, id: ActId): Promise<ActView | null> {
  const [act] = await viewsOf(tx, workspace, sql`a.id = ${id}`)
  return act ?? null
}

/**
 * A merge holds as long as it is the one that keeps the contact away, and one of the addresses it brought is still there; a split, as long
 * as both contacts are; a change of a conversation, as long as something of it is left.
 */
async function viewsOf(tx: Tx, workspace: WorkspaceId, which: RawBuilder<unknown>): Promise<ActView[]> {
  const { rows } = await sql<Omit<ActView, 'at' | 'undoneAt'> & { at: Date; undoneAt: Date | null }>`
    select a.id, a.kind, a.member_id as member, a.at, a.undone_at as "undoneAt",
           a.undone_at is null and case a.kind
             when 'merge' then
               exists (select from contact c where c.workspace_id = a.workspace_id and c.id = a.object_id and c.merged_into is null)
               and exists (select from contact c where c.workspace_id = a.workspace_id and c.id = (a.undo ->> 'from')::uuid and c.merged_into = a.object_id)
               and (a.undo -> 'moved' = '[]' or exists (
                    select from identity i where i.workspace_id = a.workspace_id and i.contact_id = a.object_id and a.undo -> 'moved' ? i.id::text))
               and not exists (select from act n where n.workspace_id = a.workspace_id and n.object_id = a.object_id and n.id > a.id and n.kind = 'merge'
                                  and n.undone_at is null and n.undo ->> 'from' = a.undo ->> 'from')
             when 'split' then
               (select count(*) = 2 from contact c where c.workspace_id = a.workspace_id and c.merged_into is null
                   and c.id in ((a.undo ->> 'from')::uuid, (a.undo ->> 'parted')::uuid))
             else exists (select from conversation c where c.workspace_id = a.workspace_id and c.id = a.object_id and ${takesBack} <> '{}') end as undoable
      from act a
     -- an earlier Parley noted the undoing of a merge as an act too
     where a.workspace_id = ${workspace} and ${which} and a.kind <> 'unmerge' order by a.id desc limit 100`.execute(tx)
  return rows.map((row) => ({ ...row, at: row.at.toISOString(), undoneAt: row.undoneAt?.toISOString() ?? null }))
}

import { sql } from 'kysely'
import type { AccountId, MemberId, WorkspaceId } from '#contract/ids.ts'
import type { Role } from '#contract/rights.ts'
import type { Tx } from '#server/platform/database.ts'
import { worksElsewhere } from './memberships.ts'
import { beginAnew } from './reset-links.ts'

/**
 * Somebody who was removed here is added again: the same account and the same member, so that what he wrote stays his. Nothing of the old days
 * lets him in: password, second factor and role are as for anybody who is added.
 * @returns null: nobody was removed by this e-mail, or another workspace would be opened with him
 */
export async function bringBack(
  tx: Tx,
  workspace: WorkspaceId,
  person: { email: string; name: string; role: Role },
  passwordHash: string,
): Promise<MemberId | null> {
  const { rows } = await sql<{ id: MemberId; account: AccountId }>`
    select m.id, m.account_id as account from member m join account a on a.id = m.account_id
     where m.workspace_id = ${workspace} and m.state = 'removed' and lower(a.email) = lower(${person.email}) for update of m`.execute(
    tx,
  )
  const removed = rows[0]
  if (!removed || (await worksElsewhere(tx, workspace, removed.account))) return null
  await beginAnew(tx, removed.account, passwordHash)
  await sql`update account set name = ${person.name} where id = ${removed.account}`.execute(tx)
  await sql`update member set state = 'active', name = ${person.name}, role = ${person.role}
             where workspace_id = ${workspace} and id = ${removed.id}`.execute(tx)
  return removed.id
}

/** What concerns an account as a whole concerns each workspace in which it has a member. */
import { sql } from 'kysely'
import type { AccountId, MemberId, WorkspaceId } from '#contract/ids.ts'
import { enterWorkspace, type Tx } from '#server/platform/database.ts'
import { record, type AuditEntry } from './audit.ts'

export interface Membership {
  workspace: WorkspaceId
  member: MemberId
}

/**
 * Visits every workspace, and does there what is to be done for a member of this account. The transaction ends up in another workspace than it
 * was in, or in one at all: `enterWorkspace` goes back.
 */
async function inEach(
  tx: Tx,
  account: AccountId,
  work: (membership: Membership) => Promise<void> = async () => {},
): Promise<Membership[]> {
  // In one order for all: the audit of each is locked until the end.
  const { rows: all } = await sql<{
    id: WorkspaceId
  }>`select workspace_id as id from workspace_directory order by workspace_id`.execute(tx)
  const found: Membership[] = []
  for (const { id: workspace } of all) {
    await enterWorkspace(tx, workspace)
    const { rows } = await sql<{ id: MemberId }>`
      select id from member where workspace_id = ${workspace} and account_id = ${account} and state = 'active'`.execute(
      tx,
    )
    if (!rows[0]) continue
    const membership = { workspace, member: rows[0].id }
    await work(membership)
    found.push(membership)
  }
  return found
}

/** Into the audit of every workspace that the account belongs to. @returns these */
export const recordEverywhere = (
  tx: Tx,
  account: AccountId,
  entryOf: (member: MemberId) => AuditEntry,
): Promise<Membership[]> => inEach(tx, account, ({ workspace, member }) => record(tx, workspace, entryOf(member)))

/**
 * Whoever gives the account a workspace, and whoever acts because it has no other, come one after the other. Members are locked before it, its
 * links, sessions and codes behind it, the audit last.
 * @returns its password as it is now
 */
export async function lockAccount(tx: Tx, account: AccountId): Promise<string | null> {
  const { rows } = await sql<{ hash: string }>`
    select password_hash as hash from account where id = ${account} for update`.execute(tx)
  return rows[0]?.hash ?? null
}

/** Whether what is done to this account would open another workspace too; until the end of the transaction it gets none. */
export async function worksElsewhere(tx: Tx, here: WorkspaceId, account: AccountId): Promise<boolean> {
  await lockAccount(tx, account)
  const all = await inEach(tx, account)
  await enterWorkspace(tx, here)
  return all.some(({ workspace }) => workspace !== here)
}

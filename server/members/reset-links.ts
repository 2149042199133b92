/**
 * For whoever lost the password, or phone and codes: a one-time link by which an account gets a new password and loses its second factor. A
 * colleague who stands above him makes it, or whoever has the machine. It lies beside the set-up links, as a hash only, and is worth no more than
 * its maker's right: that is asked again when it is used.
 */
import { sql } from 'kysely'
import type { AccountId, MemberId, WorkspaceId } from '#contract/ids.ts'
import type { Role } from '#contract/rights.ts'
import { enterWorkspace, type Tx } from '#server/platform/database.ts'
import { Refused } from '#server/platform/problem.ts'
import { mayHelp } from './grants.ts'
import { lockAccount } from './memberships.ts'
import { hashOf, newSecret } from './secret.ts'

export const RESET_HOURS = 24

export interface Maker {
  workspace: WorkspaceId
  member: MemberId
}

/**
 * @param maker  null: whoever has the machine
 * @returns what stands behind `#` in `/reset#…`; earlier ones of this account work no more
 */
export async function newResetSecret(
  tx: Tx,
  account: AccountId,
  maker: Maker | null,
): Promise<{ secret: string; expiresAt: Date }> {
  await dropResetLinks(tx, account)
  const secret = newSecret()
  const { rows } = await sql<{ expiresAt: Date }>`
    insert into setup_link (token_hash, account_id, expires_at, workspace_id, member_id)
    values (${hashOf(secret)}, ${account}, now() + ${RESET_HOURS} * interval '1 hour', ${maker?.workspace ?? null}, ${maker?.member ?? null})
    returning expires_at as "expiresAt"`.execute(tx)
  return { secret, expiresAt: rows[0]!.expiresAt }
}

/**
 * Uses up the link; every session of the account ends. The transaction may end up in its maker's workspace.
 * @throws Refused `not_found` for an unknown, used or expired one, or one that its maker might not make any more
 */
export async function useResetSecret(tx: Tx, secret: string, passwordHash: string): Promise<AccountId> {
  // The account first, as whoever else changes its links has it.
  const { rows: whose } = await sql<{ account: AccountId }>`
    select account_id as account from setup_link where token_hash = ${hashOf(secret)} and account_id is not null`.execute(
    tx,
  )
  if (whose[0]) await lockAccount(tx, whose[0].account)
  const { rows } = await sql<{ account: AccountId; workspace: WorkspaceId | null; member: MemberId | null }>`
    delete from setup_link where token_hash = ${hashOf(secret)} and account_id is not null and expires_at > now()
    returning account_id as account, workspace_id as workspace, member_id as member`.execute(tx)
  if (!rows[0]) throw new Refused('not_found')
  const { account, workspace, member } = rows[0]
  if (workspace && member && !(await mightMake(tx, { workspace, member }, account))) throw new Refused('not_found')
  await beginAnew(tx, account, passwordHash)
  return account
}

/** Now: he may have gone or become less, and the other more. */
async function mightMake(tx: Tx, { workspace, member }: Maker, account: AccountId): Promise<boolean> {
  await enterWorkspace(tx, workspace)
  const { rows } = await sql<{ by: Role; role: Role }>`
    select maker.role as "by", helped.role from member maker join member helped using (workspace_id)
     where workspace_id = ${workspace} and maker.id = ${member} and maker.state = 'active'
       and helped.account_id = ${account} and helped.state = 'active'`.execute(tx)
  return rows[0] !== undefined && mayHelp(rows[0].by, rows[0].role)
}

/** A new password, and nothing of what let somebody in before it. */
export async function beginAnew(tx: Tx, account: AccountId, passwordHash: string): Promise<void> {
  await sql`update account set password_hash = ${passwordHash}, totp_secret = null where id = ${account}`.execute(tx)
  await dropResetLinks(tx, account)
  await sql`delete from session where account_id = ${account}`.execute(tx)
}

/** With a new password, another role or another workspace: whoever made one might open by it what he may not. */
export async function dropResetLinks(tx: Tx, account: AccountId): Promise<void> {
  await sql`delete from setup_link where account_id = ${account}`.execute(tx)
}

/** With the role, or the membership, by which he made them. */
export async function dropLinksMadeBy(tx: Tx, { workspace, member }: Maker): Promise<void> {
  await sql`delete from setup_link where workspace_id = ${workspace} and member_id = ${member}`.execute(tx)
}

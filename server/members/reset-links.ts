/**
 * For whoever lost the password, or phone and codes: a one-time link by which an account gets a new password and loses its second factor. A
 * colleague who stands above him makes it, or whoever has the machine. It lies beside the set-up links, as a hash only.
 */
import { sql } from 'kysely'
import type { AccountId } from '#contract/ids.ts'
import type { Tx } from '#server/platform/database.ts'
import { Refused } from '#server/platform/problem.ts'
import { hashOf, newSecret } from './secret.ts'

export const RESET_HOURS = 24

/** @returns what stands behind `#` in `/reset#…`; earlier ones of this account work no more */
export async function newResetSecret(tx: Tx, account: AccountId): Promise<{ secret: string; expiresAt: Date }> {
  await dropResetLinks(tx, account)
  const secret = newSecret()
  const { rows } = await sql<{ expiresAt: Date }>`
    insert into setup_link (token_hash, account_id, expires_at) values (${hashOf(secret)}, ${account}, now() + ${RESET_HOURS} * interval '1 hour')
    returning expires_at as "expiresAt"`.execute(tx)
  return { secret, expiresAt: rows[0]!.expiresAt }
}

/** Uses up the link; every session of the account ends. @throws Refused `not_found` for an unknown, used or expired one */
export async function useResetSecret(tx: Tx, secret: string, passwordHash: string): Promise<AccountId> {
  const { rows } = await sql<{ account: AccountId }>`
    delete from setup_link where token_hash = ${hashOf(secret)} and account_id is not null and expires_at > now()
    returning account_id as account`.execute(tx)
  if (!rows[0]) throw new Refused('not_found')
  const { account } = rows[0]
  await beginAnew(tx, account, passwordHash)
  return account
}

/** A new password, and nothing of what let somebody in before it. */
export async function beginAnew(tx: Tx, account: AccountId, passwordHash: string): Promise<void> {
  await sql`update account set password_hash = ${passwordHash}, totp_secret = null where id = ${account}`.execute(tx)
  await sql`delete from session where account_id = ${account}`.execute(tx)
  await dropResetLinks(tx, account)
}

/** With a new password, another role or another workspace: whoever made one might open by it what he may not. */
export async function dropResetLinks(tx: Tx, account: AccountId): Promise<void> {
  await sql`delete from setup_link where account_id = ${account}`.execute(tx)
}

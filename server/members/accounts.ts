/** People and their workspaces: the first owner, further members, sessions, tokens. */
import { sql } from 'kysely'
import type { AccountId, MemberId, SessionId, TokenId, WorkspaceId } from '#contract/ids.ts'
import type { Role } from '#contract/rights.ts'
import { enterWorkspace, type Database, type Tx } from '#server/platform/database.ts'
import { newId } from '#server/platform/new-id.ts'
import { Refused } from '#server/platform/problem.ts'
import { record } from './audit.ts'
import { lockAccount } from './memberships.ts'
import { hashPassword, isPassword } from './password.ts'
import { dropResetLinks } from './reset-links.ts'
import { hashOf, newSecret, newToken } from './secret.ts'

export interface Account {
  id: AccountId
  email: string
  name: string
  password_hash: string
  totp_secret: Buffer | null
  totp_used_step: number
  language: 'en' | 'ru'
}

export async function findAccount(
  database: Database,
  by: { email: string } | { id: AccountId },
): Promise<Account | null> {
  const { rows } = await sql<Account>`
    select id, email, name, password_hash, totp_secret, totp_used_step, language from account
     where ${'email' in by ? sql`lower(email) = lower(${by.email})` : sql`id = ${by.id}`}`.execute(database.plumbing)
  return rows[0] ?? null
}

/**
 * What was read before its password was compared, which takes long: it may have become another meanwhile. Where in the order of locks: `lockAccount`.
 * @throws Refused `wrong_credentials`
 */
export async function lockUnchanged(tx: Tx, { id, password_hash }: Account): Promise<void> {
  if ((await lockAccount(tx, id)) !== password_hash) throw new Refused('wrong_credentials')
}

/**
 * As `lockUnchanged`, for whoever comes in, or puts his phone beside the password: nor may a second factor have been turned on that was not
 * there. Whatever ends sessions comes before this, and he is refused, or behind what he did, and ends it.
 * @throws Refused `wrong_credentials`
 */
export async function lockProven(tx: Tx, account: Account): Promise<void> {
  await lockUnchanged(tx, account)
  const { rows } = await sql<{ hasFactor: boolean }>`
    select totp_secret is not null as "hasFactor" from account where id = ${account.id}`.execute(tx)
  if (rows[0]!.hasFactor && !account.totp_secret) throw new Refused('wrong_credentials')
}

export interface Owner {
  name: string
  email: string
  password: string
  language: 'en' | 'ru'
}

export interface Created {
  workspace: WorkspaceId
  member: MemberId
  account: AccountId
}

/**
 * A workspace with its owner. An account that exists is used again, if this is its password.
 * @throws Refused `wrong_credentials` for a known e-mail with another password, or one that had it when we looked
 */
export async function createWorkspace(
  database: Database,
  name: string,
  owner: Owner,
  inSameTx?: (tx: Tx) => Promise<void>,
): Promise<Created> {
  const workspace = newId<WorkspaceId>()
  const member = newId<MemberId>()
  const known = await findAccount(database, { email: owner.email })
  if (known && !(await isPassword(known.password_hash, owner.password))) throw new Refused('wrong_credentials')
  const hash = known ? null : await hashPassword(owner.password)
  const account = known?.id ?? newId<AccountId>()
  await database.transaction(async (tx) => {
    await enterWorkspace(tx, workspace)
    await inSameTx?.(tx)
    if (hash) await insertAccount(tx, account, owner, hash)
    if (known) {
      await lockUnchanged(tx, known)
      await dropResetLinks(tx, account)
    }
    await sql`insert into workspace_directory (workspace_id) values (${workspace})`.execute(tx)
    await sql`insert into workspace (workspace_id, name, language) values (${workspace}, ${name}, ${owner.language})`.execute(
      tx,
    )
    await insertMember(tx, workspace, { id: member, account, name: owner.name, role: 'owner' })
    await record(tx, workspace, {
      actor: { kind: 'program', id: null },
      act: 'workspace.created',
      object: { kind: 'workspace', id: workspace },
      address: null,
      detail: { name },
    })
  })
  return { workspace, member, account }
}

/** @throws Refused `email_taken` when the e-mail has an account already */
export async function insertAccount(
  tx: Tx,
  id: AccountId,
  person: Omit<Owner, 'password'>,
  passwordHash: string,
): Promise<void> {
  const { rows } = await sql`
    insert into account (id, email, name, password_hash, language) values (${id}, ${person.email}, ${person.name}, ${passwordHash}, ${person.language})
    on conflict do nothing returning id`.execute(tx)
  if (rows.length === 0)
    throw new Refused('email_taken', { fields: [{ path: 'body.email', reason: 'has an account already' }] })
}

export async function insertMember(
  tx: Tx,
  workspace: WorkspaceId,
  member: { id: MemberId; account: AccountId | null; name: string; role: Role },
): Promise<void> {
  await sql`insert into member (workspace_id, id, account_id, name, role) values (${workspace}, ${member.id}, ${member.account}, ${member.name}, ${member.role})`.execute(
    tx,
  )
}

// ---------------------------------------------------------------- set-up

const SETUP_HOURS = 72

export async function hasOwner(database: Database): Promise<boolean> {
  const { rows } = await sql`select 1 from account limit 1`.execute(database.plumbing)
  return rows.length > 0
}

/** A fresh one-time link secret while there is no owner; earlier ones stay good until they expire. @returns null: there is an owner */
export async function newSetupSecret(database: Database): Promise<string | null> {
  if (await hasOwner(database)) return null
  const secret = newSecret()
  await sql`insert into setup_link (token_hash, expires_at) values (${hashOf(secret)}, now() + ${SETUP_HOURS} * interval '1 hour')`.execute(
    database.plumbing,
  )
  return secret
}

/** Uses up the link. @throws Refused `not_found` for an unknown, used, expired or empty one · `already_set_up` */
export async function useSetupSecret(tx: Tx, secret: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended('parley setup', 0))`.execute(tx)
  const { rows: owners } = await sql`select 1 from account limit 1`.execute(tx)
  if (owners.length > 0) throw new Refused('already_set_up')
  const { rows } =
    await sql`delete from setup_link where token_hash = ${hashOf(secret)} and account_id is null and expires_at > now() returning 1`.execute(
      tx,
    )
  if (secret === '' || rows.length === 0) throw new Refused('not_found')
  await sql`delete from setup_link`.execute(tx)
}

// ---------------------------------------------------------------- sessions and tokens

const SESSION_DAYS = 30

interface SessionGiven {
  account: AccountId
  workspace: WorkspaceId
  address: string
  agent: string
}

/** In the transaction of what lets him in (`lockProven`, a link that is used up): one that ended meanwhile opens nothing. */
export async function insertSession(tx: Tx, given: SessionGiven): Promise<{ id: SessionId; secret: string }> {
  const id = newId<SessionId>()
  const secret = newSecret()
  await sql`
    insert into session (id, account_id, workspace_id, token_hash, address, agent, expires_at)
    values (${id}, ${given.account}, ${given.workspace}, ${hashOf(secret)}, ${given.address}, ${given.agent.slice(0, 300)}, now() + ${SESSION_DAYS} * interval '1 day')`.execute(
    tx,
  )
  return { id, secret }
}

/** Of somebody who proves nothing: for tests and benchmarks. */
export const openSession = (database: Database, given: SessionGiven): Promise<{ id: SessionId; secret: string }> =>
  database.transaction((tx) => insertSession(tx, given))

/** The account's workspaces, the newest first. */
export async function workspacesOf(
  database: Database,
  account: AccountId,
): Promise<{ id: WorkspaceId; name: string; role: Role }[]> {
  const { rows: all } = await sql<{
    id: WorkspaceId
  }>`select workspace_id as id from workspace_directory order by workspace_id desc`.execute(database.plumbing)
  const found = await Promise.all(
    all.map(({ id }) =>
      database.inWorkspace(id, async (tx) => {
        const { rows } = await sql<{ id: WorkspaceId; name: string; role: Role }>`
          select w.workspace_id as id, w.name, m.role from member m join workspace w using (workspace_id)
           where m.workspace_id = ${id} and m.account_id = ${account} and m.state = 'active'`.execute(tx)
        return rows
      }),
    ),
  )
  return found.flat()
}

/** A token for a program: a member of its own. @returns the token, which is never shown again */
export async function createToken(
  tx: Tx,
  workspace: WorkspaceId,
  given: { name: string; role: Role; expiresAt: string | null },
): Promise<{ id: TokenId; member: MemberId; token: string }> {
  const id = newId<TokenId>()
  const member = newId<MemberId>()
  const token = newToken()
  await insertMember(tx, workspace, { id: member, account: null, name: given.name, role: given.role })
  await sql`insert into api_token (id, workspace_id, member_id, token_hash, expires_at) values (${id}, ${workspace}, ${member}, ${hashOf(token)}, ${given.expiresAt})`.execute(
    tx,
  )
  return { id, member, token }
}

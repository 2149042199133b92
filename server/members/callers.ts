/**
 * Who calls: a session's cookie or an API token. Both are looked up by their hash before a workspace is known; then the member says
 * what may be done. Answers are kept for a second at most, so that a removed member, a lowered role or an ended session is out
 * within a second everywhere.
 */
import { sql } from 'kysely'
import type { AccountId, MemberId, SessionId, TokenId, WorkspaceId } from '#contract/ids.ts'
import type { Role } from '#contract/rights.ts'
import type { Database } from '#server/platform/database.ts'
import { hashOf } from './secret.ts'

export interface Identified {
  workspace: WorkspaceId
  member: MemberId
  account: AccountId | null
  role: Role
  session: SessionId | null
  hasSecondFactor: boolean
  token: TokenId | null
}

export interface Callers {
  bySession(secret: string): Promise<Identified | null>
  byToken(token: string): Promise<Identified | null>
  /** After a change of roles, sessions or tokens in this process. */
  forget(): void
}

/** With the feed's own looking again (`feed.http.ts`) less than a second, in every process and without a hint. */
const FRESH_MS = 400
const MOST_KNOWN = 10_000
export const IDLE = '12 hours'

export function callers(database: Database): Callers {
  const known = new Map<string, { identified: Identified | null; at: number }>()

  async function cached(key: string, find: () => Promise<Identified | null>): Promise<Identified | null> {
    const before = known.get(key)
    if (before && performance.now() - before.at < FRESH_MS) return before.identified
    // As old as the question, not as its answer: what changed in between is asked again in time.
    const at = performance.now()
    const identified = await find()
    if (known.size > MOST_KNOWN) known.clear()
    known.set(key, { identified, at })
    return identified
  }

  async function roleOf(workspace: WorkspaceId, member: MemberId | null, account: AccountId | null) {
    return database.inWorkspace(workspace, async (tx) => {
      const { rows } = await sql<{ member: MemberId; role: Role }>`
        select id as member, role from member where workspace_id = ${workspace} and state = 'active'
           and ${member ? sql`id = ${member}` : sql`account_id = ${account}`}`.execute(tx)
      return rows[0] ?? null
    })
  }

  return {
    bySession: (secret) =>
      cached(`session ${secret}`, async () => {
        const { rows } = await sql<{
          session: SessionId
          account: AccountId
          workspace: WorkspaceId
          hasSecondFactor: boolean
        }>`
          update session s set seen_at = case when seen_at < now() - interval '1 minute' then now() else seen_at end
           where token_hash = ${hashOf(secret)} and expires_at > now() and seen_at > now() - ${IDLE}::interval
          returning id as session, account_id as account, workspace_id as workspace,
                    exists (select from account a where a.id = s.account_id and a.totp_secret is not null) as "hasSecondFactor"`.execute(
          database.plumbing,
        )
        const found = rows[0]
        const member = found && (await roleOf(found.workspace, null, found.account))
        return found && member ? { ...found, ...member, token: null } : null
      }),
    byToken: (token) =>
      cached(`token ${token}`, async () => {
        const { rows } = await sql<{ token: TokenId; member: MemberId; workspace: WorkspaceId }>`
          update api_token set used_at = case when used_at is null or used_at < now() - interval '1 minute' then now() else used_at end
           where token_hash = ${hashOf(token)} and (expires_at is null or expires_at > now())
          returning id as token, member_id as member, workspace_id as workspace`.execute(database.plumbing)
        const found = rows[0]
        const member = found && (await roleOf(found.workspace, found.member, null))
        return found && member ? { ...found, ...member, account: null, session: null, hasSecondFactor: false } : null
      }),
    forget: () => known.clear(),
  }
}

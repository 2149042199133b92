/**
 * Who calls: a session's cookie or an API token. Both are looked up by their hash before a workspace is known; then the member says
 * what may be done. Answers are kept for a second at most, so that a removed member, a lowered role or an ended session is out
 * within a second everywhere.
 */
import { sql, type RawBuilder } from 'kysely'
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

  const session = joined(async (secrets) => {
    const { rows } = await sql<{
      hash: Buffer
      session: SessionId
      account: AccountId
      workspace: WorkspaceId
      hasSecondFactor: boolean
    }>`
      update session s set seen_at = case when seen_at < now() - interval '1 minute' then now() else seen_at end
       where token_hash = any (${secrets.map(hashOf)}::bytea[]) and expires_at > now() and seen_at > now() - ${IDLE}::interval
      returning token_hash as hash, id as session, account_id as account, workspace_id as workspace,
                exists (select from account a where a.id = s.account_id and a.totp_secret is not null) as "hasSecondFactor"`.execute(
      database.plumbing,
    )
    return withRoles(
      rows.map(({ hash, ...found }) => ({ hash, of: found.account, found: { ...found, token: null } })),
      sql`account_id`,
    )
  })

  const token = joined(async (secrets) => {
    const { rows } = await sql<{ hash: Buffer; token: TokenId; member: MemberId; workspace: WorkspaceId }>`
      update api_token set used_at = case when used_at is null or used_at < now() - interval '1 minute' then now() else used_at end
       where token_hash = any (${secrets.map(hashOf)}::bytea[]) and (expires_at is null or expires_at > now())
      returning token_hash as hash, id as token, member_id as member, workspace_id as workspace`.execute(
      database.plumbing,
    )
    return withRoles(
      rows.map(({ hash, token: id, member, workspace }) => ({
        hash,
        of: member,
        found: { token: id, workspace, account: null, session: null, hasSecondFactor: false },
      })),
      sql`id`,
    )
  })

  interface Half {
    hash: Buffer
    /** What names the member. */
    of: string
    found: Omit<Identified, 'member' | 'role'>
  }

  /** Those who are members of their workspace now, by the hash of their secret. */
  async function withRoles(halves: Half[], column: RawBuilder<unknown>): Promise<Map<string, Identified>> {
    const whole = new Map<string, Identified>()
    for (const [workspace, some] of Map.groupBy(halves, ({ found }) => found.workspace)) {
      const roles = await database.inWorkspace(workspace, async (tx) => {
        const { rows } = await sql<{ of: string; member: MemberId; role: Role }>`
          select ${column} as of, id as member, role from member
           where workspace_id = ${workspace} and state = 'active' and ${column} = any (${some.map(({ of }) => of)}::uuid[])`.execute(
          tx,
        )
        return new Map(rows.map(({ of, ...member }) => [of, member]))
      })
      for (const { hash, of, found } of some) {
        const member = roles.get(of)
        if (member) whole.set(hash.toString('hex'), { ...found, ...member })
      }
    }
    return whole
  }

  return {
    bySession: (secret) => cached(`session ${secret}`, () => session(secret)),
    byToken: (secret) => cached(`token ${secret}`, () => token(secret)),
    forget: () => known.clear(),
  }
}

/** Questions of one moment are one: of a thousand sockets, it is asked twice a second whose they are. */
function joined(
  find: (secrets: string[]) => Promise<Map<string, Identified>>,
): (secret: string) => Promise<Identified | null> {
  let waiting: Map<string, PromiseWithResolvers<Identified | null>> | null = null
  async function ask(): Promise<void> {
    const asked = waiting!
    waiting = null
    try {
      const found = await find([...asked.keys()])
      for (const [secret, { resolve }] of asked) resolve(found.get(hashOf(secret).toString('hex')) ?? null)
    } catch (error) {
      for (const { reject } of asked.values()) reject(error)
    }
  }
  return (secret) => {
    if (!waiting) {
      waiting = new Map()
      setImmediate(() => void ask())
    }
    const before = waiting.get(secret)
    if (before) return before.promise
    const asking = Promise.withResolvers<Identified | null>()
    waiting.set(secret, asking)
    return asking.promise
  }
}

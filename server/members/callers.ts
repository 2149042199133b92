/**
 * Who calls: a session's cookie or an API token. Both are looked up by their hash before a workspace is known; then the member says
 * what may be done. Answers are kept for a second at most, so that a removed member, a lowered role or an ended session is out
 * within a second everywhere.
 */
import { sql, type RawBuilder } from 'kysely'
import type { AccountId, MemberId, SessionId, TokenId, WorkspaceId } from '#contract/ids.ts'
import type { Role } from '#contract/rights.ts'
import type { Database } from '#server/platform/database.ts'
import { Refused } from '#server/platform/problem.ts'
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
  /**
   * @param drawnFor  the member whom the page says it is of, see `MEMBER_HEADER`
   * @throws Refused `another_member`
   */
  bySession(secret: string, drawnFor?: string | string[]): Promise<Identified | null>
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

  /**
   * By the hash of the secret. Where each belonged when it was last asked for, it is found together with its member, in one look; of the
   * others the workspace is found first.
   */
  async function find(kind: Kind, secrets: string[]): Promise<Map<string, Identified>> {
    const whole = new Map<string, Identified>()
    const hashes = new Map(secrets.map((secret) => [secret, hashOf(secret)]))
    await findAtHome(
      kind,
      [...hashes].flatMap(([secret, hash]) => {
        const workspace = known.get(`${kind} ${secret}`)?.identified?.workspace
        return workspace ? [{ hash, workspace }] : []
      }),
      whole,
    )
    const others = [...hashes.values()].filter((hash) => !whole.has(hash.toString('hex')))
    if (others.length === 0) return whole
    const { rows } = await sql<Home>`
      select token_hash as hash, workspace_id as workspace from ${KINDS[kind].table} where token_hash = any (${others}::bytea[])`.execute(
      database.plumbing,
    )
    await findAtHome(kind, rows, whole)
    return whole
  }

  async function findAtHome(kind: Kind, homes: Home[], whole: Map<string, Identified>): Promise<void> {
    const { withMembers, seen } = KINDS[kind]
    const unseen: string[] = []
    for (const [workspace, some] of Map.groupBy(homes, (home) => home.workspace)) {
      const hashes = some.map(({ hash }) => hash)
      const { rows } = await database.look(workspace, (tx) => withMembers(workspace, hashes).execute(tx))
      for (const { hash, id, unseen: isUnseen, ...rest } of rows) {
        whole.set(hash.toString('hex'), { ...rest, workspace, session: null, token: null, [kind]: id })
        if (isUnseen) unseen.push(id)
      }
    }
    // To the minute: a write for each call would cost more than the call.
    if (unseen.length > 0) await seen(unseen).execute(database.plumbing)
  }

  const session = joined((secrets) => find('session', secrets))
  const token = joined((secrets) => find('token', secrets))

  return {
    async bySession(secret, drawnFor) {
      const found = await cached(`session ${secret}`, () => session(secret))
      if (found && drawnFor !== undefined && drawnFor !== found.member) throw new Refused('another_member')
      return found
    },
    byToken: (secret) => cached(`token ${secret}`, () => token(secret)),
    forget: () => known.clear(),
  }
}

type Kind = 'session' | 'token'

/** Where a secret belongs. */
interface Home {
  hash: Buffer
  workspace: WorkspaceId
}

interface Found extends Omit<Identified, 'workspace' | Kind> {
  hash: Buffer
  id: string
  unseen: boolean
}

/** Behind a secret stand a row of the plumbing and, behind the wall of its workspace, a member. */
const KINDS: Record<
  Kind,
  {
    table: RawBuilder<unknown>
    withMembers(workspace: WorkspaceId, hashes: Buffer[]): RawBuilder<Found>
    seen(ids: string[]): RawBuilder<unknown>
  }
> = {
  session: {
    table: sql`session`,
    withMembers: (workspace, hashes) => sql`
      select s.token_hash as hash, s.id, s.account_id as account, m.id as member, m.role, a.totp_secret is not null as "hasSecondFactor",
             s.seen_at < now() - interval '1 minute' as unseen
        from session s join account a on a.id = s.account_id
        join member m on m.workspace_id = s.workspace_id and m.account_id = s.account_id and m.state = 'active'
       where s.token_hash = any (${hashes}::bytea[]) and s.workspace_id = ${workspace} and s.expires_at > now()
         and s.seen_at > now() - ${IDLE}::interval`,
    seen: (ids) => sql`
      update session set seen_at = now() where id = any (${ids}::uuid[]) and seen_at < now() - interval '1 minute'`,
  },
  token: {
    table: sql`api_token`,
    withMembers: (workspace, hashes) => sql`
      select t.token_hash as hash, t.id, null::uuid as account, m.id as member, m.role, false as "hasSecondFactor",
             t.used_at is null or t.used_at < now() - interval '1 minute' as unseen
        from api_token t join member m on m.workspace_id = t.workspace_id and m.id = t.member_id and m.state = 'active'
       where t.token_hash = any (${hashes}::bytea[]) and t.workspace_id = ${workspace} and (t.expires_at is null or t.expires_at > now())`,
    seen: (ids) => sql`
      update api_token set used_at = now() where id = any (${ids}::uuid[]) and (used_at is null or used_at < now() - interval '1 minute')`,
  },
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

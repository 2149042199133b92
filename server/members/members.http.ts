import { sql } from 'kysely'
import type { z } from 'zod'
import {
  beginSecondFactor,
  changeMe,
  changeMember,
  createMember,
  createToken as createTokenCall,
  endSession,
  getMe,
  getSetup,
  listAudit,
  listMembers,
  listSessions,
  listTokens,
  listWorkspaces,
  proveSecondFactor,
  removeMember,
  removeSecondFactor,
  removeToken,
  setUp,
  signIn,
  signOut,
  type AuditRow,
  type Me,
  type MemberView,
  type SessionView,
  type TokenView,
} from '#contract/calls/members.ts'
import type { FeedEvent } from '#contract/feed/event.ts'
import { NIL_ID, type AccountId, type MemberId, type WorkspaceId } from '#contract/ids.ts'
import type { Role } from '#contract/rights.ts'
import { announce, feedTopic } from '#server/feed/feed.ts'
import type { Present } from '#server/feed/reader.ts'
import { answer, type Caller } from '#server/platform/calls.ts'
import type { Database, Tx } from '#server/platform/database.ts'
import type { Hints } from '#server/platform/hints.ts'
import { newId } from '#server/platform/new-id.ts'
import { pageOfAll, readPageCursor, writePageCursor } from '#server/platform/pages.ts'
import { Refused } from '#server/platform/problem.ts'
import type { Secrets } from '#server/platform/secrets/secrets.ts'
import {
  createToken,
  createWorkspace,
  findAccount,
  hasOwner,
  insertAccount,
  insertMember,
  openSession,
  useSetupSecret,
  workspacesOf,
  type Account,
} from './accounts.ts'
import { auditBy, record } from './audit.ts'
import type { Callers } from './callers.ts'
import { hashPassword, isPassword } from './password.ts'
import { countTry, forgive } from './throttle.ts'
import { checkTotp, newTotpSecret, totpUrl } from './totp.ts'

export interface MemberCallsDeps {
  database: Database
  hints: Hints
  secrets: Secrets
  callers: Callers
  /** Puts the session's cookie on the answer of this request. */
  setCookie(caller: Caller, secret: string | null): void
  /** Parley is reached from beyond this machine: second factors are wanted, plain http is warned of. */
  isPublic: boolean
  isSecure: boolean
  /** What an operator must look at now. */
  alarms(): Promise<readonly 'events_wait'[]>
}

const PROGRAM = NIL_ID as WorkspaceId

export function memberCalls(deps: MemberCallsDeps) {
  const { database, hints, secrets, callers } = deps

  async function meOf(caller: Pick<Caller, 'workspace' | 'member' | 'account'>): Promise<z.infer<typeof Me>> {
    const account = caller.account ? await findAccount(database, { id: caller.account }) : null
    return database.inWorkspace(caller.workspace, async (tx) => {
      const [member] = await memberViews(tx, caller.workspace, [caller.member])
      const { rows } = await sql<{ name: string; preferences: Record<string, unknown> }>`
        select w.name, m.preferences from workspace w join member m using (workspace_id) where w.workspace_id = ${caller.workspace} and m.id = ${caller.member}`.execute(
        tx,
      )
      if (!member || !rows[0]) throw new Refused('signed_out')
      const secondFactor = account?.totp_secret != null
      const leads = member.role === 'owner' || member.role === 'admin'
      return {
        account: account?.id ?? null,
        member,
        workspace: { id: caller.workspace, name: rows[0].name },
        language: account?.language ?? 'en',
        secondFactor,
        preferences: rows[0].preferences,
        warnings: [
          ...(deps.isPublic && leads && account && !secondFactor ? (['second_factor_wanted'] as const) : []),
          ...(deps.isPublic && !deps.isSecure ? (['plain_http'] as const) : []),
          ...(await deps.alarms()),
        ],
      }
    })
  }

  async function signedIn(
    caller: Caller,
    account: Pick<Account, 'id'>,
    workspace: WorkspaceId,
    member: MemberId,
    act: string,
  ) {
    const { secret } = await openSession(database, {
      account: account.id,
      workspace,
      address: caller.address,
      agent: caller.agent,
    })
    await database.inWorkspace(workspace, (tx) =>
      record(tx, workspace, {
        actor: { kind: 'member', id: member },
        act,
        object: { kind: 'account', id: account.id },
        address: caller.address,
      }),
    )
    deps.setCookie(caller, secret)
    return meOf({ workspace, member, account: account.id })
  }

  /** The account behind a signed-in person; programs have none. */
  async function accountOf(caller: Caller): Promise<Account> {
    const account = caller.account && (await findAccount(database, { id: caller.account }))
    if (!account) throw new Refused('forbidden', { detail: 'a program has no account' })
    return account
  }

  const totpPlace = (account: AccountId) => ({ table: 'account', column: 'totp_secret', row: account })

  async function proveCode(account: Account, code: string | undefined): Promise<void> {
    if (!account.totp_secret) return
    if (!code) throw new Refused('code_wanted')
    const sealer = await secrets.of(PROGRAM)
    const secret = sealer.open(account.totp_secret, totpPlace(account.id)).toString()
    const step = checkTotp(secret, code, account.totp_used_step, new Date())
    const { rows } =
      step === null
        ? { rows: [] }
        : await sql`update account set totp_used_step = ${step} where id = ${account.id} and totp_used_step < ${step} returning 1`.execute(
            database.plumbing,
          )
    if (rows.length === 0) throw new Refused('wrong_credentials')
  }

  async function change<T>(caller: Caller, work: (tx: Tx) => Promise<T>): Promise<T> {
    const result = await database.inWorkspace(caller.workspace, work)
    callers.forget()
    hints.tell('callers', caller.workspace)
    hints.tell(feedTopic(caller.workspace))
    return result
  }

  /** Only an owner touches owners, and the last one stays. */
  async function mayTouch(
    tx: Tx,
    caller: Caller,
    id: MemberId,
    next: Role | null,
  ): Promise<{ role: Role; account: AccountId | null }> {
    const { rows } = await sql<{ role: Role; account: AccountId | null; owners: number }>`
      select role, account_id as account, (select count(*)::int from member where workspace_id = ${caller.workspace} and role = 'owner' and state = 'active') as owners
        from member where workspace_id = ${caller.workspace} and id = ${id} and state = 'active' for update`.execute(tx)
    const member = rows[0]
    if (!member || member.role === 'bot') throw new Refused('not_found')
    if ((member.role === 'owner' || next === 'owner') && caller.role !== 'owner') throw new Refused('forbidden')
    if (member.role === 'owner' && next !== 'owner' && member.owners === 1)
      throw new Refused('conflict', { detail: 'a workspace keeps one owner' })
    return member
  }

  return [
    answer(getSetup, async () => ({ open: !(await hasOwner(database)) })),
    answer(setUp, async ({ body }, caller) => {
      await countTry(database, 'setup', { address: caller.address })
      const { token, workspace: name, ...owner } = body
      const created = await createWorkspace(database, name, owner, (tx) => useSetupSecret(tx, token))
      hints.tell('workspaces')
      return signedIn(caller, { id: created.account }, created.workspace, created.member, 'account.set_up')
    }),
    answer(signIn, async ({ body }, caller) => {
      await countTry(database, 'sign_in', { account: body.email, address: caller.address })
      const account = await findAccount(database, { email: body.email })
      if (!(await isPassword(account?.password_hash ?? null, body.password)) || !account)
        throw new Refused('wrong_credentials')
      await proveCode(account, body.code)
      const [workspace] = await workspacesOf(database, account.id)
      if (!workspace) throw new Refused('wrong_credentials')
      await forgive(database, 'sign_in', { account: body.email, address: caller.address })
      const { rows } = await database.inWorkspace(workspace.id, (tx) =>
        sql<{
          id: MemberId
        }>`select id from member where workspace_id = ${workspace.id} and account_id = ${account.id}`.execute(tx),
      )
      return signedIn(caller, account, workspace.id, rows[0]!.id, 'account.signed_in')
    }),
    answer(signOut, async (_, caller) => {
      await sql`delete from session where id = ${caller.session}`.execute(database.plumbing)
      callers.forget()
      hints.tell('callers', caller.workspace)
      deps.setCookie(caller, null)
      return {}
    }),
    answer(listSessions, async (_, caller) => {
      const { rows } = await sql<
        Omit<z.infer<typeof SessionView>, 'createdAt' | 'seenAt'> & { createdAt: Date; seenAt: Date }
      >`
        select id, id = ${caller.session} as current, address, agent, created_at as "createdAt", seen_at as "seenAt" from session
         where account_id = ${caller.account} and expires_at > now() order by seen_at desc`.execute(database.plumbing)
      return {
        items: rows.map((row) => ({
          ...row,
          current: row.current === true,
          createdAt: row.createdAt.toISOString(),
          seenAt: row.seenAt.toISOString(),
        })),
        next: null,
      }
    }),
    answer(endSession, async ({ params }, caller) => {
      const { rows } =
        await sql`delete from session where id = ${params.id} and account_id = ${caller.account} returning 1`.execute(
          database.plumbing,
        )
      if (rows.length === 0) throw new Refused('not_found')
      callers.forget()
      hints.tell('callers', caller.workspace)
      return {}
    }),
    answer(getMe, (_, caller) => meOf(caller)),
    answer(changeMe, async ({ body }, caller) => {
      if (body.password || body.language) {
        const account = await accountOf(caller)
        if (body.password) {
          await countTry(database, 'password', { account: account.email, address: caller.address })
          if (!(await isPassword(account.password_hash, body.password.now))) throw new Refused('wrong_credentials')
          const hash = await hashPassword(body.password.next)
          await sql`update account set password_hash = ${hash} where id = ${account.id}`.execute(database.plumbing)
          await endOthers(caller)
        }
        if (body.language)
          await sql`update account set language = ${body.language} where id = ${account.id}`.execute(database.plumbing)
      }
      await change(caller, async (tx) => {
        await sql`update member set name = coalesce(${body.name ?? null}, name), preferences = preferences || ${JSON.stringify(body.preferences ?? {})}::jsonb
                   where workspace_id = ${caller.workspace} and id = ${caller.member}`.execute(tx)
        if (body.password) await auditBy(tx, caller, 'account.password_changed', { kind: 'member', id: caller.member })
        await announce(tx, caller.workspace, [{ kind: 'member.changed', subject: caller.member }])
      })
      return meOf(caller)
    }),
    answer(beginSecondFactor, async (_, caller) => {
      const account = await accountOf(caller)
      const secret = newTotpSecret()
      return { secret, url: totpUrl(secret, account.email) }
    }),
    answer(proveSecondFactor, async ({ body }, caller) => {
      const account = await accountOf(caller)
      // Whoever found an open screen must not put his own phone in the owner's place.
      if (account.totp_secret) throw new Refused('conflict', { detail: 'turn the present second factor off first' })
      const step = checkTotp(body.secret, body.code, 0, new Date())
      if (step === null) throw new Refused('wrong_credentials')
      const sealer = await secrets.of(PROGRAM)
      await sql`update account set totp_secret = ${sealer.seal(Buffer.from(body.secret), totpPlace(account.id))}, totp_used_step = ${step} where id = ${account.id}`.execute(
        database.plumbing,
      )
      await endOthers(caller)
      await change(caller, (tx) => auditBy(tx, caller, 'account.second_factor_on', { kind: 'account', id: account.id }))
      return meOf(caller)
    }),
    answer(removeSecondFactor, async ({ body }, caller) => {
      const account = await accountOf(caller)
      await countTry(database, 'password', { account: account.email, address: caller.address })
      if (!(await isPassword(account.password_hash, body.password))) throw new Refused('wrong_credentials')
      await sql`update account set totp_secret = null where id = ${account.id}`.execute(database.plumbing)
      await endOthers(caller)
      await change(caller, (tx) =>
        auditBy(tx, caller, 'account.second_factor_off', { kind: 'account', id: account.id }),
      )
      return meOf(caller)
    }),
    answer(listWorkspaces, async (_, caller) => ({
      items: caller.account
        ? (await workspacesOf(database, caller.account)).map((each) => ({
            ...each,
            current: each.id === caller.workspace,
          }))
        : [],
      next: null,
    })),

    // ---------------------------------------------------------------- members
    answer(listMembers, ({ query }, caller) =>
      database.inWorkspace(caller.workspace, async (tx) =>
        pageOfAll(await memberViews(tx, caller.workspace, null), query),
      ),
    ),
    answer(createMember, async ({ body }, caller) => {
      if (body.role === 'admin' && caller.role !== 'owner')
        throw new Refused('forbidden', { detail: 'only an owner makes admins' })
      const hash = await hashPassword(body.password)
      return change(caller, async (tx) => {
        const id = newId<MemberId>()
        const account = newId<AccountId>()
        await insertAccount(tx, account, { ...body, language: 'en' }, hash)
        await insertMember(tx, caller.workspace, { id, account, name: body.name, role: body.role })
        await auditBy(tx, caller, 'member.added', { kind: 'member', id }, { role: body.role })
        await announce(tx, caller.workspace, [{ kind: 'member.changed', subject: id }])
        return (await memberViews(tx, caller.workspace, [id]))[0]!
      })
    }),
    answer(changeMember, ({ params, body }, caller) =>
      change(caller, async (tx) => {
        const before = await mayTouch(tx, caller, params.id, body.role ?? null)
        await sql`update member set name = coalesce(${body.name ?? null}, name), role = coalesce(${body.role ?? null}, role)
                   where workspace_id = ${caller.workspace} and id = ${params.id}`.execute(tx)
        await auditBy(
          tx,
          caller,
          'member.changed',
          { kind: 'member', id: params.id },
          { from: before.role, to: body.role ?? before.role },
        )
        await announce(tx, caller.workspace, [{ kind: 'member.changed', subject: params.id }])
        return (await memberViews(tx, caller.workspace, [params.id]))[0]!
      }),
    ),
    answer(removeMember, ({ params }, caller) =>
      change(caller, async (tx) => {
        const member = await mayTouch(tx, caller, params.id, null)
        await sql`update member set state = 'removed' where workspace_id = ${caller.workspace} and id = ${params.id}`.execute(
          tx,
        )
        await sql`delete from session where account_id = ${member.account} and workspace_id = ${caller.workspace}`.execute(
          tx,
        )
        await auditBy(tx, caller, 'member.removed', { kind: 'member', id: params.id })
        await announce(tx, caller.workspace, [{ kind: 'member.changed', subject: params.id }])
        return {}
      }),
    ),

    // ---------------------------------------------------------------- tokens, audit
    answer(listTokens, (_, caller) =>
      database.inWorkspace(caller.workspace, async (tx) => ({
        items: await tokenViews(tx, caller.workspace),
        next: null,
      })),
    ),
    answer(createTokenCall, ({ body }, caller) => {
      if (body.role === 'admin' && caller.role !== 'owner')
        throw new Refused('forbidden', { detail: 'only an owner makes tokens of admins' })
      return change(caller, async (tx) => {
        const made = await createToken(tx, caller.workspace, {
          name: body.name,
          role: body.role,
          expiresAt: body.expiresAt ?? null,
        })
        await auditBy(tx, caller, 'token.created', { kind: 'token', id: made.id }, { name: body.name, role: body.role })
        const view = (await tokenViews(tx, caller.workspace)).find((each) => each.id === made.id)!
        return { ...view, token: made.token }
      })
    }),
    answer(removeToken, ({ params }, caller) =>
      change(caller, async (tx) => {
        const { rows } = await sql<{
          member: MemberId
        }>`delete from api_token where id = ${params.id} and workspace_id = ${caller.workspace} returning member_id as member`.execute(
          tx,
        )
        if (!rows[0]) throw new Refused('not_found')
        await sql`update member set state = 'removed' where workspace_id = ${caller.workspace} and id = ${rows[0].member} and role <> 'owner'`.execute(
          tx,
        )
        await auditBy(tx, caller, 'token.removed', { kind: 'token', id: params.id })
        return {}
      }),
    ),
    answer(listAudit, ({ query }, caller) =>
      database.inWorkspace(caller.workspace, async (tx) => {
        const before = readPageCursor(query.cursor, ['number'])
        const { rows } = await sql<{
          seq: number
          at: Date
          actor_kind: string
          actor_id: string | null
          name: string | null
          act: string
          object: string
          object_id: string | null
          address: string | null
          detail: Record<string, unknown>
        }>`
          select a.seq, a.at, a.actor_kind, a.actor_id, m.name, a.act, a.object, a.object_id, a.address, a.detail
            from audit a left join member m on m.workspace_id = a.workspace_id and m.id = a.actor_id
           where a.workspace_id = ${caller.workspace} ${before ? sql`and a.seq < ${before[0]}` : sql``} order by a.seq desc limit ${query.limit + 1}`.execute(
          tx,
        )
        const items = rows.slice(0, query.limit).map((row): z.infer<typeof AuditRow> => ({
          seq: row.seq,
          at: row.at.toISOString(),
          actor: { kind: row.actor_kind, id: row.actor_id, name: row.name },
          act: row.act,
          object: row.object,
          objectId: row.object_id,
          address: row.address,
          detail: row.detail,
        }))
        return { items, next: rows.length > query.limit ? writePageCursor([items.at(-1)!.seq]) : null }
      }),
    ),
  ]

  async function endOthers(caller: Caller): Promise<void> {
    await sql`delete from session where account_id = ${caller.account} and id <> ${caller.session}`.execute(
      database.plumbing,
    )
    callers.forget()
    hints.tell('callers', caller.workspace)
  }
}

export async function memberViews(
  tx: Tx,
  workspace: WorkspaceId,
  ids: MemberId[] | null,
): Promise<z.infer<typeof MemberView>[]> {
  const { rows } = await sql<Omit<z.infer<typeof MemberView>, 'createdAt'> & { createdAt: Date }>`
    select m.id, m.name, m.role, a.email, m.state, m.created_at as "createdAt" from member m left join account a on a.id = m.account_id
     where m.workspace_id = ${workspace} ${ids ? sql`and m.id = any (${ids}::uuid[])` : sql`and m.role <> 'bot'`} order by m.created_at, m.id`.execute(
    tx,
  )
  return rows.map((row) => ({ ...row, createdAt: row.createdAt.toISOString() }))
}

async function tokenViews(tx: Tx, workspace: WorkspaceId): Promise<z.infer<typeof TokenView>[]> {
  const { rows } = await sql<
    Omit<z.infer<typeof TokenView>, 'createdAt' | 'usedAt' | 'expiresAt'> & {
      createdAt: Date
      usedAt: Date | null
      expiresAt: Date | null
    }
  >`
    select t.id, m.name, m.role, t.created_at as "createdAt", t.used_at as "usedAt", t.expires_at as "expiresAt"
      from api_token t join member m on m.workspace_id = t.workspace_id and m.id = t.member_id where t.workspace_id = ${workspace} order by t.created_at desc`.execute(
    tx,
  )
  return rows.map((row) => ({
    ...row,
    createdAt: row.createdAt.toISOString(),
    usedAt: row.usedAt?.toISOString() ?? null,
    expiresAt: row.expiresAt?.toISOString() ?? null,
  }))
}

export const memberPresenters: { 'member.changed': Present } = {
  'member.changed': async (tx, workspace, rows) => {
    const views = new Map(
      (
        await memberViews(
          tx,
          workspace,
          rows.map((row) => row.subject as MemberId),
        )
      ).map((view) => [view.id as string, view]),
    )
    return new Map(
      rows.map((row) => {
        const member = views.get(row.subject)
        return [row, member ? [{ kind: 'member.changed', member } satisfies FeedEvent] : []]
      }),
    )
  },
}

import { sql } from 'kysely'
import type { z } from 'zod'
import {
  changeMember,
  createMember,
  createToken as createTokenCall,
  helpToSignIn,
  listAudit,
  listMembers,
  listTokens,
  removeMember,
  removeToken,
  type AuditRow,
  type MemberView,
  type TokenView,
} from '#contract/calls/members.ts'
import type { FeedEvent } from '#contract/feed/event.ts'
import type { AccountId, MemberId, WorkspaceId } from '#contract/ids.ts'
import type { Role } from '#contract/rights.ts'
import { announce } from '#server/feed/feed.ts'
import type { Present } from '#server/feed/reader.ts'
import { answer, type Caller } from '#server/platform/calls.ts'
import type { Tx } from '#server/platform/database.ts'
import { newId } from '#server/platform/new-id.ts'
import { pageOfAll, readPageCursor, writePageCursor } from '#server/platform/pages.ts'
import { Refused } from '#server/platform/problem.ts'
import { createToken, insertAccount, insertMember, type Owner } from './accounts.ts'
import { auditBy } from './audit.ts'
import { bringBack } from './bring-back.ts'
import { changeOf, type ChangeDeps } from './change-of.ts'
import { mayGrant, mayHelp } from './grants.ts'
import { worksElsewhere } from './memberships.ts'
import { hashPassword } from './password.ts'
import { dropLinksMadeBy, dropResetLinks, newResetSecret } from './reset-links.ts'

/** To a colleague, or to a token. */
function mustGrant(caller: Caller, role: Role): void {
  if (!mayGrant(caller.role, role)) throw new Refused('forbidden', { detail: 'only an owner makes owners and admins' })
}

/** Colleagues, tokens of programs, and the audit of what all of them did. */
export function memberCalls(deps: ChangeDeps) {
  const { database } = deps
  const change = changeOf(deps)

  interface Touched {
    role: Role
    account: AccountId | null
    isLastOwner: boolean
  }

  /** Only an owner touches owners. Owners are locked with him: two who step down at once would each see the other. */
  async function touched(tx: Tx, caller: Caller, id: MemberId): Promise<Touched> {
    const { rows } = await sql<{ id: MemberId; role: Role; account: AccountId | null }>`
      select id, role, account_id as account from member
       where workspace_id = ${caller.workspace} and state = 'active' and (id = ${id} or role = 'owner') order by id for update`.execute(
      tx,
    )
    const member = rows.find((row) => row.id === id)
    if (!member || member.role === 'bot') throw new Refused('not_found')
    if (member.role === 'owner' && caller.role !== 'owner') throw new Refused('forbidden')
    const owners = rows.filter(({ role }) => role === 'owner')
    return { ...member, isLastOwner: member.role === 'owner' && owners.length === 1 }
  }

  /** Into this role, or out; the last owner stays. */
  async function mayTouch(tx: Tx, caller: Caller, id: MemberId, next: Role | 'out' | 'as he is'): Promise<Touched> {
    const member = await touched(tx, caller, id)
    if (next === 'as he is' || next === member.role) return member
    if (next !== 'out') mustGrant(caller, next)
    if (member.isLastOwner) throw new Refused('last_owner')
    return member
  }

  async function addNew(tx: Tx, caller: Caller, person: Omit<Owner, 'language'> & { role: Role }, hash: string) {
    const id = newId<MemberId>()
    const account = newId<AccountId>()
    await insertAccount(tx, account, { ...person, language: 'en' }, hash)
    await insertMember(tx, caller.workspace, { id, account, name: person.name, role: person.role })
    return id
  }

  return [
    answer(listMembers, ({ query }, caller) =>
      database.inWorkspace(caller.workspace, async (tx) =>
        pageOfAll(await memberViews(tx, caller.workspace, null), query),
      ),
    ),
    answer(createMember, async ({ body }, caller) => {
      mustGrant(caller, body.role)
      const hash = await hashPassword(body.password)
      return change(caller, async (tx) => {
        const id = (await bringBack(tx, caller.workspace, body, hash)) ?? (await addNew(tx, caller, body, hash))
        await auditBy(tx, caller, 'member.added', { kind: 'member', id }, { role: body.role })
        await announce(tx, caller.workspace, [{ kind: 'member.changed', subject: id }])
        return (await memberViews(tx, caller.workspace, [id]))[0]!
      })
    }),
    answer(changeMember, ({ params, body }, caller) =>
      change(caller, async (tx) => {
        const before = await mayTouch(tx, caller, params.id, body.role ?? 'as he is')
        // Whoever may help an agent to sign in must not become what the agent is made now.
        if (body.role && before.account) await dropResetLinks(tx, before.account)
        if (body.role && body.role !== before.role)
          await dropLinksMadeBy(tx, { workspace: caller.workspace, member: params.id })
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
        const member = await mayTouch(tx, caller, params.id, 'out')
        await sql`update member set state = 'removed' where workspace_id = ${caller.workspace} and id = ${params.id}`.execute(
          tx,
        )
        if (member.account) await dropResetLinks(tx, member.account)
        await dropLinksMadeBy(tx, { workspace: caller.workspace, member: params.id })
        await sql`delete from session where account_id = ${member.account} and workspace_id = ${caller.workspace}`.execute(
          tx,
        )
        await auditBy(tx, caller, 'member.removed', { kind: 'member', id: params.id })
        await announce(tx, caller.workspace, [{ kind: 'member.changed', subject: params.id }])
        return {}
      }),
    ),
    answer(helpToSignIn, ({ params }, caller) =>
      change(caller, async (tx) => {
        const { role, account } = await touched(tx, caller, params.id)
        if (!mayHelp(caller.role, role))
          throw new Refused('forbidden', { detail: 'only an owner helps owners and admins' })
        // At a window left open it would be a way round the present password.
        if (params.id === caller.member) throw new Refused('forbidden', { detail: 'for others only' })
        if (!account) throw new Refused('not_found')
        if (await worksElsewhere(tx, caller.workspace, account)) throw new Refused('elsewhere_too')
        const { secret, expiresAt } = await newResetSecret(tx, account, caller)
        await auditBy(tx, caller, 'member.sign_in_link', { kind: 'member', id: params.id })
        return { token: secret, expiresAt: expiresAt.toISOString() }
      }),
    ),

    answer(listTokens, (_, caller) =>
      database.inWorkspace(caller.workspace, async (tx) => ({
        items: await tokenViews(tx, caller.workspace),
        next: null,
      })),
    ),
    answer(createTokenCall, ({ body }, caller) => {
      mustGrant(caller, body.role)
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
        await dropLinksMadeBy(tx, { workspace: caller.workspace, member: rows[0].member })
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
          object_name: string | null
          address: string | null
          detail: Record<string, unknown>
        }>`
          select a.seq, a.at, a.actor_kind, a.actor_id, m.name, a.act, a.object, a.object_id, a.address, a.detail,
                 case a.object when 'member' then (select o.name from member o where o.workspace_id = a.workspace_id and o.id = a.object_id::uuid)
                               when 'channel' then (select o.name from channel o where o.workspace_id = a.workspace_id and o.id = a.object_id::uuid)
                               when 'contact' then (select o.name from contact o where o.workspace_id = a.workspace_id and o.id = a.object_id::uuid) end as object_name
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
          objectName: row.object_name,
          address: row.address,
          detail: row.detail,
        }))
        return { items, next: rows.length > query.limit ? writePageCursor([items.at(-1)!.seq]) : null }
      }),
    ),
  ]
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

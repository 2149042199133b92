import { sql } from 'kysely'
import type { z } from 'zod'
import {
  beginSecondFactor,
  changeMe,
  endSession,
  getMe,
  getSetup,
  listSessions,
  listWorkspaces,
  makeRecoveryCodes as makeRecoveryCodesCall,
  proveSecondFactor,
  removeSecondFactor,
  resetSignIn,
  setUp,
  signIn,
  signOut,
  type Me,
  type SessionView,
} from '#contract/calls/members.ts'
import { NIL_ID, type AccountId, type MemberId, type WorkspaceId } from '#contract/ids.ts'
import { announce } from '#server/feed/feed.ts'
import { answer, type Caller } from '#server/platform/calls.ts'
import { enterWorkspace, type Database, type Tx } from '#server/platform/database.ts'
import type { Hints } from '#server/platform/hints.ts'
import { programClock } from '#server/platform/new-id.ts'
import { Refused } from '#server/platform/problem.ts'
import type { Secrets } from '#server/platform/secrets/secrets.ts'
import {
  createWorkspace,
  findAccount,
  hasOwner,
  insertSession,
  lockProven,
  lockUnchanged,
  useSetupSecret,
  workspacesOf,
  type Account,
} from './accounts.ts'
import { auditBy, record } from './audit.ts'
import type { Callers } from './callers.ts'
import { changeOf } from './change-of.ts'
import { memberViews } from './members.http.ts'
import { recordEverywhere, type Membership } from './memberships.ts'
import { hashPassword, isPassword } from './password.ts'
import { looksLikeRecoveryCode, makeRecoveryCodes, recoveryCodesLeft, useRecoveryCode } from './recovery-codes.ts'
import { dropResetLinks, useResetSecret } from './reset-links.ts'
import { countTry, forgive, giveBack } from './throttle.ts'
import { checkTotp, newTotpSecret, totpPlace, totpUrl } from './totp.ts'

export interface AccountCallsDeps {
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
  alarms(): Promise<readonly ('events_wait' | 'disk_full')[]>
}

/** Who comes in, and where. */
interface Entering extends Membership {
  account: AccountId
}

const PROGRAM = NIL_ID as WorkspaceId

/** What one does for oneself: the first set-up, signing in and out, sessions, the second factor, one's own profile. */
export function accountCalls(deps: AccountCallsDeps) {
  const { database, hints, secrets, callers } = deps
  const change = changeOf(deps)

  async function meOf(caller: Pick<Caller, 'workspace' | 'member' | 'account'>): Promise<z.infer<typeof Me>> {
    const account = caller.account ? await findAccount(database, { id: caller.account }) : null
    const codes = account?.totp_secret ? await recoveryCodesLeft(database, account.id) : 0
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
        recoveryCodesLeft: codes,
        preferences: rows[0].preferences,
        warnings: [
          ...(deps.isPublic && leads && account && !secondFactor ? (['second_factor_wanted'] as const) : []),
          ...(deps.isPublic && !deps.isSecure ? (['plain_http'] as const) : []),
          ...(await deps.alarms()),
        ],
      }
    })
  }

  /** @returns the secret of his session. Where in a transaction: `insertSession` */
  async function letIn(tx: Tx, caller: Caller, { account, workspace, member }: Entering, act: string): Promise<string> {
    const { secret } = await insertSession(tx, { account, workspace, address: caller.address, agent: caller.agent })
    await record(tx, workspace, {
      actor: { kind: 'member', id: member },
      act,
      object: { kind: 'account', id: account },
      address: caller.address,
    })
    return secret
  }

  /** Once he is let in, and that is committed. */
  function signedIn(caller: Caller, secret: string, entering: Entering) {
    deps.setCookie(caller, secret)
    return meOf(entering)
  }

  /** The account behind a signed-in person; programs have none. */
  async function accountOf(caller: Caller): Promise<Account> {
    const account = caller.account && (await findAccount(database, { id: caller.account }))
    if (!account) throw new Refused('forbidden', { detail: 'a program has no account' })
    return account
  }

  /** Of the password to come; the present one proves that it is he. */
  async function nextHash(account: Account, password: { now: string; next: string }, caller: Caller): Promise<string> {
    await countTry(database, 'password', { account: account.email, address: caller.address })
    if (!(await isPassword(account.password_hash, password.now))) throw new Refused('wrong_credentials')
    return hashPassword(password.next)
  }

  async function spendRecoveryCode(account: Account, code: string, address: string): Promise<void> {
    await database.transaction(async (tx) => {
      if (!(await useRecoveryCode(tx, account.id, code))) throw new Refused('wrong_credentials')
      await recordEverywhere(tx, account.id, (member) => ({
        actor: { kind: 'member', id: member },
        act: 'account.recovery_code_used',
        object: { kind: 'account', id: account.id },
        address,
      }))
    })
  }

  async function proveCode(account: Account, code: string, address: string): Promise<void> {
    if (!account.totp_secret) return
    if (looksLikeRecoveryCode(code)) return spendRecoveryCode(account, code, address)
    const sealer = await secrets.of(PROGRAM)
    const secret = sealer.open(account.totp_secret, totpPlace(account.id)).toString()
    const step = checkTotp(secret, code, account.totp_used_step, programClock.now())
    const { rows } =
      step === null
        ? { rows: [] }
        : await sql`update account set totp_used_step = ${step} where id = ${account.id} and totp_used_step < ${step} returning 1`.execute(
            database.plumbing,
          )
    if (rows.length === 0) throw new Refused('wrong_credentials')
  }

  return [
    answer(getSetup, async () => ({ open: !(await hasOwner(database)) })),
    answer(setUp, async ({ body }, caller) => {
      await countTry(database, 'setup', { address: caller.address })
      const { token, workspace: name, ...owner } = body
      const created = await createWorkspace(database, name, owner, (tx) => useSetupSecret(tx, token))
      hints.tell('workspaces')
      // Just made, and known to nobody else yet: nothing can have ended meanwhile.
      const secret = await database.inWorkspace(created.workspace, (tx) => letIn(tx, caller, created, 'account.set_up'))
      return signedIn(caller, secret, created)
    }),
    answer(signIn, async ({ body }, caller) => {
      await countTry(database, 'sign_in', { account: body.email, address: caller.address })
      const account = await findAccount(database, { email: body.email })
      if (!(await isPassword(account?.password_hash ?? null, body.password)) || !account)
        throw new Refused('wrong_credentials')
      if (account.totp_secret && !body.code) {
        // Half of one sign-in, and nothing was guessed wrong.
        await giveBack(database, 'sign_in', { account: body.email, address: caller.address })
        throw new Refused('code_wanted')
      }
      await proveCode(account, body.code ?? '', caller.address)
      const [workspace] = await workspacesOf(database, account.id)
      if (!workspace) throw new Refused('wrong_credentials')
      const { secret, entering } = await database.inWorkspace(workspace.id, async (tx) => {
        await lockProven(tx, account)
        const { rows } = await sql<{
          id: MemberId
        }>`select id from member where workspace_id = ${workspace.id} and account_id = ${account.id}`.execute(tx)
        const his = { account: account.id, workspace: workspace.id, member: rows[0]!.id }
        return { secret: await letIn(tx, caller, his, 'account.signed_in'), entering: his }
      })
      await forgive(database, 'sign_in', { account: body.email, address: caller.address })
      return signedIn(caller, secret, entering)
    }),
    answer(resetSignIn, async ({ body }, caller) => {
      await countTry(database, 'reset', { address: caller.address })
      const hash = await hashPassword(body.password)
      const { secret, entering, places } = await database.transaction(async (tx) => {
        const account = await useResetSecret(tx, body.token, hash)
        const memberships = await recordEverywhere(tx, account, (member) => ({
          actor: { kind: 'member', id: member },
          act: 'account.reset',
          object: { kind: 'account', id: account },
          address: caller.address,
        }))
        // As signing in does: the newest.
        const newest = memberships.at(-1)
        if (!newest) throw new Refused('not_found')
        await enterWorkspace(tx, newest.workspace)
        const his = { account, ...newest }
        return { secret: await letIn(tx, caller, his, 'account.signed_in'), entering: his, places: memberships }
      })
      await giveBack(database, 'reset', { address: caller.address })
      callers.forget()
      for (const { workspace } of places) hints.tell('callers', workspace)
      return signedIn(caller, secret, entering)
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
      const account = body.password || body.language ? await accountOf(caller) : null
      const hash = account && body.password ? await nextHash(account, body.password, caller) : null
      await change(caller, async (tx) => {
        await sql`update member set name = coalesce(${body.name ?? null}, name), preferences = preferences || ${JSON.stringify(body.preferences ?? {})}::jsonb
                   where workspace_id = ${caller.workspace} and id = ${caller.member}`.execute(tx)
        if (account && hash) await lockUnchanged(tx, account)
        if (account)
          await sql`update account set password_hash = coalesce(${hash}, password_hash), language = coalesce(${body.language ?? null}, language)
                     where id = ${account.id}`.execute(tx)
        if (account && hash) {
          await dropResetLinks(tx, account.id)
          await endOthers(tx, caller)
          await auditBy(tx, caller, 'account.password_changed', { kind: 'member', id: caller.member })
        }
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
      const step = checkTotp(body.secret, body.code, 0, programClock.now())
      if (step === null) throw new Refused('wrong_credentials')
      const sealer = await secrets.of(PROGRAM)
      const sealed = sealer.seal(Buffer.from(body.secret), totpPlace(account.id))
      const recoveryCodes = await change(caller, async (tx) => {
        // His session may have ended with the password: then the factor would be another's.
        await lockProven(tx, account)
        await sql`update account set totp_secret = ${sealed}, totp_used_step = ${step} where id = ${account.id}`.execute(
          tx,
        )
        const codes = await makeRecoveryCodes(tx, account.id)
        await endOthers(tx, caller)
        await auditBy(tx, caller, 'account.second_factor_on', { kind: 'account', id: account.id })
        return codes
      })
      return { ...(await meOf(caller)), recoveryCodes }
    }),
    answer(makeRecoveryCodesCall, async ({ body }, caller) => {
      const account = await accountOf(caller)
      await countTry(database, 'password', { account: account.email, address: caller.address })
      if (!(await isPassword(account.password_hash, body.password))) throw new Refused('wrong_credentials')
      if (!account.totp_secret) throw new Refused('conflict', { detail: 'turn the second factor on first' })
      return change(caller, async (tx) => {
        await lockUnchanged(tx, account)
        // Before the audit, as whoever spends one: otherwise each would wait for the other.
        const recoveryCodes = await makeRecoveryCodes(tx, account.id)
        await auditBy(tx, caller, 'account.recovery_codes_made', { kind: 'account', id: account.id })
        return { recoveryCodes }
      })
    }),
    answer(removeSecondFactor, async ({ body }, caller) => {
      const account = await accountOf(caller)
      await countTry(database, 'password', { account: account.email, address: caller.address })
      if (!(await isPassword(account.password_hash, body.password))) throw new Refused('wrong_credentials')
      await change(caller, async (tx) => {
        await lockUnchanged(tx, account)
        await sql`update account set totp_secret = null where id = ${account.id}`.execute(tx)
        await endOthers(tx, caller)
        await auditBy(tx, caller, 'account.second_factor_off', { kind: 'account', id: account.id })
      })
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
  ]
}

/** Within a `change`, which makes it known. */
async function endOthers(tx: Tx, caller: Caller): Promise<void> {
  await sql`delete from session where account_id = ${caller.account} and id <> ${caller.session}`.execute(tx)
}

import { z } from 'zod'
import { emailUpTo } from '../email.ts'
import { endpoint, nothing, page, paging, shortList } from '../endpoint.ts'
import { AccountId, MemberId, SessionId, TokenId, WorkspaceId } from '../ids.ts'
import { LONGEST, SHORTEST_PASSWORD } from '../limits.ts'
import { nameUpTo } from '../name.ts'
import { Role } from '../rights.ts'

export const MemberView = z.object({
  id: MemberId,
  name: z.string(),
  role: Role,
  email: z.string().nullable(),
  state: z.enum(['active', 'removed']),
  createdAt: z.iso.datetime(),
})
export type MemberView = z.infer<typeof MemberView>

export const Me = z.object({
  account: AccountId.nullable(),
  member: MemberView,
  workspace: z.object({ id: WorkspaceId, name: z.string() }),
  language: z.enum(['en', 'ru']),
  secondFactor: z.boolean(),
  /** That still work in place of a code of the second factor. */
  recoveryCodesLeft: z.int(),
  preferences: z.record(z.string(), z.unknown()),
  /** Shown as a line on the screen: no second factor on a public address, plain http beyond loopback, events that nobody reads. */
  warnings: z.array(z.enum(['second_factor_wanted', 'plain_http', 'events_wait', 'disk_full'])),
})
export type Me = z.infer<typeof Me>

export const Password = z.string().min(SHORTEST_PASSWORD).max(LONGEST.password)
/** Of a workspace, a member, a token. */
export const Name = nameUpTo(LONGEST.name)
/** Of an account: whoever has another cannot sign in. */
export const Email = emailUpTo(LONGEST.email)

export const getSetup = endpoint({
  method: 'GET',
  path: '/api/setup',
  may: 'public',
  about: 'Whether this Parley still waits for its first owner',
  result: z.object({ open: z.boolean() }),
})

export const setUp = endpoint({
  method: 'POST',
  path: '/api/setup',
  may: 'public',
  status: 201,
  about: 'Makes the first owner with the one-time set-up link, and signs in',
  body: z.strictObject({
    token: z.string().min(1).max(100),
    workspace: Name,
    name: Name,
    email: Email,
    password: Password,
    language: z.enum(['en', 'ru']).default('en'),
  }),
  result: Me,
})

export const signIn = endpoint({
  method: 'POST',
  path: '/api/session',
  may: 'public',
  status: 201,
  about:
    'Signs in with password and, where set, a code of the second factor or a recovery code (401 code_wanted asks for it)',
  body: z.strictObject({
    email: Email,
    password: z.string().min(1).max(LONGEST.password),
    code: z.string().max(LONGEST.code).optional(),
  }),
  result: Me,
})

export const resetSignIn = endpoint({
  method: 'POST',
  path: '/api/session/reset',
  may: 'public',
  status: 201,
  about:
    'By a one-time link to sign in again (/reset#token): sets a new password, turns the second factor off, ends all sessions, and signs in',
  body: z.strictObject({ token: z.string().min(1).max(100), password: Password }),
  result: Me,
})

export const signOut = endpoint({
  method: 'DELETE',
  path: '/api/session',
  may: 'signed_in',
  about: 'Ends this session',
  result: nothing,
})

export const SessionView = z.object({
  id: SessionId,
  current: z.boolean(),
  address: z.string(),
  agent: z.string(),
  createdAt: z.iso.datetime(),
  seenAt: z.iso.datetime(),
})

export const listSessions = endpoint({
  method: 'GET',
  path: '/api/sessions',
  may: 'signed_in',
  about: 'Where this account is signed in',
  result: page(SessionView),
})

export const endSession = endpoint({
  method: 'DELETE',
  path: '/api/sessions/:id',
  may: 'signed_in',
  about: 'Ends another session of this account within a second',
  params: z.object({ id: SessionId }),
  result: nothing,
})

export const getMe = endpoint({
  method: 'GET',
  path: '/api/me',
  may: 'signed_in',
  about: 'Who is signed in',
  result: Me,
})

export const changeMe = endpoint({
  method: 'PATCH',
  path: '/api/me',
  may: 'signed_in',
  about: 'Own name, language, password; a new password ends the other sessions',
  body: z.strictObject({
    name: Name.optional(),
    language: z.enum(['en', 'ru']).optional(),
    preferences: z.record(z.string().max(60), z.unknown()).optional(),
    password: z.strictObject({ now: z.string().max(200), next: Password }).optional(),
  }),
  result: Me,
})

export const beginSecondFactor = endpoint({
  method: 'POST',
  path: '/api/me/totp',
  may: 'signed_in',
  about: 'A fresh secret for an authenticator app; it counts once a code has proved it',
  result: z.object({ secret: z.string(), url: z.string() }),
  secret: true,
})

export const proveSecondFactor = endpoint({
  method: 'PUT',
  path: '/api/me/totp',
  may: 'signed_in',
  about: 'Turns the second factor on with a first code; the recovery codes are shown only once',
  body: z.strictObject({ secret: z.string().max(100), code: z.string().max(10) }),
  result: Me.extend({ recoveryCodes: z.array(z.string()) }),
})

export const makeRecoveryCodes = endpoint({
  method: 'POST',
  path: '/api/me/recovery-codes',
  may: 'signed_in',
  status: 201,
  about: 'Ten new recovery codes, shown only once; those before work no more. Wants the password',
  body: z.strictObject({ password: z.string().max(LONGEST.password) }),
  result: z.object({ recoveryCodes: z.array(z.string()) }),
  secret: true,
})

export const removeSecondFactor = endpoint({
  method: 'DELETE',
  path: '/api/me/totp',
  may: 'signed_in',
  about: 'Turns the second factor off, and its recovery codes with it; wants the password',
  body: z.strictObject({ password: z.string().max(200) }),
  result: Me,
})

export const listWorkspaces = endpoint({
  method: 'GET',
  path: '/api/workspaces',
  may: 'signed_in',
  about: 'The workspaces of this account',
  result: page(z.object({ id: WorkspaceId, name: z.string(), role: Role, current: z.boolean() })),
})

export const listMembers = endpoint({
  method: 'GET',
  path: '/api/members',
  may: 'member.read',
  about: 'The members of the workspace',
  query: z.strictObject(shortList),
  result: page(MemberView),
})

export const createMember = endpoint({
  method: 'POST',
  path: '/api/members',
  may: 'member.change',
  status: 201,
  about:
    'Adds a member with a first password, which is handed over by hand: Parley sends no invitations. Whoever was removed comes back by the same e-mail',
  body: z.strictObject({
    name: Name,
    email: Email,
    password: Password,
    role: Role.exclude(['bot', 'owner']),
  }),
  result: MemberView,
})

export const changeMember = endpoint({
  method: 'PATCH',
  path: '/api/members/:id',
  may: 'member.change',
  about: 'Name and role; takes effect within a second. Only an owner touches owners',
  params: z.object({ id: MemberId }),
  body: z.strictObject({ name: Name.optional(), role: Role.exclude(['bot']).optional() }),
  result: MemberView,
})

export const removeMember = endpoint({
  method: 'DELETE',
  path: '/api/members/:id',
  may: 'member.change',
  about: 'Ends all access within a second; what they wrote stays',
  params: z.object({ id: MemberId }),
  result: nothing,
})

export const helpToSignIn = endpoint({
  method: 'POST',
  path: '/api/members/:id/sign-in-link',
  may: 'member.change',
  status: 201,
  about:
    'A link for a colleague who cannot sign in any more, shown only once: /reset#token sets a new password and turns the second factor off, within 24 hours. Only an owner makes one for owners and admins',
  params: z.object({ id: MemberId }),
  result: z.object({ token: z.string(), expiresAt: z.iso.datetime() }),
  secret: true,
})

export const TokenView = z.object({
  id: TokenId,
  name: z.string(),
  role: Role,
  createdAt: z.iso.datetime(),
  usedAt: z.iso.datetime().nullable(),
  expiresAt: z.iso.datetime().nullable(),
})

export const listTokens = endpoint({
  method: 'GET',
  path: '/api/tokens',
  may: 'token.change',
  about: 'API tokens; the tokens themselves are shown only once',
  result: page(TokenView),
})

export const createToken = endpoint({
  method: 'POST',
  path: '/api/tokens',
  may: 'token.change',
  status: 201,
  about: 'A token for a program: a member of its own with a role',
  body: z.strictObject({
    name: Name,
    role: Role.exclude(['owner']).default('bot'),
    expiresAt: z.iso.datetime().optional(),
  }),
  result: TokenView.extend({ token: z.string() }),
  secret: true,
})

export const removeToken = endpoint({
  method: 'DELETE',
  path: '/api/tokens/:id',
  may: 'token.change',
  about: 'Stops a token within a second',
  params: z.object({ id: TokenId }),
  result: nothing,
})

export const AuditRow = z.object({
  seq: z.int(),
  at: z.iso.datetime(),
  actor: z.object({ kind: z.string(), id: z.string().nullable(), name: z.string().nullable() }),
  act: z.string(),
  object: z.string(),
  objectId: z.string().nullable(),
  /** As the member, the channel or the contact is called now. */
  objectName: z.string().nullable(),
  address: z.string().nullable(),
  detail: z.record(z.string(), z.unknown()),
})

export const listAudit = endpoint({
  method: 'GET',
  path: '/api/audit',
  may: 'audit.read',
  about: 'Who did what, newest first; the chain is verified by parley doctor',
  query: z.strictObject(paging),
  result: page(AuditRow),
})

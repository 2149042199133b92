/**
 * Proof links: a one-time token that says "whoever opens this is that contact".
 *
 * A forwarded link would join two strangers, so the new road is asked once ("Continue your talk with Shop?"); only a yes proves.
 * open → asked (somebody came by it) → used (he said yes) · or revoked, expired
 */
import { createHash, randomInt } from 'node:crypto'
import { sql } from 'kysely'
import type { LinkView } from '#contract/calls/contacts.ts'
import type { ChannelId, ContactId, IdentityId, LinkId, MemberId, WorkspaceId } from '#contract/ids.ts'
import type { Tx } from '#server/platform/database.ts'
import { newId } from '#server/platform/new-id.ts'

/** 22 characters: 130 bits. */
const TOKEN_LENGTH = 22
const TOKEN_SIGNS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-'
/** For networks whose links carry no parameter: typed by a person, so nothing that looks alike. */
const CODE_SIGNS = 'ABCDEFGHJKMNPQRSTUVWXYZ23456789'
const LINK_DAYS = 7
const CODE_HOURS = 24
/** One who has come by a link may come again while he is asked; not for ever. Against guessing a code has 39 bits, one day, and the pace of its network. */
const MOST_TRIES = 5

export interface NewLink {
  id: LinkId
  token: string
}

export async function createLink(
  tx: Tx,
  workspace: WorkspaceId,
  given: { contact: ContactId; channel: ChannelId; member: MemberId; typed: boolean },
): Promise<NewLink> {
  const id = newId<LinkId>()
  const token = given.typed ? pick(CODE_SIGNS, 8) : pick(TOKEN_SIGNS, TOKEN_LENGTH)
  await sql`
    insert into proof_link (workspace_id, id, contact_id, token_hash, channel_id, member_id, expires_at)
    values (${workspace}, ${id}, ${given.contact}, ${hashOf(token)}, ${given.channel}, ${given.member},
            now() + ${given.typed ? CODE_HOURS : LINK_DAYS * 24} * interval '1 hour')`.execute(tx)
  return { id, token }
}

export interface Arrival {
  link: LinkId
  contact: ContactId
  /** The link's own contact opened it on an address that is his already: nothing to prove. */
  alreadySame: boolean
}

/** Somebody came by a token. @returns null for tokens that are unknown, used, expired, revoked, or another's to answer */
export async function arriveByToken(
  tx: Tx,
  workspace: WorkspaceId,
  token: string,
  identity: IdentityId,
): Promise<Arrival | null> {
  const { rows } = await sql<{ link: LinkId; contact: ContactId; alreadySame: boolean }>`
    update proof_link l set asked_by = ${identity}, asked_at = now(), tries = tries + 1
      from identity i, contact c
     where l.workspace_id = ${workspace} and l.token_hash = ${hashOf(normal(token))} and l.expires_at > now() and l.revoked_at is null and l.used_at is null
       and (l.asked_by is null or l.asked_by = ${identity}) and l.tries < ${MOST_TRIES}
       and i.workspace_id = l.workspace_id and i.id = ${identity}
       and c.workspace_id = l.workspace_id and c.id = l.contact_id
    returning l.id as link, coalesce(c.merged_into, c.id) as contact, i.contact_id = coalesce(c.merged_into, c.id) as "alreadySame"`.execute(
    tx,
  )
  return rows[0] ?? null
}

/** Whether this token was one of ours and joins nobody any more; not for whoever used it himself. */
export async function isSpent(tx: Tx, workspace: WorkspaceId, token: string, identity: IdentityId): Promise<boolean> {
  const { rows } = await sql`
    select from proof_link
     where workspace_id = ${workspace} and token_hash = ${hashOf(normal(token))} and asked_by is distinct from ${identity}
       and (used_at is not null or revoked_at is not null or expires_at <= now())`.execute(tx)
  return rows.length > 0
}

/** The yes of the address that was asked. @returns whose link it was; null when it was not asked, or too late */
export async function confirmLink(
  tx: Tx,
  workspace: WorkspaceId,
  link: string,
  identity: IdentityId,
): Promise<ContactId | null> {
  const { rows } = await sql<{ contact: ContactId }>`
    update proof_link l set used_at = now() from contact c
     where l.workspace_id = ${workspace} and l.id::text = ${link} and l.asked_by = ${identity} and l.used_at is null and l.revoked_at is null
       and l.asked_at > now() - interval '1 day' and c.workspace_id = l.workspace_id and c.id = l.contact_id
    returning coalesce(c.merged_into, c.id) as contact`.execute(tx)
  return rows[0]?.contact ?? null
}

/** A no: the link is worth nothing any more. */
export async function declineLink(
  tx: Tx,
  workspace: WorkspaceId,
  link: string,
  identity: IdentityId,
): Promise<boolean> {
  const { rows } =
    await sql`update proof_link set revoked_at = now() where workspace_id = ${workspace} and id::text = ${link} and asked_by = ${identity} and used_at is null returning id`.execute(
      tx,
    )
  return rows.length > 0
}

export async function revokeLink(tx: Tx, workspace: WorkspaceId, contact: ContactId, link: LinkId): Promise<boolean> {
  const { rows } = await sql`
    update proof_link set revoked_at = coalesce(revoked_at, now()) where workspace_id = ${workspace} and id = ${link} and contact_id = ${contact} returning id`.execute(
    tx,
  )
  return rows.length > 0
}

export async function linksOf(tx: Tx, workspace: WorkspaceId, contact: ContactId, only?: LinkId): Promise<LinkView[]> {
  const { rows } = await sql<Omit<LinkView, 'expiresAt' | 'createdAt'> & { expiresAt: Date; createdAt: Date }>`
    select id, channel_id as channel, expires_at as "expiresAt", member_id as member, created_at as "createdAt",
           case when used_at is not null then 'used' when revoked_at is not null then 'revoked' when expires_at < now() then 'expired'
                when asked_at is not null then 'asked' else 'open' end as state
      from proof_link where workspace_id = ${workspace} and contact_id = ${contact} ${only ? sql`and id = ${only}` : sql``} order by id desc limit 100`.execute(
    tx,
  )
  return rows.map((row) => ({ ...row, expiresAt: row.expiresAt.toISOString(), createdAt: row.createdAt.toISOString() }))
}

/** Typed codes come in any case and with a dash. */
const normal = (token: string): string => (token.length <= 10 ? token.toUpperCase().replaceAll(/[\s-]/g, '') : token)
const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest()
const pick = (signs: string, length: number): string =>
  Array.from({ length }, () => signs[randomInt(signs.length)]!).join('')

/**
 * Two contacts become one, one becomes two again. Merging adds evidence, splitting removes it; nothing is destroyed. Both are journaled
 * as acts and can be undone. Conversations re-project in the same transaction: whoever calls this must let them.
 */
import { sql } from 'kysely'
import type { ActId, ContactId, IdentityId, MemberId, WorkspaceId } from '#contract/ids.ts'
import { announce } from '#server/feed/feed.ts'
import type { Tx } from '#server/platform/database.ts'
import { newId } from '#server/platform/new-id.ts'
import { Refused } from '#server/platform/problem.ts'
import { recordAct } from './acts.ts'

export interface Why {
  kind: 'proof' | 'strong' | 'manual'
  /** link, code, sign_in, platform, member */
  how: string
  /** The two addresses that the evidence joins; by a member's word: the first of each contact. null: a contact that has none yet. */
  one: IdentityId | null
  other: IdentityId | null
  member: MemberId | null
}

export interface Merged {
  act: ActId
  into: ContactId
  from: ContactId
  /** The identities that moved. */
  moved: IdentityId[]
}

/**
 * Joins `from` into `into`. Fields in conflict stay with `into`; its own empty ones are filled.
 * @throws Refused `same_contact` · `not_found`
 */
export async function mergeContacts(
  tx: Tx,
  workspace: WorkspaceId,
  into: ContactId,
  from: ContactId,
  why: Why,
): Promise<Merged> {
  if (into === from) throw new Refused('same_contact')
  await lockContacts(tx, workspace, [into, from])
  const act = newId<ActId>()
  const { rows } = await sql<{ id: IdentityId }>`
    update identity set contact_id = ${into} where workspace_id = ${workspace} and contact_id = ${from} returning id`.execute(
    tx,
  )
  const moved = rows.map((row) => row.id)
  const brought = await bring(tx, workspace, into, from)
  const undo = { into, from, moved, brought }
  await recordAct(tx, workspace, { act, member: why.member, kind: 'merge', object: into, undo })
  // A contact without an address gives its name alone: there is nothing to keep together.
  if (why.one && why.other)
    await sql`insert into evidence (workspace_id, id, one, other, kind, how, act_id, member_id)
              values (${workspace}, ${newId()}, ${why.one}, ${why.other}, ${why.kind}, ${why.how}, ${act}, ${why.member})`.execute(
      tx,
    )
  await announce(tx, workspace, [
    { kind: 'contact.merged', subject: from, data: { into } },
    { kind: 'contact.changed', subject: into },
  ])
  return { act, into, from, moved }
}

/** What a contact did not have before another was merged into it. */
interface Brought {
  name: string | null
  language: string | null
  timeZone: string | null
  tags: string[]
  fields: Record<string, unknown>
}

/** `from` keeps its own row as it is, so that it can come back with it. */
async function bring(tx: Tx, workspace: WorkspaceId, into: ContactId, from: ContactId): Promise<Brought> {
  const { rows } = await sql<Brought>`
    with kept as (select id, name, language, time_zone, tags, fields from contact where workspace_id = ${workspace} and id = ${into}),
         old as (update contact set merged_into = ${into} where workspace_id = ${workspace} and id = ${from}
                 returning name, language, time_zone, tags, fields),
         filled as (
    update contact c
       set name = coalesce(c.name, old.name), language = coalesce(c.language, old.language), time_zone = coalesce(c.time_zone, old.time_zone),
           tags = (select coalesce(array_agg(distinct t), '{}') from unnest(c.tags || old.tags) t), fields = old.fields || c.fields
      from old where c.workspace_id = ${workspace} and c.id = ${into})
    select case when kept.name is null then old.name end as name, case when kept.language is null then old.language end as language,
           case when kept.time_zone is null then old.time_zone end as "timeZone",
           array(select unnest(old.tags) except select unnest(kept.tags)) as tags,
           coalesce((select jsonb_object_agg(f.key, f.value) from jsonb_each(old.fields) f where not kept.fields ? f.key), '{}') as fields
      from kept, old`.execute(tx)
  return rows[0]!
}

/**
 * Before `parted` leaves: what it brought goes with it, but for what another one that stays has too, and for what was written anew since.
 * Merges of an earlier Parley did not note it; theirs stays on both.
 */
async function takeBack(tx: Tx, workspace: WorkspaceId, from: ContactId, parted: ContactId): Promise<void> {
  const { rows } = await sql<{ brought: Brought }>`
    select a.undo -> 'brought' as brought from act a
      join contact p on p.workspace_id = a.workspace_id and p.id = ${parted} and p.merged_into = ${from}
     where a.workspace_id = ${workspace} and a.object_id = ${from} and a.kind = 'merge' and a.undo ->> 'from' = ${parted} and a.undo ? 'brought'
     order by a.id desc limit 1`.execute(tx)
  const [found] = rows
  if (!found) return
  const { name, language, timeZone, tags, fields } = found.brought
  await sql`
    update contact c
       set name = nullif(c.name, ${name}), language = nullif(c.language, ${language}), time_zone = nullif(c.time_zone, ${timeZone}),
           tags = array(select t from unnest(c.tags) t
                         where t <> all (${tags}::text[])
                            or exists (select from contact o where o.workspace_id = c.workspace_id and o.merged_into = c.id and o.id <> ${parted} and t = any (o.tags))),
           fields = (select coalesce(jsonb_object_agg(f.key, f.value), '{}') from jsonb_each(c.fields) f
                      where f.value is distinct from ${JSON.stringify(fields)}::jsonb -> f.key)
     where c.workspace_id = ${workspace} and c.id = ${from}`.execute(tx)
}

interface Parted {
  from: ContactId
  parted: ContactId
  moved: IdentityId[]
  /** Revoked by it. */
  evidence: string[]
}

export interface Split extends Parted {
  act: ActId
}

/**
 * Takes identities out of a contact. Where they once had a contact of their own that was merged into this one, that contact comes
 * back with its name, tags and fields, and what it had brought leaves this one; else a new one is made.
 * @throws Refused `not_found` when the identity is not of this contact · `cannot` when nothing would remain
 */
export async function splitContact(
  tx: Tx,
  workspace: WorkspaceId,
  from: ContactId,
  identity: IdentityId,
  member: MemberId | null,
): Promise<Split> {
  await lockContacts(tx, workspace, [from])
  const { rows: own } = await sql<{ id: IdentityId }>`
    select id from identity where workspace_id = ${workspace} and contact_id = ${from}`.execute(tx)
  if (!own.some((row) => row.id === identity)) throw new Refused('not_found')
  if (own.length === 1) throw new Refused('cannot', { detail: 'a contact keeps at least one identity' })
  const parted = await part(tx, workspace, { from, moved: [identity] })
  const act = newId<ActId>()
  await recordAct(tx, workspace, { act, member, kind: 'split', object: from, undo: parted })
  return { act, ...parted }
}

/** Undoes a merge as far as it still holds: identities that were moved on meanwhile stay where they are. No act of its own: it ends one. */
export async function undoMerge(
  tx: Tx,
  workspace: WorkspaceId,
  merge: { into: ContactId; from: ContactId; moved: IdentityId[] },
): Promise<Parted> {
  await lockContacts(tx, workspace, [merge.into])
  const { rows } = await sql<{ id: IdentityId }>`
    select id from identity where workspace_id = ${workspace} and contact_id = ${merge.into} and id = any (${merge.moved}::uuid[])`.execute(
    tx,
  )
  if (rows.length === 0 && merge.moved.length > 0) throw new Refused('cannot_undo')
  return part(tx, workspace, {
    from: merge.into,
    moved: rows.map((row) => row.id),
    parted: merge.from,
  })
}

async function part(
  tx: Tx,
  workspace: WorkspaceId,
  given: { from: ContactId; moved: IdentityId[]; parted?: ContactId },
): Promise<Parted> {
  const { from, moved } = given
  const parted = given.parted ?? (await formerContact(tx, workspace, from, moved)) ?? newId<ContactId>()
  await takeBack(tx, workspace, from, parted)
  await sql`insert into contact (workspace_id, id) values (${workspace}, ${parted})
            on conflict (workspace_id, id) do update set merged_into = null`.execute(tx)
  await sql`update identity set contact_id = ${parted} where workspace_id = ${workspace} and id = any (${moved}::uuid[])`.execute(
    tx,
  )
  const { rows: revoked } = await sql<{ id: string }>`
    update evidence e set revoked_at = now()
     where e.workspace_id = ${workspace} and e.revoked_at is null
       and (e.one = any (${moved}::uuid[])) <> (e.other = any (${moved}::uuid[]))
    returning id`.execute(tx)
  await announce(tx, workspace, [
    { kind: 'contact.changed', subject: from },
    { kind: 'contact.changed', subject: parted },
  ])
  return { from, parted, moved, evidence: revoked.map((row) => row.id) }
}

/** The contact that these identities had before a merge brought them here. */
async function formerContact(
  tx: Tx,
  workspace: WorkspaceId,
  from: ContactId,
  moved: IdentityId[],
): Promise<ContactId | null> {
  const { rows } = await sql<{ former: ContactId }>`
    select (a.undo ->> 'from')::uuid as former
      from act a join contact c on c.workspace_id = a.workspace_id and c.id = (a.undo ->> 'from')::uuid and c.merged_into = ${from}
     where a.workspace_id = ${workspace} and a.object_id = ${from} and a.kind = 'merge' and a.undone_at is null
       and a.undo -> 'moved' ?| ${moved}::text[]
       and not exists (select from identity i where i.workspace_id = ${workspace} and i.contact_id = c.id)
     order by a.id desc limit 1`.execute(tx)
  return rows[0]?.former ?? null
}

export async function lockContacts(tx: Tx, workspace: WorkspaceId, ids: ContactId[]): Promise<void> {
  const { rows } = await sql<{ merged_into: ContactId | null }>`
    select merged_into from contact where workspace_id = ${workspace} and id = any (${ids}::uuid[]) order by id for update`.execute(
    tx,
  )
  if (rows.length < new Set(ids).size || rows.some((row) => row.merged_into !== null)) throw new Refused('not_found')
}

/** Contacts as the window sees them, in sets. */
import { sql, type RawBuilder } from 'kysely'
import type { ContactView, EvidenceView, IdentityView, Suggestion } from '#contract/calls/contacts.ts'
import { asciiAddress } from '#contract/email.ts'
import type { FeedEvent } from '#contract/feed/event.ts'
import type { ContactId, WorkspaceId } from '#contract/ids.ts'
import type { z } from 'zod'
import type { Present } from '#server/feed/reader.ts'
import type { Tx } from '#server/platform/database.ts'

type Evidence = z.infer<typeof EvidenceView>

interface Row extends Omit<ContactView, 'name' | 'avatar' | 'identities' | 'evidence' | 'createdAt'> {
  createdAt: Date
}
type IdentityRow = Omit<IdentityView, 'seenAt'> & { contact: ContactId; seenAt: Date | null }

/** @returns the contacts that exist, in the order asked for */
export async function contactViews(tx: Tx, workspace: WorkspaceId, ids: ContactId[]): Promise<ContactView[]> {
  if (ids.length === 0) return []
  const { rows } = await sql<Row>`
    select c.id, c.name as "givenName", c.language, c.time_zone as "timeZone", c.tags, c.fields, c.merged_into as "mergedInto", c.created_at as "createdAt",
           (select v.id from conversation v where v.workspace_id = c.workspace_id and v.contact_id = c.id and v.joined_into is null) as conversation
      from contact c where c.workspace_id = ${workspace} and c.id = any (${ids}::uuid[])`.execute(tx)
  const identities = Map.groupBy(
    await identityRows(tx, workspace, sql`i.contact_id = any (${ids}::uuid[])`),
    (row) => row.contact,
  )
  const evidence = await evidenceOf(tx, workspace, ids)
  const views = new Map(
    rows.map((row): [ContactId, ContactView] => {
      const own = (identities.get(row.id) ?? []).map(({ contact: _, seenAt, ...view }) => ({
        ...view,
        seenAt: seenAt?.toISOString() ?? null,
      }))
      return [
        row.id,
        {
          ...row,
          name: row.givenName ?? nameOf(own),
          avatar: own.find((identity) => identity.avatar)?.avatar ?? null,
          identities: own,
          evidence: evidence.get(row.id) ?? [],
          createdAt: row.createdAt.toISOString(),
        },
      ]
    }),
  )
  return ids.flatMap((id) => views.get(id) ?? [])
}

/**
 * What the network calls it where it was first met, so that no contact is renamed by writing from elsewhere; a person without any name
 * is called by an address.
 */
const nameOf = (identities: IdentityView[]): string => {
  const asMet = identities.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  for (const field of ['name', 'handle', 'phone', 'email', 'externalId'] as const) {
    const found = asMet.find((identity) => identity[field])
    if (found) return found[field]!
  }
  return ''
}

async function identityRows(tx: Tx, workspace: WorkspaceId, which: RawBuilder<unknown>): Promise<IdentityRow[]> {
  const { rows } = await sql<IdentityRow>`
    select i.contact_id as contact, i.id, i.network, i.external_id as "externalId", i.kind, i.name, i.handle, i.phone, i.email, i.avatar_id as avatar,
           i.unverified, i.reach,
           -- made at the first sight; a road knows when it was last written by, to the minute
           greatest(i.seen_at, (select max(r.last_in_at) from road r where r.workspace_id = i.workspace_id and r.identity_id = i.id)) as "seenAt",
           coalesce((select jsonb_agg(jsonb_build_object('channel', r.channel_id,
                              'lastInAt', to_char(r.last_in_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
                              'windowUntil', to_char(r.window_until at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) order by r.last_in_at desc nulls last)
                       from road r where r.workspace_id = i.workspace_id and r.identity_id = i.id), '[]') as roads
      from identity i where i.workspace_id = ${workspace} and ${which}
     order by "seenAt" desc nulls last, i.id`.execute(tx)
  return rows
}

async function evidenceOf(tx: Tx, workspace: WorkspaceId, ids: ContactId[]): Promise<Map<ContactId, Evidence[]>> {
  const { rows } = await sql<Omit<Evidence, 'at'> & { contact: ContactId; at: Date }>`
    select i.contact_id as contact, e.one, e.other, e.kind, e.how, e.member_id as member, e.at
      from evidence e join identity i on i.workspace_id = e.workspace_id and i.id = e.one
     where e.workspace_id = ${workspace} and e.revoked_at is null and i.contact_id = any (${ids}::uuid[]) order by e.at`.execute(
    tx,
  )
  return new Map(
    [...Map.groupBy(rows, (row) => row.contact)].map(([contact, some]) => [
      contact,
      some.map(({ contact: _, at, ...view }) => ({ ...view, at: at.toISOString() })),
    ]),
  )
}

/** Ids of contacts whose name or address holds these words, newest first. */
export async function findContacts(
  tx: Tx,
  workspace: WorkspaceId,
  words: string | undefined,
  before: ContactId | undefined,
  limit: number,
): Promise<ContactId[]> {
  const called = words ? await peopleCalled(tx, words) : sql`true`
  const { rows } = await sql<{ id: ContactId }>`
    select c.id from contact c
     where c.workspace_id = ${workspace} and c.merged_into is null ${before ? sql`and c.id < ${before}` : sql``} and ${called}
     order by c.id desc limit ${limit}`.execute(tx)
  return rows.map((row) => row.id)
}

/** Where in `c` is the contact, and where the room. */
interface Places {
  contact: RawBuilder<unknown>
  room: RawBuilder<unknown> | null
}

/**
 * Whom these words name, as a condition on the contact or conversation `c`. An address is kept as mail servers spell it; what is typed may
 * be that or a name.
 */
export async function peopleCalled(
  tx: Tx,
  words: string,
  places: Places = { contact: sql`c.id`, room: null },
): Promise<RawBuilder<unknown>> {
  const called: RawBuilder<unknown>[] = []
  for (const spelling of new Set([words, asciiAddress(words)])) called.push(await peopleSpelt(tx, spelling, places))
  return sql`(${sql.join(called, sql` or `)})`
}

/** The few whose ids are known by now, or, of many, whoever is met on the way through the list. */
async function peopleSpelt(tx: Tx, words: string, { contact, room }: Places): Promise<RawBuilder<unknown>> {
  const pattern = `%${words.replaceAll(/[\\%_]/g, '\\$&')}%`
  const { rows } = await sql<{ ids: string[] | null }>`select people_called(${words}) as ids`.execute(tx)
  const ids = rows[0]!.ids
  if (ids) return sql`(${contact} = any (${ids}::uuid[]) ${room ? sql`or ${room} = any (${ids}::uuid[])` : sql``})`
  // Counted, not asked for by `exists`: that would be answered once for everybody before the first row.
  return sql`(0 < (select count(*) from (
      select from identity i left join contact k on k.workspace_id = i.workspace_id and k.id = i.contact_id
       where i.workspace_id = c.workspace_id and (i.contact_id = ${contact} ${room ? sql`or i.id = ${room}` : sql``})
         and (k.name ilike ${pattern} or i.name ilike ${pattern} or i.handle ilike ${pattern} or i.phone ilike ${pattern} or i.email ilike ${pattern} or i.external_id ilike ${pattern})
       limit 1) n))`
}

/**
 * Who may be the same person: same phone or e-mail (strong), same name (weak). A member decides. Looked up by key; of a name that many have,
 * some are told.
 */
export async function suggestionsFor(tx: Tx, workspace: WorkspaceId, id: ContactId): Promise<Suggestion[]> {
  const { rows } = await sql<{ contact: ContactId; kind: 'strong' | 'weak'; how: string; value: string }>`
    select distinct o.contact_id as contact, m.kind, m.how, m.value
      from identity i join identity o on o.workspace_id = i.workspace_id and o.id = any (array(select identities_like(${id}))) and o.contact_id <> i.contact_id,
           lateral (values ('strong', 'phone', i.phone, o.phone), ('strong', 'email', lower(i.email), lower(o.email)), ('weak', 'name', lower(i.name), lower(o.name)))
                   as m (kind, how, value, theirs)
     where i.workspace_id = ${workspace} and i.contact_id = ${id} and m.value = m.theirs and m.value <> ''
     order by m.kind limit 50`.execute(tx)
  const contacts = await contactViews(tx, workspace, [...new Set(rows.map((row) => row.contact))])
  return contacts.map((contact) => ({
    contact,
    reasons: rows.filter((row) => row.contact === contact.id).map(({ kind, how, value }) => ({ kind, how, value })),
  }))
}

export const contactPresenters: { 'contact.changed': Present; 'contact.merged': Present } = {
  'contact.changed': async (tx, workspace, rows) => {
    const views = new Map(
      (
        await contactViews(
          tx,
          workspace,
          rows.map((row) => row.subject as ContactId),
        )
      ).map((view) => [view.id as string, view]),
    )
    return new Map(
      rows.map((row) => {
        const contact = views.get(row.subject)
        return [row, contact ? [{ kind: 'contact.changed', contact } satisfies FeedEvent] : []]
      }),
    )
  },
  'contact.merged': async (_tx, _workspace, rows) =>
    new Map(
      rows.map((row) => [
        row,
        [{ kind: 'contact.merged', contact: row.subject as ContactId, into: row.data.into as ContactId }],
      ]),
    ),
}

/**
 * Who wrote: addresses on networks, each belonging to one contact. A new address brings a contact of its own; evidence joins them
 * later. Twins that arrive at once meet at the unique key (network, scope, external id).
 */
import { sql } from 'kysely'
import type { Who } from '#connector-kit/connector.ts'
import type { ChannelId, ContactId, IdentityId, WorkspaceId } from '#contract/ids.ts'
import type { Tx } from '#server/platform/database.ts'
import { newId } from '#server/platform/new-id.ts'

export interface Identity {
  id: IdentityId
  /** null: a room, or ourselves. */
  contact: ContactId | null
  externalId: string
  kind: 'person' | 'room'
  ours: boolean
  reach: string
  /** Made by this very statement: the feed should tell of the contact. */
  fresh: boolean
}

/** With what is known of it so far. */
type Found = Identity & Record<(typeof LEARNT)[number], string | null>

/** Where an external id is unique: a network, and inside it a scope (empty: the whole world). */
export interface Realm {
  network: string
  scope: string
}

export type Sighting = { who: Who; kind: 'person' | 'room' }

/**
 * Finds or makes the identities of a batch, one realm at a time, and learns what changed about them (name, handle, phone …).
 * Set-based: at most five statements, however many there are.
 * @returns by external id
 */
export async function recognise(
  tx: Tx,
  workspace: WorkspaceId,
  realm: Realm,
  sightings: Sighting[],
): Promise<Map<string, Identity>> {
  const byExternal = new Map<string, Sighting>()
  for (const { who, ...sighting } of sightings) {
    const before = byExternal.get(who.id)
    byExternal.set(who.id, before ? { ...before, who: { ...before.who, ...cut(who) } } : { ...sighting, who: cut(who) })
  }
  // Sorted, so that two batches lock in the same order.
  const all = [...byExternal.values()].toSorted((a, b) => (a.who.id < b.who.id ? -1 : 1))
  if (all.length === 0) return new Map()
  const column = <T>(read: (sighting: Sighting) => T) => all.map(read)

  const known = await findAll(
    tx,
    workspace,
    realm,
    column((s) => s.who.id),
  )
  const missing = all.filter((s) => !known.has(s.who.id))
  if (missing.length > 0) {
    const rows = missing.map((s) => ({
      id: newId<IdentityId>(),
      contact: s.kind === 'person' && !s.who.self ? newId<ContactId>() : null,
      ...s,
    }))
    // The contact is inserted only where the identity came back with its id, so twins make no orphan: the key is deferred to no one,
    // hence identities first without a contact, then both.
    const { rows: made } = await sql<{ id: IdentityId; external_id: string }>`
      insert into identity (workspace_id, id, network, scope, external_id, kind, ours, name, handle, phone, email, language, bot, unverified, seen_at)
      select ${workspace}, id, ${realm.network}, ${realm.scope}, external_id, kind, ours, name, handle, phone, email, language, bot, unverified, now()
        from unnest(${rows.map((r) => r.id)}::uuid[], ${rows.map((r) => r.who.id)}::text[], ${rows.map((r) => r.kind)}::text[],
                    ${rows.map((r) => r.who.self ?? false)}::boolean[], ${rows.map((r) => r.who.name ?? r.who.called ?? null)}::text[],
                    ${rows.map((r) => r.who.handle ?? null)}::text[], ${rows.map((r) => r.who.phone ?? null)}::text[],
                    ${rows.map((r) => r.who.email ?? null)}::text[], ${rows.map((r) => r.who.language ?? null)}::text[],
                    ${rows.map((r) => r.who.bot ?? false)}::boolean[], ${rows.map((r) => r.who.unverified ?? false)}::boolean[])
             as s (id, external_id, kind, ours, name, handle, phone, email, language, bot, unverified)
      on conflict (workspace_id, network, scope, external_id) do nothing
      returning id, external_id`.execute(tx)
    const mine = new Map(made.map((row) => [row.external_id, row.id]))
    const born = rows.filter((r) => r.contact !== null && mine.get(r.who.id) === r.id)
    if (born.length > 0) {
      const ids = born.map((r) => r.id)
      const contacts = born.map((r) => r.contact)
      await sql`
        with made as (insert into contact (workspace_id, id, language)
                      select ${workspace}, c, l from unnest(${contacts}::uuid[], ${born.map((r) => r.who.language ?? null)}::text[]) as n (c, l)
                      returning id)
        update identity i set contact_id = n.c
          from unnest(${ids}::uuid[], ${contacts}::uuid[]) as n (i, c) join made on made.id = n.c
         where i.workspace_id = ${workspace} and i.id = any (${ids}::uuid[]) and i.id = n.i`.execute(tx)
    }
    const added = await findAll(
      tx,
      workspace,
      realm,
      missing.map((s) => s.who.id),
    )
    for (const [externalId, identity] of added) known.set(externalId, { ...identity, fresh: mine.has(externalId) })
  }
  await learn(
    tx,
    workspace,
    realm,
    all.filter(({ who }) => tellsMore(who, known.get(who.id))),
  )
  return known
}

/** Letters, as many as anybody is called by; together less than the index of names looks at (0010-long-names.sql). */
const MOST_LETTERS = { name: 300, called: 300, handle: 100, phone: 50, email: 254, language: 35 } as const

/** What strangers and platforms say of somebody is theirs, and may be a million letters long. */
function cut(who: Who): Who {
  const shorter = { ...who }
  for (const [what, most] of Object.entries(MOST_LETTERS) as [keyof typeof MOST_LETTERS, number][])
    if (who[what] !== undefined && who[what].length > most) shorter[what] = who[what].slice(0, most).toWellFormed()
  return shorter
}

async function findAll(
  tx: Tx,
  workspace: WorkspaceId,
  realm: Realm,
  externalIds: string[],
): Promise<Map<string, Found>> {
  const { rows } = await sql<Found>`
    select id, contact_id as contact, external_id as "externalId", kind, ours, reach, false as fresh, name, handle, phone, email, language
      from identity
     where workspace_id = ${workspace} and network = ${realm.network} and scope = ${realm.scope} and external_id = any (${externalIds})`.execute(
    tx,
  )
  return new Map(rows.map((row) => [row.externalId, row]))
}

const LEARNT = ['name', 'handle', 'phone', 'email', 'language'] as const

const tellsMore = (who: Who, known: Found | undefined): boolean =>
  !known || LEARNT.some((what) => who[what] !== undefined && who[what] !== known[what])

/** Writes only what is new: most messages change nothing about their sender. */
async function learn(tx: Tx, workspace: WorkspaceId, realm: Realm, sightings: Sighting[]): Promise<void> {
  if (sightings.length === 0) return
  const of = (read: (who: Who) => string | undefined) => sightings.map((s) => read(s.who) ?? null)
  await sql`
    update identity i
       set name = coalesce(s.name, i.name), handle = coalesce(s.handle, i.handle), phone = coalesce(s.phone, i.phone),
           email = coalesce(s.email, i.email), language = coalesce(s.language, i.language)
      from unnest(${of((w) => w.id)}::text[], ${of((w) => w.name)}::text[], ${of((w) => w.handle)}::text[], ${of((w) => w.phone)}::text[],
                  ${of((w) => w.email)}::text[], ${of((w) => w.language)}::text[]) as s (external_id, name, handle, phone, email, language)
     where i.workspace_id = ${workspace} and i.network = ${realm.network} and i.scope = ${realm.scope} and i.external_id = any (${of((w) => w.id)}::text[])
       and i.external_id = s.external_id
       and (coalesce(s.name, i.name), coalesce(s.handle, i.handle), coalesce(s.phone, i.phone), coalesce(s.email, i.email), coalesce(s.language, i.language))
           is distinct from (i.name, i.handle, i.phone, i.email, i.language)`.execute(tx)
}

export interface RoadSighting {
  identity: IdentityId
  chat: string
  at: Date
  /** When the platform's window closes; null: no window. */
  windowUntil: Date | null
}

/** Notes by which channel and chat these identities were heard. Rewritten at most once a minute: the row is for people and windows. */
export async function recordRoads(
  tx: Tx,
  workspace: WorkspaceId,
  channel: ChannelId,
  heard: RoadSighting[],
): Promise<void> {
  if (heard.length === 0) return
  const newest = new Map<string, RoadSighting>()
  for (const each of heard) {
    const before = newest.get(each.identity)
    if (!before || before.at < each.at) newest.set(each.identity, each)
  }
  const rows = [...newest.values()].toSorted((a, b) => (a.identity < b.identity ? -1 : 1))
  await sql`
    insert into road (workspace_id, identity_id, channel_id, chat, last_in_at, window_until)
    select ${workspace}, identity, ${channel}, chat, at, until
      from unnest(${rows.map((r) => r.identity)}::uuid[], ${rows.map((r) => r.chat)}::text[], ${rows.map((r) => r.at)}::timestamptz[],
                  ${rows.map((r) => r.windowUntil)}::timestamptz[]) as r (identity, chat, at, until)
    on conflict (workspace_id, identity_id, channel_id) do update
       set chat = excluded.chat, last_in_at = excluded.last_in_at, window_until = excluded.window_until
     where road.chat <> excluded.chat or road.last_in_at is null or road.last_in_at < excluded.last_in_at - interval '1 minute'`.execute(
    tx,
  )
}

/**
 * A number changed, a group became a supergroup: who was reached there is reached, and called, by the new name. Where that name is
 * somebody else's already, both stay as they are.
 */
export async function followMove(
  tx: Tx,
  workspace: WorkspaceId,
  { channel, from, to }: { channel: ChannelId; from: string; to: string },
): Promise<void> {
  await sql`
    update identity i set external_id = ${to} from road r
     where r.workspace_id = ${workspace} and r.channel_id = ${channel} and r.chat = ${from}
       and i.workspace_id = ${workspace} and i.id = r.identity_id and i.external_id = ${from}
       and not exists (select from identity o where o.workspace_id = ${workspace} and o.network = i.network and o.scope = i.scope and o.external_id = ${to})`.execute(
    tx,
  )
  await sql`
    update road r set chat = ${to} where r.workspace_id = ${workspace} and r.channel_id = ${channel} and r.chat = ${from}
       and not exists (select from road o where o.workspace_id = ${workspace} and o.channel_id = ${channel} and o.chat = ${to})`.execute(
    tx,
  )
}

/** Marks what a platform told about an address: blocked, gone, willing again. @returns the ids that changed */
export async function recordReach(
  tx: Tx,
  workspace: WorkspaceId,
  identities: IdentityId[],
  reach: string,
): Promise<IdentityId[]> {
  const { rows } = await sql<{ id: IdentityId }>`
    update identity set reach = ${reach}, reach_since = now()
     where workspace_id = ${workspace} and id = any (${identities}::uuid[]) and reach <> ${reach}
    returning id`.execute(tx)
  return rows.map((row) => row.id)
}

import { sql } from 'kysely'
import {
  changeContact,
  createContact,
  createLink as createLinkCall,
  getContact,
  listActs,
  listContacts,
  listLinks,
  listSuggestions,
  mergeContacts as mergeCall,
  revokeLink as revokeLinkCall,
  splitContact as splitCall,
  undoAct,
  undoActs,
  type ContactView,
  type ActView,
} from '#contract/calls/contacts.ts'
import { asciiAddress } from '#contract/email.ts'
import type { ActId, ContactId, IdentityId, WorkspaceId } from '#contract/ids.ts'
import { MOST_FACTS, MOST_TAGS } from '#contract/limits.ts'
import { fillLink } from '#contract/link-pattern.ts'
import type { LiveChannel, LiveChannels } from '#server/channels/live.ts'
import { recognise } from '#server/contacts/identities.ts'
import { createLink, linksOf, revokeLink } from '#server/contacts/links.ts'
import { actOf, actsOf } from '#server/contacts/acts.ts'
import { lockContacts, mergeContacts, splitContact } from '#server/contacts/merge.ts'
import { contactViews, findContacts, suggestionsFor } from '#server/contacts/views.ts'
import { announce } from '#server/feed/feed.ts'
import { answer, type Caller } from '#server/platform/calls.ts'
import type { AuditBy } from '#server/members/audit.ts'
import type { Database, Tx } from '#server/platform/database.ts'
import type { Hints } from '#server/platform/hints.ts'
import { newId } from '#server/platform/new-id.ts'
import { writePageCursor, readPageCursor } from '#server/platform/pages.ts'
import { Refused } from '#server/platform/problem.ts'
import { inWorkspaceOf } from './in-workspace-of.ts'
import { joinConversations, partConversations } from './join.ts'
import { undoThese } from './undo.ts'

export interface ContactCallsDeps {
  database: Database
  hints: Hints
  channels: LiveChannels
  audit: AuditBy
}

/** Contacts, who they are together, and the undo of what members did. Here, above `contacts`: a merge joins conversations too. */
export function contactCalls(deps: ContactCallsDeps) {
  const { change, read } = inWorkspaceOf(deps)

  return [
    answer(listContacts, ({ query }, caller) =>
      read(caller, async (tx) => {
        const before = readPageCursor(query.cursor, ['uuid'])
        const ids = await findContacts(
          tx,
          caller.workspace,
          query.q,
          before?.[0] as ContactId | undefined,
          query.limit + 1,
        )
        const items = await contactViews(tx, caller.workspace, ids.slice(0, query.limit))
        return { items, next: ids.length > query.limit ? writePageCursor([items.at(-1)!.id]) : null }
      }),
    ),
    answer(createContact, ({ body }, caller) =>
      change(caller, async (tx) => {
        const id = body.identity ? await contactByAddress(tx, caller, body.identity) : newId<ContactId>()
        await sql`insert into contact (workspace_id, id, name) values (${caller.workspace}, ${id}, ${body.name})
                  on conflict (workspace_id, id) do update set name = coalesce(contact.name, excluded.name)`.execute(tx)
        await announce(tx, caller.workspace, [{ kind: 'contact.changed', subject: id }])
        return contactOf(tx, caller, id)
      }),
    ),
    answer(getContact, ({ params }, caller) => read(caller, (tx) => contactOf(tx, caller, params.id))),
    answer(changeContact, ({ params, body }, caller) =>
      change(caller, async (tx) => {
        const before = await standingContact(tx, caller, params.id)
        // Only what is given: a colleague may be changing the rest at this moment.
        const changes = [
          ...(body.name === undefined ? [] : [sql`name = ${body.name || null}`]),
          ...(body.language === undefined ? [] : [sql`language = ${body.language}`]),
          ...(body.timeZone === undefined ? [] : [sql`time_zone = ${body.timeZone}`]),
          ...(body.tags === undefined ? [] : [sql`tags = ${tagsAfter(body.tags)}`]),
          ...(body.fields === undefined
            ? []
            : [sql`fields = jsonb_strip_nulls(fields || ${JSON.stringify(body.fields)}::jsonb)`]),
        ]
        if (changes.length > 0)
          await sql`update contact set ${sql.join(changes)} where workspace_id = ${caller.workspace} and id = ${params.id}`.execute(
            tx,
          )
        await announce(tx, caller.workspace, [
          { kind: 'contact.changed', subject: params.id },
          ...(before.conversation ? [{ kind: 'conversation.changed' as const, subject: before.conversation }] : []),
        ])
        const after = await contactOf(tx, caller, params.id)
        mustNotGrowBeyond(MOST_TAGS, 'tags', before.tags, after.tags)
        mustNotGrowBeyond(MOST_FACTS, 'fields', Object.keys(before.fields), Object.keys(after.fields))
        return after
      }),
    ),
    answer(mergeCall, ({ params, body }, caller) =>
      change(caller, async (tx) => {
        // Its addresses move, and its name with them.
        const { name: withName } = await contactOf(tx, caller, body.with)
        const merged = await mergeContacts(tx, caller.workspace, params.id, body.with, {
          kind: 'manual',
          how: 'member',
          one: await firstIdentity(tx, caller.workspace, params.id),
          other: await firstIdentity(tx, caller.workspace, body.with),
          member: caller.member,
        })
        await joinConversations(tx, caller.workspace, merged.into, merged.from)
        await deps.audit(
          tx,
          caller,
          'contact.merged',
          { kind: 'contact', id: params.id },
          { with: body.with, ...(withName && { withName }) },
        )
        return {
          contact: await contactOf(tx, caller, params.id),
          act: (await actOf(tx, caller.workspace, merged.act))!,
        }
      }),
    ),
    answer(splitCall, ({ params, body }, caller) =>
      change(caller, async (tx) => {
        const split = await splitContact(tx, caller.workspace, params.id, body.identityId, caller.member)
        await partConversations(tx, caller.workspace, split.from, split.parted, split.moved)
        await deps.audit(tx, caller, 'contact.split', { kind: 'contact', id: params.id }, { identity: body.identityId })
        return {
          contact: await contactOf(tx, caller, params.id),
          parted: await contactOf(tx, caller, split.parted),
          act: (await actOf(tx, caller.workspace, split.act))!,
        }
      }),
    ),
    answer(listSuggestions, ({ params }, caller) =>
      read(caller, async (tx) => {
        await contactOf(tx, caller, params.id)
        return { items: await suggestionsFor(tx, caller.workspace, params.id), next: null }
      }),
    ),
    answer(listActs, ({ params }, caller) =>
      read(caller, async (tx) => {
        await contactOf(tx, caller, params.id)
        return { items: await actsOf(tx, caller.workspace, params.id), next: null }
      }),
    ),
    answer(undoAct, ({ params }, caller) =>
      change(caller, async (tx) => {
        const [undone] = await undo(tx, caller, [params.id])
        return undone!
      }),
    ),
    answer(undoActs, ({ body }, caller) =>
      change(caller, async (tx) => ({ items: await undo(tx, caller, body.acts), next: null })),
    ),
    answer(createLinkCall, async ({ params, body }, caller) => {
      const channel = await deps.channels.get(body.channel)
      if (!channel || channel.workspace !== caller.workspace) throw new Refused('not_found')
      const { links } = channel.connector.manifest
      if (!links) throw new Refused('cannot', { detail: 'this network has no links into a chat' })
      return change(caller, async (tx) => {
        await standingContact(tx, caller, params.id)
        const typed = links.token < 22
        const made = await createLink(tx, caller.workspace, {
          contact: params.id,
          channel: channel.id,
          member: caller.member,
          typed,
        })
        await deps.audit(tx, caller, 'contact.link', { kind: 'contact', id: params.id }, { channel: channel.id })
        const [link] = await linksOf(tx, caller.workspace, params.id, made.id)
        const template = typed ? (links.open ?? links.start) : links.start
        const url =
          template &&
          fillLink(template, {
            handle: channel.me.handle ?? channel.me.id,
            id: channel.me.id,
            token: made.token,
            ...page(channel),
          })
        return {
          link: link!,
          url: url ?? null,
          code: typed ? `${made.token.slice(0, 4)}-${made.token.slice(4)}` : null,
        }
      })
    }),
    answer(listLinks, ({ params }, caller) =>
      read(caller, async (tx) => {
        await contactOf(tx, caller, params.id)
        return { items: await linksOf(tx, caller.workspace, params.id), next: null }
      }),
    ),
    answer(revokeLinkCall, ({ params }, caller) =>
      change(caller, async (tx) => {
        if (!(await revokeLink(tx, caller.workspace, params.id, params.linkId))) throw new Refused('not_found')
        return {}
      }),
    ),
  ]

  async function firstIdentity(tx: Tx, workspace: WorkspaceId, contact: ContactId): Promise<IdentityId | null> {
    const { rows } = await sql<{
      id: IdentityId
    }>`select id from identity where workspace_id = ${workspace} and contact_id = ${contact} order by id limit 1`.execute(
      tx,
    )
    return rows[0]?.id ?? null
  }

  /** @throws Refused `not_found` where none of them is there, `cannot_undo` where none holds any more */
  async function undo(tx: Tx, caller: Caller, acts: readonly ActId[]): Promise<ActView[]> {
    const undone = await undoThese(tx, caller.workspace, caller.member, acts)
    // Its lock comes behind all others, as in whatever changes many rows.
    for (const { id, kind } of undone) await deps.audit(tx, caller, 'act.undone', { kind, id })
    return undone
  }

  async function contactByAddress(
    tx: Tx,
    caller: Caller,
    given: { channel: Parameters<LiveChannels['get']>[0]; address: string },
  ): Promise<ContactId> {
    const channel = await deps.channels.get(given.channel)
    if (!channel || channel.workspace !== caller.workspace) throw new Refused('not_found')
    if (channel.abilities.first.who !== 'anyone')
      throw new Refused('cannot', { detail: 'on this network the contact must write first' })
    // As those who write are told: by another spelling it would be somebody else.
    const address = asciiAddress(given.address.toLowerCase())
    const known = await recognise(tx, caller.workspace, channel, [{ who: { id: address }, kind: 'person' }])
    const identity = known.get(address)!
    if (!identity.contact) throw new Refused('cannot')
    await sql`insert into road (workspace_id, identity_id, channel_id, chat) values (${caller.workspace}, ${identity.id}, ${channel.id}, ${address}) on conflict do nothing`.execute(
      tx,
    )
    return identity.contact
  }
}

/**
 * One that was not merged, and is not until this ends. One that was is refused, as by a merge and a split, and not followed to whom it
 * belongs now: a window that missed the merge has not shown whom it would change.
 * @throws Refused `not_found`
 */
export async function standingContact(tx: Tx, caller: Caller, id: ContactId): Promise<ContactView> {
  await lockContacts(tx, caller.workspace, [id])
  return contactOf(tx, caller, id)
}

/** @throws Refused `not_found` */
async function contactOf(tx: Tx, caller: Caller, id: ContactId): Promise<ContactView> {
  const [view] = await contactViews(tx, caller.workspace, [id])
  if (!view) throw new Refused('not_found')
  return view
}

/** Two contacts that were joined may have more, and lose some one by one. */
function mustNotGrowBeyond(most: number, path: string, before: readonly string[], after: readonly string[]): void {
  if (after.length > Math.max(most, before.length))
    throw new Refused('invalid', { fields: [{ path, reason: `at most ${most}` }] })
}

/** Out of what stands there once the row is locked, so that two who add at once both do. */
const tagsAfter = (given: string[] | { add: string[]; remove: string[] }) =>
  Array.isArray(given)
    ? sql`${given}::text[]`
    : sql`array(
        select tag from unnest(tags || ${given.add}::text[]) with ordinality as each(tag, place)
         where tag = any (${given.add}::text[]) or tag <> all (${given.remove}::text[])
         group by tag order by min(place))`

/** A site's own page, for channels whose chat lives on one. */
const page = ({ settings, me }: LiveChannel): { page: string } => ({
  page: typeof settings.page === 'string' ? settings.page : (me.handle ?? ''),
})

import { z } from 'zod'
import { endpoint, nothing, page, paging } from '../endpoint.ts'
import { ActId, ChannelId, ContactId, ConversationId, FileId, IdentityId, LinkId, MemberId } from '../ids.ts'
import { LONGEST, MOST_AT_ONCE, MOST_TAGS } from '../limits.ts'
import { nameUpTo } from '../name.ts'

export const Reach = z.enum(['ok', 'blocked', 'opted_out', 'gone', 'not_allowed_yet'])

export const RoadView = z.object({
  channel: ChannelId,
  lastInAt: z.iso.datetime().nullable(),
  windowUntil: z.iso.datetime().nullable(),
})

export const IdentityView = z.object({
  id: IdentityId,
  network: z.string(),
  externalId: z.string(),
  kind: z.enum(['person', 'room']),
  name: z.string().nullable(),
  handle: z.string().nullable(),
  phone: z.string().nullable(),
  email: z.string().nullable(),
  avatar: FileId.nullable(),
  /** The sender was never vouched for. */
  unverified: z.boolean(),
  reach: Reach,
  seenAt: z.iso.datetime().nullable(),
  roads: z.array(RoadView),
})
export type IdentityView = z.infer<typeof IdentityView>

export const EvidenceView = z.object({
  one: IdentityId,
  other: IdentityId,
  kind: z.enum(['proof', 'strong', 'weak', 'manual']),
  /** link, code, sign_in, platform, phone, email, name, member */
  how: z.string(),
  member: MemberId.nullable(),
  at: z.iso.datetime(),
})

export const ContactView = z.object({
  id: ContactId,
  /** Given by a member, else the newest of the identities' own. */
  name: z.string(),
  givenName: z.string().nullable(),
  language: z.string().nullable(),
  timeZone: z.string().nullable(),
  tags: z.array(z.string()),
  fields: z.record(z.string(), z.string()),
  avatar: FileId.nullable(),
  identities: z.array(IdentityView),
  evidence: z.array(EvidenceView),
  conversation: ConversationId.nullable(),
  mergedInto: ContactId.nullable(),
  createdAt: z.iso.datetime(),
})
export type ContactView = z.infer<typeof ContactView>

/** Who may be the same person, and why we think so. */
export const Suggestion = z.object({
  contact: ContactView,
  reasons: z.array(z.object({ kind: z.enum(['strong', 'weak']), how: z.string(), value: z.string() })),
})
export type Suggestion = z.infer<typeof Suggestion>

export const ActKind = z.enum(['conversation', 'merge', 'split'])
export type ActKind = z.infer<typeof ActKind>

export const ActView = z.object({
  id: ActId,
  kind: ActKind,
  member: MemberId.nullable(),
  at: z.iso.datetime(),
  undoneAt: z.iso.datetime().nullable(),
  /** Not yet undone, and what it did still holds. */
  undoable: z.boolean(),
})
export type ActView = z.infer<typeof ActView>

export const LinkView = z.object({
  id: LinkId,
  channel: ChannelId,
  expiresAt: z.iso.datetime(),
  state: z.enum(['open', 'asked', 'used', 'expired', 'revoked']),
  member: MemberId.nullable(),
  createdAt: z.iso.datetime(),
})
export type LinkView = z.infer<typeof LinkView>

const byId = z.object({ id: ContactId })
const tags = z.array(z.string().trim().min(1).max(LONGEST.tag)).max(MOST_TAGS)

export const listContacts = endpoint({
  method: 'GET',
  path: '/api/contacts',
  may: 'contact.read',
  about: 'Contacts by name, handle, phone or e-mail',
  query: z.strictObject({ ...paging, q: z.string().max(200).optional() }),
  result: page(ContactView),
})

export const createContact = endpoint({
  method: 'POST',
  path: '/api/contacts',
  may: 'contact.change',
  status: 201,
  about: 'A contact that nobody has heard from yet; an address on a network makes it reachable',
  body: z.strictObject({
    name: nameUpTo(LONGEST.contactName),
    identity: z.strictObject({ channel: ChannelId, address: z.string().trim().min(1).max(320) }).optional(),
  }),
  result: ContactView,
})

export const getContact = endpoint({
  method: 'GET',
  path: '/api/contacts/:id',
  may: 'contact.read',
  about: 'One contact with its identities and the evidence that joins them',
  params: byId,
  result: ContactView,
})

/** By its shape (BCP 47): `ru`, `pt-BR`, `zh-Hant`. */
export const LanguageTag = z
  .string()
  .max(LONGEST.language)
  .regex(/^[a-z]{2,8}(-[a-z\d]{1,8})*$/i, 'a language tag is wanted: en, pt-BR')

export const changeContact = endpoint({
  method: 'PATCH',
  path: '/api/contacts/:id',
  may: 'contact.change',
  about:
    'Name, language, time zone, tags, fields: what is given changes, the rest stays. fields: only those named, and null removes one. tags: all of them, or which to add and which to remove',
  params: byId,
  body: z.strictObject({
    name: nameUpTo(LONGEST.contactName).or(z.string().trim().length(0)).nullable().optional(),
    language: LanguageTag.nullable().optional(),
    timeZone: z.string().max(LONGEST.timeZone).nullable().optional(),
    tags: tags
      .or(z.strictObject({ add: tags.default([]), remove: z.array(z.string()).max(MOST_TAGS).default([]) }))
      .optional(),
    fields: z.record(z.string().max(LONGEST.factName), z.string().max(LONGEST.fact).nullable()).optional(),
  }),
  result: ContactView,
})

export const mergeContacts = endpoint({
  method: 'POST',
  path: '/api/contacts/:id/merge',
  may: 'contact.merge',
  about: 'Joins another contact into this one by a member’s word; can be undone',
  params: byId,
  body: z.strictObject({ with: ContactId }),
  result: z.object({ contact: ContactView, act: ActView }),
})

export const splitContact = endpoint({
  method: 'POST',
  path: '/api/contacts/:id/split',
  may: 'contact.merge',
  about: 'Takes one identity out again; each message stays with the identity that sent it',
  params: byId,
  body: z.strictObject({ identityId: IdentityId }),
  result: z.object({ contact: ContactView, parted: ContactView, act: ActView }),
})

export const listSuggestions = endpoint({
  method: 'GET',
  path: '/api/contacts/:id/suggestions',
  may: 'contact.read',
  about: 'Who may be the same person: a member decides',
  params: byId,
  result: page(Suggestion),
})

export const listActs = endpoint({
  method: 'GET',
  path: '/api/contacts/:id/acts',
  may: 'contact.read',
  about: 'Merges and splits of this contact, newest first',
  params: byId,
  result: page(ActView),
})

export const undoAct = endpoint({
  method: 'POST',
  path: '/api/acts/:id/undo',
  may: 'contact.merge',
  about: 'Undoes a merge, a split, a change of status or assignment',
  params: z.object({ id: ActId }),
  result: ActView,
})

export const undoActs = endpoint({
  method: 'POST',
  path: '/api/acts/undo',
  may: 'contact.merge',
  about: 'Undoes many at once, in this order; what is unknown or holds no more is passed over',
  body: z.strictObject({ acts: z.array(ActId).min(1).max(MOST_AT_ONCE) }),
  result: page(ActView),
})

export const createLink = endpoint({
  method: 'POST',
  path: '/api/contacts/:id/links',
  may: 'contact.change',
  status: 201,
  about: 'A one-time proof link (also for a QR): whoever opens it and agrees is this contact',
  params: byId,
  body: z.strictObject({ channel: ChannelId }),
  result: z.object({ link: LinkView, url: z.string().nullable(), code: z.string().nullable() }),
  secret: true,
})

export const listLinks = endpoint({
  method: 'GET',
  path: '/api/contacts/:id/links',
  may: 'contact.read',
  about: 'Proof links of this contact',
  params: byId,
  result: page(LinkView),
})

export const revokeLink = endpoint({
  method: 'DELETE',
  path: '/api/contacts/:id/links/:linkId',
  may: 'contact.change',
  about: 'Makes a proof link worthless',
  params: z.object({ id: ContactId, linkId: LinkId }),
  result: nothing,
})

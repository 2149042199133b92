import { z } from 'zod'
import { emailUpTo } from '../email.ts'
import { endpoint, nothing, page, paging } from '../endpoint.ts'
import {
  ActId,
  ChannelId,
  ClientId,
  ContactId,
  ConversationId,
  DeliveryId,
  FileId,
  IdentityId,
  MemberId,
  MessageId,
} from '../ids.ts'
import { LONGEST, MOST_AT_ONCE, MOST_KNOWN_DRAFTS } from '../limits.ts'
import { Choices, Content, Entity, MEDIA_KINDS, Part } from '../message/content.ts'
import { DeliveryState } from '../message/delivery-state.ts'
import { SEND_ERROR_CODES } from '../message/send-errors.ts'

export const ConversationStatus = z.enum(['open', 'pending', 'snoozed', 'closed'])
export type ConversationStatus = z.infer<typeof ConversationStatus>

export const ReasonCode = z.enum(SEND_ERROR_CODES)

/** One rule of degradation that changed a message on its way. */
export const AppliedView = z.object({
  rule: z.string(),
  part: z.int().optional(),
  before: z.string().optional(),
  after: z.string().optional(),
})

export const DeliveryView = z.object({
  id: DeliveryId,
  message: MessageId,
  identity: IdentityId,
  channel: ChannelId,
  op: z.enum(['message', 'edit', 'delete', 'react']),
  state: DeliveryState,
  reason: ReasonCode.nullable(),
  /** Values of the reason's sentence: the platform's words, a time, a limit. */
  hint: z.record(z.string(), z.unknown()).nullable(),
  applied: z.array(AppliedView),
  /** Why this road: codes with values. */
  why: z.array(z.object({ code: z.string(), values: z.record(z.string(), z.unknown()).optional() })),
  settled: z.boolean(),
  /** Of a message that was cut, and ended half-way: sent again by the same road, the others follow. */
  parts: z.object({ arrived: z.int(), of: z.int() }).nullable(),
  queuedAt: z.iso.datetime(),
  /** When it goes out if it waits: pacing, an outage, undo, `sendAt`. */
  readyAt: z.iso.datetime().nullable(),
  sentAt: z.iso.datetime().nullable(),
  deliveredAt: z.iso.datetime().nullable(),
  readAt: z.iso.datetime().nullable(),
})
export type DeliveryView = z.infer<typeof DeliveryView>

export const ReactionView = z.object({
  author: z.uuid(),
  byMember: z.boolean(),
  emoji: z.array(z.string()),
  /** The network has no reactions: only seen here. */
  hereOnly: z.boolean(),
})

export const MessageView = z.object({
  id: MessageId,
  /** Where it is shown now. */
  conversation: ConversationId,
  seq: z.int(),
  direction: z.enum(['in', 'out', 'note', 'event']),
  content: Content,
  author: z.object({
    identity: IdentityId.nullable(),
    member: MemberId.nullable(),
    /** The automatic rule that wrote it. */
    cause: z.string().nullable(),
    name: z.string(),
    unverified: z.boolean(),
  }),
  identity: IdentityId.nullable(),
  channel: ChannelId.nullable(),
  network: z.string().nullable(),
  /** Where it stands in the thread, and its time. */
  placed: z.iso.datetime({ precision: 6 }),
  at: z.iso.datetime(),
  /** Arrived after a message that it precedes. */
  late: z.boolean(),
  replyTo: MessageId.nullable(),
  forwarded: z.object({ name: z.string().optional() }).nullable(),
  edited: z.object({ at: z.iso.datetime(), versions: z.int() }).nullable(),
  deletedAt: z.iso.datetime().nullable(),
  reactions: z.array(ReactionView),
  deliveries: z.array(DeliveryView),
  clientId: ClientId.nullable(),
})
export type MessageView = z.infer<typeof MessageView>

export const ConversationRow = z.object({
  id: ConversationId,
  contact: ContactId.nullable(),
  room: IdentityId.nullable(),
  name: z.string(),
  avatar: FileId.nullable(),
  status: ConversationStatus,
  assignee: MemberId.nullable(),
  snoozedUntil: z.iso.datetime().nullable(),
  /** It was snoozed, and its time came: why it stands where it stands. null again as soon as anything is said. */
  wokeAt: z.iso.datetime({ precision: 6 }).nullable(),
  priority: z.int(),
  subject: z.string().nullable(),
  lastSeq: z.int(),
  /** Incoming messages so far. With the member's own `readCount`: unread = inCount − readCount. */
  inCount: z.int(),
  /** null in feed frames, which all members share: keep the one you know. */
  readCount: z.int().nullable(),
  /** A draft of the member's own waits in it. null as with `readCount`. */
  hasDraft: z.boolean().nullable(),
  lastAt: z.iso.datetime({ precision: 6 }),
  waitingSince: z.iso.datetime().nullable(),
  /** Deliveries that failed or were not confirmed, not yet settled. */
  failed: z.int(),
  last: z
    .object({
      message: MessageId,
      direction: z.enum(['in', 'out', 'note', 'event']),
      authorName: z.string(),
      /** First words, without markup; empty for media only, then `kind` says what. */
      words: z.string(),
      kind: z.string(),
      /** What happened and to whom, where the kind is `event`. */
      event: z.object({ what: z.string(), who: z.array(z.string()) }).nullable(),
      network: z.string().nullable(),
      state: DeliveryState.nullable(),
    })
    .nullable(),
  networks: z.array(z.string()),
  joinedInto: ConversationId.nullable(),
})
export type ConversationRow = z.infer<typeof ConversationRow>

/** One way to reach the contact now, best first; `cannot` says why not. */
export const RoadOption = z.object({
  identity: IdentityId,
  channel: ChannelId,
  network: z.string(),
  /** The identity's address in words: @ann, ann@example.org, +7 … */
  address: z.string(),
  channelName: z.string(),
  chosen: z.boolean(),
  why: z.array(z.object({ code: z.string(), values: z.record(z.string(), z.unknown()).optional() })),
  cannot: z.string().nullable(),
  windowUntil: z.iso.datetime().nullable(),
  /** Where letters go: the newest of this person by this road, from which an answer goes on that replies to none. */
  answered: Content.pick({ answersTo: true, cc: true }).nullable(),
})
export type RoadOption = z.infer<typeof RoadOption>

const byId = z.object({ id: ConversationId })
const byMessage = z.object({ id: MessageId })

export const ConversationView = z.enum(['mine', 'unassigned', 'waiting', 'failed', 'snoozed', 'all', 'closed'])

export const listConversations = endpoint({
  method: 'GET',
  path: '/api/conversations',
  may: 'conversation.read',
  about: 'Conversations of a view, newest first',
  query: z.strictObject({
    ...paging,
    view: ConversationView.default('all'),
    status: ConversationStatus.optional(),
    /** A member's id, `me` or `none`. */
    assignee: z.union([MemberId, z.enum(['me', 'none'])]).optional(),
    channel: ChannelId.optional(),
    q: z.string().max(200).optional(),
  }),
  result: page(ConversationRow),
})

export const countConversations = endpoint({
  method: 'GET',
  path: '/api/conversations/counts',
  may: 'conversation.read',
  about: 'How many conversations stand in each view; counted to 1000 at most',
  result: z.object({ counts: z.record(ConversationView, z.int()) }),
})

export const beginConversation = endpoint({
  method: 'POST',
  path: '/api/conversations',
  may: 'message.send',
  status: 201,
  about: 'The conversation with a contact; made when there is none yet',
  body: z.strictObject({ contact: ContactId }),
  result: ConversationRow,
})

export const getConversation = endpoint({
  method: 'GET',
  path: '/api/conversations/:id',
  may: 'conversation.read',
  about: 'One conversation',
  params: byId,
  result: ConversationRow,
})

/** What can be changed of one as of many. */
const standing = {
  status: z.enum(['open', 'pending', 'closed']).optional(),
  snoozeUntil: z.iso.datetime().optional(),
  assignee: MemberId.nullable().optional(),
  priority: z.int().min(-1).max(2).optional(),
}

export const changeConversation = endpoint({
  method: 'PATCH',
  path: '/api/conversations/:id',
  may: 'conversation.change',
  about: 'Assigns, closes, reopens, snoozes; the answer names the act, so that it can be undone',
  params: byId,
  body: z.strictObject({
    ...standing,
    /** The road of the next messages; null: Parley chooses again. */
    via: z.strictObject({ identity: IdentityId, channel: ChannelId }).nullable().optional(),
  }),
  result: z.object({ conversation: ConversationRow, act: ActId }),
})

export const changeConversations = endpoint({
  method: 'POST',
  path: '/api/conversations/changes',
  may: 'conversation.change',
  about: 'The same change of many; each is an act that can be undone. What is no conversation any more is passed over',
  body: z.strictObject({
    conversations: z.array(ConversationId).min(1).max(MOST_AT_ONCE),
    change: z.strictObject(standing),
  }),
  result: z.object({ conversations: z.array(ConversationRow), acts: z.array(ActId) }),
})

export const listMessages = endpoint({
  method: 'GET',
  path: '/api/conversations/:id/messages',
  may: 'conversation.read',
  about: 'Messages as shown, newest first; around=: the page that holds this message',
  params: byId,
  query: z.strictObject({ ...paging, around: MessageId.optional(), after: z.string().max(500).optional() }),
  result: page(MessageView).extend({ newer: z.string().nullable() }),
})

export const listFiles = endpoint({
  method: 'GET',
  path: '/api/conversations/:id/files',
  may: 'file.read',
  about: 'Files that were sent here, either way, newest first',
  params: byId,
  query: z.strictObject(paging),
  result: page(
    z.object({
      file: FileId,
      message: MessageId,
      kind: z.enum(MEDIA_KINDS),
      name: z.string().nullable(),
      type: z.string(),
      bytes: z.int().nullable(),
      at: z.iso.datetime(),
    }),
  ),
})

export const sendMessage = endpoint({
  method: 'POST',
  path: '/api/conversations/:id/messages',
  may: 'message.send',
  status: 202,
  about: 'Says something; via absent: Parley chooses the road and says why. A note stays in the house',
  params: byId,
  body: z
    .strictObject({
      text: z.string().max(65_536).optional(),
      parts: z.array(Part).min(1).max(50).optional(),
      subject: z.string().max(LONGEST.subject).optional(),
      cc: z.array(emailUpTo(LONGEST.email)).max(50).optional(),
      bcc: z.array(emailUpTo(LONGEST.email)).max(50).optional(),
      choices: Choices.optional(),
      via: IdentityId.optional(),
      replyTo: MessageId.optional(),
      clientId: ClientId.optional(),
      sendAt: z.iso.datetime().optional(),
      note: z.boolean().optional(),
      marksRead: z
        .boolean()
        .optional()
        .describe(
          'Who answers has read what came before, unless he says false: what was written earlier may leave late',
        ),
    })
    .refine((body) => body.parts !== undefined || (body.text ?? '').trim() !== '', {
      error: 'text or parts are wanted',
    }),
  result: MessageView,
})

export const previewMessage = endpoint({
  method: 'POST',
  path: '/api/conversations/:id/preview',
  may: 'message.send',
  about: 'What would become of this message on its road: pieces and losses',
  params: byId,
  body: z.strictObject({
    text: z.string().max(65_536).optional(),
    parts: z.array(Part).min(1).max(50).optional(),
    choices: Choices.optional(),
    via: IdentityId.optional(),
    replyTo: MessageId.optional(),
  }),
  result: z.object({ pieces: z.array(Content), applied: z.array(AppliedView), cannot: z.string().nullable() }),
})

export const listRoads = endpoint({
  method: 'GET',
  path: '/api/conversations/:id/roads',
  may: 'conversation.read',
  about: 'The ways to reach this contact now, best first, with reasons',
  params: byId,
  result: page(RoadOption),
})

export const markRead = endpoint({
  method: 'PUT',
  path: '/api/conversations/:id/read',
  may: 'conversation.read',
  about:
    'The member has seen everything up to seq; less than before marks it unread from there. unread: marks it so whoever said the last word',
  params: byId,
  body: z.union([z.strictObject({ seq: z.int().min(0) }), z.strictObject({ unread: z.literal(true) })]),
  result: nothing,
})

export const announcePresence = endpoint({
  method: 'PUT',
  path: '/api/conversations/:id/presence',
  may: 'conversation.read',
  about:
    'The member views or types here; fades after 10 s. `false`: is here, and says nothing of typing; `stopped`: types no longer',
  params: byId,
  body: z.strictObject({ typing: z.union([z.boolean(), z.literal('stopped')]) }),
  result: nothing,
})

export const getDraft = endpoint({
  method: 'GET',
  path: '/api/conversations/:id/draft',
  may: 'message.send',
  about: 'The member’s draft here',
  params: byId,
  result: z.object({ text: z.string(), note: z.boolean() }),
})

export const saveDraft = endpoint({
  method: 'PUT',
  path: '/api/conversations/:id/draft',
  may: 'message.send',
  about: 'Keeps the draft; an empty text removes it',
  params: byId,
  body: z.strictObject({
    text: z.string().max(65_536),
    note: z.boolean().default(false),
    was: z
      .array(z.string().max(65_536))
      .max(MOST_KNOWN_DRAFTS)
      .optional()
      .describe('With an empty text: removes only a draft that reads as one of these'),
  }),
  result: nothing,
})

export const editMessage = endpoint({
  method: 'PATCH',
  path: '/api/messages/:id',
  may: 'message.change',
  about:
    'Edits what we sent; where the network cannot, a correction follows. Without `entities` the marks of untouched words stay',
  params: byMessage,
  body: z.strictObject({ text: z.string().min(1).max(65_536), entities: z.array(Entity).optional() }),
  result: MessageView,
})

export const deleteMessage = endpoint({
  method: 'DELETE',
  path: '/api/messages/:id',
  may: 'message.change',
  about: 'Takes back what we sent; 422 cannot where the network does not allow it',
  params: byMessage,
  result: MessageView,
})

export const reactToMessage = endpoint({
  method: 'PUT',
  path: '/api/messages/:id/reactions',
  may: 'message.send',
  about: 'Our reactions to a message, the whole set; empty takes back',
  params: byMessage,
  body: z.strictObject({ emoji: z.array(z.string().min(1).max(32)).max(3) }),
  result: MessageView,
})

export const listVersions = endpoint({
  method: 'GET',
  path: '/api/messages/:id/versions',
  may: 'conversation.read',
  about: 'Every version of an edited message, oldest first',
  params: byMessage,
  result: page(z.object({ content: Content, at: z.iso.datetime() })),
})

export const fetchFileAgain = endpoint({
  method: 'POST',
  path: '/api/messages/:id/files/:part/fetch',
  may: 'message.change',
  about: 'Tries again to fetch a file that the platform did not give',
  params: z.object({ id: MessageId, part: z.coerce.number().int().min(0).max(100) }),
  result: MessageView,
})

export const listDeliveries = endpoint({
  method: 'GET',
  path: '/api/deliveries',
  may: 'conversation.read',
  about: 'Deliveries by state, newest first; the list of failures',
  query: z.strictObject({ ...paging, state: DeliveryState.optional() }),
  result: page(DeliveryView),
})

export const resendDelivery = endpoint({
  method: 'POST',
  path: '/api/deliveries/:id/resend',
  may: 'message.send',
  status: 202,
  about: 'A new delivery of a failed or unconfirmed one; 409 for any other',
  params: z.object({ id: DeliveryId }),
  body: z.strictObject({ via: IdentityId.optional() }).optional(),
  result: MessageView,
})

export const settleDelivery = endpoint({
  method: 'POST',
  path: '/api/deliveries/:id/settle',
  may: 'message.send',
  about: 'A member says whether an unconfirmed message arrived, or has seen to a failed one',
  params: z.object({ id: DeliveryId }),
  body: z.strictObject({ arrived: z.boolean() }),
  result: MessageView,
})

export const cancelDelivery = endpoint({
  method: 'POST',
  path: '/api/deliveries/:id/cancel',
  may: 'message.send',
  about: 'Takes a queued delivery back before it leaves (undo of sending)',
  params: z.object({ id: DeliveryId }),
  result: MessageView,
})

/** After a restore nothing leaves until a member has decided. */
export const HoldView = z.object({
  hold: z.boolean(),
  /** Deliveries that would leave. */
  queued: z.int(),
  oldest: z.iso.datetime().nullable(),
  newest: z.iso.datetime().nullable(),
})

export const getHold = endpoint({
  method: 'GET',
  path: '/api/hold',
  may: 'conversation.read',
  about: 'After a restore: how much waits to leave',
  result: HoldView,
})

export const HeldDelivery = z.object({
  delivery: DeliveryId,
  message: MessageId,
  conversation: ConversationId,
  contact: z.string().nullable(),
  channel: ChannelId,
  queuedAt: z.iso.datetime(),
  /** The time a member had chosen for it. */
  sendAt: z.iso.datetime().nullable(),
  /** How it begins. */
  text: z.string(),
})

export const listHold = endpoint({
  method: 'GET',
  path: '/api/hold/deliveries',
  may: 'hold.decide',
  about: 'After a restore: what waits to leave, oldest first',
  query: z.strictObject(paging),
  result: page(HeldDelivery),
})

export const decideHold = endpoint({
  method: 'POST',
  path: '/api/hold',
  may: 'hold.decide',
  about:
    'Sends or drops what was queued before the restore; with deliveries, only those, and the others wait for a word of their own',
  body: z.strictObject({
    decision: z.enum(['send', 'drop', 'one_by_one']),
    deliveries: z.array(DeliveryId).min(1).max(500).optional(),
  }),
  result: HoldView,
})

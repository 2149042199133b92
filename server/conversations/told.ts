/** What the planner takes and gives. `told`: one journaled event with what its connector read in it. */
import type { Incoming } from '#connector-kit/connector.ts'
import type {
  ChannelId,
  ContactId,
  ConversationId,
  DeliveryId,
  IdentityId,
  InboundId,
  MessageId,
} from '#contract/ids.ts'
import type { SendErrorCode } from '#contract/message/send-errors.ts'
import type { Content } from '#contract/message/content.ts'
import type { ChannelRealm } from '#server/channels/channel-realm.ts'
import type { Identity } from '#server/contacts/identities.ts'

export type { ChannelRealm }

export interface Told {
  /** Place in the work queue. */
  readonly pos: number
  readonly channel: ChannelRealm
  readonly inbound: InboundId
  readonly receivedAt: Date
  readonly incoming: Incoming[]
  /** It waited long enough for the message it speaks of: now it stands for itself, or it is a person's affair. */
  readonly overdue?: boolean
}

/** A name under which a message is known on a network. */
export interface RefName {
  readonly channel: ChannelId
  readonly chat: string
  readonly id: string
}

export const refKey = (name: RefName): string => `${name.channel}\n${name.chat}\n${name.id}`

export interface KnownRef extends RefName {
  /** null: somebody spoke of it, nobody has said it yet. */
  readonly message: MessageId | null
  readonly delivery: DeliveryId | null
  readonly direction: 'in' | 'out' | null
}

export interface KnownMessage {
  readonly id: MessageId
  readonly conversation: ConversationId
  readonly shownIn: ConversationId
  readonly authorIdentity: IdentityId | null
  readonly channel: ChannelId | null
  readonly direction: 'in' | 'out' | 'note' | 'event'
  content: Content
  editedAt: Date | null
  deletedAt: Date | null
  versions: number
}

export interface KnownConversation {
  readonly id: ConversationId
  readonly contact: ContactId | null
  readonly room: IdentityId | null
  lastSeq: number
  inCount: number
}

/** Everything a batch speaks of, loaded in sets before the planning. */
export interface Known {
  identity(channel: ChannelRealm, externalId: string): Identity | undefined
  /** The other side of a chat: a person, or a room. */
  talker(channel: ChannelRealm, chat: string): Identity | undefined
  conversationOf(owner: ContactId | IdentityId): KnownConversation | undefined
  ref(name: RefName): KnownRef | undefined
  message(id: MessageId): KnownMessage | undefined
}

export interface NewMessage {
  readonly id: MessageId
  readonly pos: number
  readonly conversation: ConversationId
  readonly seq: number
  readonly direction: 'in' | 'out' | 'event'
  readonly author: IdentityId
  /** Whose talk it belongs to. */
  readonly identity: IdentityId
  readonly channel: ChannelId
  readonly chat: string
  content: Content
  readonly replyTo: MessageId | null
  readonly thread: string | null
  readonly forwarded: { name?: string } | null
  readonly platformAt: Date | null
  readonly platformOrder: string | null
  readonly receivedAt: Date
  readonly automatic: boolean
  readonly inbound: InboundId
  editedAt: Date | null
  deletedAt: Date | null
}

export interface StatusTold {
  readonly delivery: DeliveryId
  readonly state: 'sent' | 'delivered' | 'read' | 'failed'
  readonly at: Date
  readonly error?: SendErrorCode
  readonly words?: string
}

/** What is to be written, in this order; plain data. */
export interface BatchPlan {
  readonly messages: NewMessage[]
  /** Names of new messages, and further names of known ones. */
  readonly refs: {
    name: RefName
    message: MessageId
    delivery: DeliveryId | null
    direction: 'in' | 'out'
    identity: IdentityId
  }[]
  readonly versions: { message: MessageId; no: number; content: Content; at: Date }[]
  /** Messages whose content, edit or deletion changed, with their new state. */
  readonly changed: Map<MessageId, KnownMessage>
  readonly reactions: { message: MessageId; author: IdentityId; set?: string[]; add?: string; remove?: string }[]
  readonly statuses: StatusTold[]
  /** "Read up to T": everything dispatched to this identity before. */
  readonly watermarks: { identity: IdentityId; channel: ChannelId; state: 'delivered' | 'read'; at: Date }[]
  readonly applied: number[]
  /** Events that speak of a message nobody has said yet. */
  readonly parked: { pos: number; on: RefName }[]
  /** Waited in vain. */
  readonly abandoned: { pos: number; on: RefName }[]
  readonly reach: { identity: IdentityId; reach: 'ok' | 'blocked' | 'opted_out' }[]
  readonly roads: { identity: IdentityId; channel: ChannelId; chat: string; at: Date; windowUntil: Date | null }[]
  readonly moved: { channel: ChannelId; from: string; to: string }[]
  /** Things that higher rungs act on, in the same transaction. */
  readonly tokens: { token: string; identity: Identity; channel: ChannelId; chat: string; message: MessageId | null }[]
  readonly presses: {
    identity: Identity
    channel: ChannelId
    chat: string
    press: string
    value: string
    message: MessageId | null
  }[]
  readonly same: { one: IdentityId; other: IdentityId; how: string }[]
  readonly states: { channel: ChannelId; state: string; reason: string }[]
  readonly avatars: { identity: IdentityId; channel: ChannelId; remote: string; inbound: InboundId }[]
  /** By the rules of who may change what: nothing of it is written. */
  readonly refused: { pos: number; what: string }[]
}

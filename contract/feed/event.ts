/**
 * The feed: the ordered stream of what changed in a workspace. Stored events hold ids and small changes, never text; frames to the
 * window carry the fresh view of what changed, joined once per batch.
 *
 * frame   { cursor, events } · { reset } · { hints }
 * cursor  opaque; resume with it after a reload, a cut, or on another node
 */
import { z } from 'zod'
import { ChannelView } from '../calls/channels.ts'
import { ContactView } from '../calls/contacts.ts'
import { ConversationRow, MessageView } from '../calls/conversations.ts'
import { MemberView } from '../calls/members.ts'
import { ContactId, ConversationId, MemberId } from '../ids.ts'

export const FeedEvent = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('message.added'), message: MessageView }),
  /** An edit, a deletion, a reaction, a fetched file, a delivery's new state: the message as it is now. */
  z.object({ kind: z.literal('message.changed'), message: MessageView }),
  z.object({ kind: z.literal('conversation.changed'), conversation: ConversationRow }),
  /** Its messages are shown in another conversation from now on (merge), or it is its own again (split): load both afresh. */
  z.object({ kind: z.literal('conversation.joined'), conversation: ConversationId, into: ConversationId }),
  z.object({ kind: z.literal('conversation.parted'), conversation: ConversationId, from: ConversationId }),
  z.object({ kind: z.literal('contact.changed'), contact: ContactView }),
  z.object({ kind: z.literal('contact.merged'), contact: ContactId, into: ContactId }),
  z.object({ kind: z.literal('channel.changed'), channel: ChannelView }),
  z.object({ kind: z.literal('channel.removed'), channel: z.uuid() }),
  z.object({ kind: z.literal('member.changed'), member: MemberView }),
])
export type FeedEvent = z.infer<typeof FeedEvent>
export type FeedKind = FeedEvent['kind']

/** Losable: typing and presence; no cursor. A window passes over those it does not know: there will be more. */
export const FeedHint = z.discriminatedUnion('hint', [
  z.object({ hint: z.literal('contact.typing'), conversation: ConversationId }),
  z.object({ hint: z.literal('member.typing'), conversation: ConversationId, member: MemberId }),
  /** Types no longer, and is still here. */
  z.object({ hint: z.literal('member.stopped'), conversation: ConversationId, member: MemberId }),
  z.object({ hint: z.literal('member.views'), conversation: ConversationId.nullable(), member: MemberId }),
])
export type FeedHint = z.infer<typeof FeedHint>

export const FeedFrame = z.union([
  z.object({ cursor: z.string(), events: z.array(FeedEvent) }),
  /** The cursor is too old or of another database: load afresh, go on from this one. */
  z.object({ reset: z.string() }),
  /** An empty one is the line's beat, each `FEED_BEAT_MS` (beat.ts): a page cannot see pings. */
  z.object({ hints: z.array(FeedHint) }),
  /** Session ended, role changed, the session is another member's than the one named: the reason why this socket closes. */
  z.object({ closing: z.enum(['signed_out', 'forbidden', 'another_member', 'restarting']) }),
])
export type FeedFrame = z.infer<typeof FeedFrame>

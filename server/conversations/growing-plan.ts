/** A plan while it grows: what a batch itself brings is known to its next event. */
import type { IdentityId, MessageId } from '#contract/ids.ts'
import type { Content } from '#contract/message/content.ts'
import type { Identity } from '#server/contacts/identities.ts'
import {
  refKey,
  type BatchPlan,
  type Known,
  type KnownConversation,
  type KnownMessage,
  type KnownRef,
  type NewMessage,
  type RefName,
  type Told,
} from './told.ts'

export interface Talk {
  conversation: KnownConversation
  /** The person, or the room. */
  identity: Identity
}

interface Saying {
  author: Identity
  chat: string
  direction: NewMessage['direction']
  content: Content
  replyTo: MessageId | null
  thread: string | null
  forwarded: { name?: string } | null
  at: Date
  order: string | null
  automatic: boolean
}

export type GrowingPlan = ReturnType<typeof growingPlan>

export function growingPlan(known: Known, newMessageId: () => MessageId) {
  const plan: BatchPlan = {
    messages: [],
    refs: [],
    versions: [],
    changed: new Map(),
    reactions: [],
    statuses: [],
    watermarks: [],
    applied: [],
    parked: [],
    abandoned: [],
    reach: [],
    roads: [],
    moved: [],
    tokens: [],
    presses: [],
    same: [],
    states: [],
    avatars: [],
    refused: [],
  }
  /** Names and messages that this batch itself brings. */
  const newRefs = new Map<string, KnownRef>()
  const newMessages = new Map<MessageId, NewMessage>()

  const refOf = (name: RefName) => newRefs.get(refKey(name)) ?? known.ref(name)
  const saidRef = (name: RefName) => {
    const ref = refOf(name)
    return ref?.message ? { ...ref, message: ref.message } : undefined
  }

  function add(told: Told, talk: Talk, saying: Saying): NewMessage {
    const { conversation } = talk
    const added: NewMessage = {
      id: newMessageId(),
      pos: told.pos,
      conversation: conversation.id,
      seq: ++conversation.lastSeq,
      direction: saying.direction,
      author: saying.author.id,
      identity: talk.identity.id,
      channel: told.channel.id,
      chat: saying.chat,
      content: saying.content,
      replyTo: saying.replyTo,
      thread: saying.thread,
      forwarded: saying.forwarded,
      platformAt: saying.at,
      platformOrder: saying.order,
      receivedAt: told.receivedAt,
      automatic: saying.automatic,
      inbound: told.inbound,
      editedAt: null,
      deletedAt: null,
    }
    if (added.direction === 'in') {
      conversation.inCount++
      heardFrom(talk.identity)
    }
    plan.messages.push(added)
    newMessages.set(added.id, added)
    if (added.direction !== 'out') {
      const { windowSeconds } = told.channel
      plan.roads.push({
        identity: talk.identity.id,
        channel: told.channel.id,
        chat: saying.chat,
        at: told.receivedAt,
        windowUntil: windowSeconds === null ? null : new Date(saying.at.getTime() + windowSeconds * 1000),
      })
    }
    return added
  }

  function event(told: Told, talk: Talk, author: Identity, chat: string, what: string, at: Date): NewMessage {
    return add(told, talk, {
      author,
      chat,
      direction: 'event',
      content: { parts: [{ kind: 'event', what, who: [] }] },
      replyTo: null,
      thread: null,
      forwarded: null,
      at,
      order: null,
      automatic: false,
    })
  }

  function addRef(
    name: RefName,
    message: MessageId,
    delivery: KnownRef['delivery'],
    direction: 'in' | 'out',
    identity: IdentityId,
  ): void {
    newRefs.set(refKey(name), { ...name, message, delivery, direction })
    plan.refs.push({ name, message, delivery, direction, identity })
  }

  /** Who writes to us can be written to: not every network tells that a block was lifted. What he opted out of stays so. */
  function heardFrom({ id, reach }: Identity): void {
    const now = plan.reach.findLast((each) => each.identity === id)?.reach ?? reach
    if (now === 'blocked' || now === 'gone') plan.reach.push({ identity: id, reach: 'ok' })
  }

  /** A message of this same batch takes its edit before it is written; its first words are kept as a version all the same. */
  function changing(added: NewMessage): KnownMessage {
    const versions = { count: plan.versions.filter((version) => version.message === added.id).length }
    return {
      id: added.id,
      conversation: added.conversation,
      shownIn: added.conversation,
      authorIdentity: added.author,
      channel: added.channel,
      direction: added.direction,
      get content() {
        return added.content
      },
      set content(content) {
        added.content = content
      },
      get editedAt() {
        return added.editedAt
      },
      set editedAt(at) {
        added.editedAt = at
      },
      get deletedAt() {
        return added.deletedAt
      },
      set deletedAt(at) {
        added.deletedAt = at
      },
      get versions() {
        return versions.count
      },
      set versions(count) {
        versions.count = count
      },
    }
  }

  return { plan, newMessages, refOf, saidRef, add, event, addRef, changing }
}

/**
 * (events, what is known) → rows. Pure: the same events over the same state give the same plan, so its promises are property tests.
 *
 * for each event, in the order of its lane:
 *   every target known?  no → park the whole event on the missing name; after a day in vain an edit is the message, the rest is given up
 *   yes → for each thing it tells: a row of its kind in the table below
 */
import type { Incoming, Who } from '#connector-kit/connector.ts'
import type { ContactId, IdentityId, MessageId } from '#contract/ids.ts'
import { plain, type Content } from '#contract/message/content.ts'
import type { Identity } from '#server/contacts/identities.ts'
import { asItem, withEditedItem, withItem, withoutItem } from './albums.ts'
import { ownName, unknownName } from './names.ts'
import { growingPlan, type GrowingPlan, type Talk } from './growing-plan.ts'
import { keepFiles, sameContent } from './same-content.ts'
import { refKey, type BatchPlan, type Known, type RefName, type Told } from './told.ts'

export function planBatch(batch: readonly Told[], known: Known, newMessageId: () => MessageId): BatchPlan {
  const growing = growingPlan(known, newMessageId)
  const { plan } = growing
  const batchPlanner = planner(growing, known)
  for (const told of batch) {
    const missing = batchPlanner.firstMissing(told)
    if (missing) {
      ;(told.overdue ? plan.abandoned : plan.parked).push({ pos: told.pos, on: missing })
      continue
    }
    for (const incoming of told.incoming) batchPlanner.apply(told, incoming)
    plan.applied.push(told.pos)
  }
  return plan
}

function planner(growing: GrowingPlan, known: Known) {
  const { plan, newMessages, refOf, saidRef, add, event, addRef, changing } = growing
  /** Where items of albums stand on their platform. */
  const orders = new Map<string, string>()

  const identityOf = (told: Told, who: Who) => known.identity(told.channel, who.id)

  /** The first name that this event speaks of and that nobody has said yet. A reply may stay without its target. */
  function firstMissing(told: Told): RefName | undefined {
    for (const incoming of told.incoming) {
      const target = targetOf(told, incoming)
      if (target && !saidRef(target) && !standsForItself(told, incoming)) return target
    }
    return undefined
  }

  /** An edit carries the whole text: where its message never came, and its chat is known, it is the first that is seen of it. */
  const standsForItself = (told: Told, incoming: Incoming): boolean =>
    told.overdue === true && incoming.is === 'edit' && talkIn(told, incoming.target.chat) !== undefined

  function talkIn(told: Told, chat: string): Talk | undefined {
    const identity = known.talker(told.channel, chat)
    const conversation = identity && known.conversationOf(identity.contact ?? identity.id)
    return conversation && { conversation, identity }
  }

  function targetOf(told: Told, incoming: Incoming): RefName | undefined {
    const channel = told.channel.id
    switch (incoming.is) {
      case 'edit':
        return { channel, ...incoming.target }
      case 'delete':
      case 'reaction':
        return { channel, ...incoming.target }
      case 'status':
        if (incoming.key) return ownName.ofKey(channel, incoming.key)
        return incoming.target ? { channel, ...incoming.target } : undefined
      case 'message':
      case 'press':
      case 'start':
      case 'permission':
      case 'typing':
      case 'profile':
      case 'same':
      case 'moved':
      case 'channel':
      case 'resync':
      case 'unknown':
        return undefined
    }
  }

  function apply(told: Told, incoming: Incoming): void {
    switch (incoming.is) {
      case 'message':
        return message(told, incoming)
      case 'edit':
        return saidRef({ channel: told.channel.id, ...incoming.target })
          ? edit(told, incoming)
          : seenAsEdit(told, incoming)
      case 'delete':
        return remove(told, incoming)
      case 'reaction':
        return reaction(told, incoming)
      case 'status':
        return status(told, incoming)
      case 'press':
        return press(told, incoming)
      case 'start':
        return start(told, incoming)
      case 'permission':
        return permission(told, incoming)
      case 'unknown':
        return unknown(told, incoming)
      case 'profile': {
        const identity = identityOf(told, incoming.of)
        if (identity && incoming.avatar && 'remote' in incoming.avatar)
          plan.avatars.push({
            identity: identity.id,
            channel: told.channel.id,
            remote: incoming.avatar.remote,
            inbound: told.inbound,
          })
        return
      }
      case 'same': {
        const one = identityOf(told, incoming.one)
        const other = identityOf(told, incoming.other)
        if (one && other) plan.same.push({ one: one.id, other: other.id, how: incoming.how })
        return
      }
      case 'moved':
        plan.moved.push({ channel: told.channel.id, from: incoming.from, to: incoming.to })
        return
      case 'channel':
        plan.states.push({ channel: told.channel.id, state: incoming.state, reason: incoming.reason })
        return
      case 'typing':
      case 'resync':
        return
    }
  }

  function message(told: Told, incoming: Extract<Incoming, { is: 'message' }>): void {
    const { channel } = told
    const name = { channel: channel.id, ...incoming.ref }
    const author = identityOf(told, incoming.by)
    const talk = talkOf(told, incoming.ref.chat, incoming.by, incoming.group !== undefined)
    if (!author || !talk) return
    const before = saidRef(name) ?? (incoming.echoOf ? saidRef(ownName.ofKey(channel.id, incoming.echoOf)) : undefined)
    if (before) {
      // A repeated id is never an edit, whatever it holds. An echo of ours brings the platform's id and proves that it was sent.
      if (!refOf(name)) addRef(name, before.message, before.delivery, 'out', talk.identity.id)
      if (before.delivery && author.ours)
        plan.statuses.push({ delivery: before.delivery, state: 'sent', at: incoming.at })
      return
    }
    if (incoming.album !== undefined && joinsAlbum(told, incoming, incoming.album, author, talk)) return
    const added = add(told, talk, {
      author,
      chat: incoming.ref.chat,
      direction: author.ours ? 'out' : 'in',
      content: incoming.album === undefined ? incoming.content : asItem(incoming.content, incoming.ref.id),
      replyTo: incoming.replyTo ? (saidRef({ channel: channel.id, ...incoming.replyTo })?.message ?? null) : null,
      thread: incoming.thread ?? null,
      forwarded: incoming.forwarded ?? null,
      at: incoming.at,
      order: incoming.order ?? null,
      automatic: incoming.automatic ?? false,
    })
    addRef(name, added.id, null, added.direction === 'out' ? 'out' : 'in', talk.identity.id)
    if (incoming.album !== undefined)
      addRef(
        ownName.ofAlbum(name, incoming.album),
        added.id,
        null,
        added.direction === 'out' ? 'out' : 'in',
        talk.identity.id,
      )
    for (const alias of incoming.aliases ?? [])
      addRef({ ...name, id: alias }, added.id, null, added.direction === 'out' ? 'out' : 'in', talk.identity.id)
    if (!author.ours && incoming.token)
      plan.tokens.push({
        token: incoming.token,
        identity: author,
        channel: channel.id,
        chat: incoming.ref.chat,
        message: added.id,
      })
  }

  /** A further item of an album that stands here already, whether this batch brought it or an earlier one. @returns whether it does */
  function joinsAlbum(
    told: Told,
    incoming: Extract<Incoming, { is: 'message' }>,
    album: string,
    author: Identity,
    talk: Talk,
  ): boolean {
    const name = { channel: told.channel.id, ...incoming.ref }
    if (incoming.order !== undefined) orders.set(refKey(name), incoming.order)
    const begun = saidRef(ownName.ofAlbum(name, album))
    const added = begun && newMessages.get(begun.message)
    const whole = added ? changing(added) : begun && (plan.changed.get(begun.message) ?? known.message(begun.message))
    if (!begun || !whole || whole.deletedAt || whole.authorIdentity !== author.id) return false
    // Only a batch knows the places of its items; where names are places, those of earlier batches are known too.
    const namesArePlaces = incoming.order === incoming.ref.id
    whole.content = withItem(
      whole.content,
      asItem(incoming.content, incoming.ref.id),
      (id) => orders.get(refKey({ ...name, id })) ?? (namesArePlaces ? id : undefined),
    )
    if (!added) plan.changed.set(begun.message, whole)
    addRef(name, begun.message, null, author.ours ? 'out' : 'in', talk.identity.id)
    return true
  }

  function edit(told: Told, incoming: Extract<Incoming, { is: 'edit' }>): void {
    const target = targetMessage(told, incoming.target, incoming.by, false)
    if (!target) return
    // The newest by the platform's edit time shows; a delete beats any edit, earlier or later.
    if (target.deletedAt || (target.editedAt && target.editedAt > incoming.at)) return
    const content = withEditedItem(target.content, incoming.target.id, incoming.content)
    if (sameContent(target.content, content)) return
    plan.versions.push({
      message: target.id,
      no: target.versions++,
      content: target.content,
      at: target.editedAt ?? incoming.at,
    })
    target.content = keepFiles(content, target.content)
    target.editedAt = incoming.at
  }

  function seenAsEdit(told: Told, incoming: Extract<Incoming, { is: 'edit' }>): void {
    const author = identityOf(told, incoming.by)
    const talk = talkIn(told, incoming.target.chat)
    if (!author || !talk) return
    const direction = author.ours ? 'out' : 'in'
    const added = add(told, talk, {
      author,
      chat: incoming.target.chat,
      direction,
      content: incoming.content,
      replyTo: null,
      thread: null,
      forwarded: null,
      at: incoming.at,
      order: null,
      automatic: false,
    })
    added.editedAt = incoming.at
    addRef({ channel: told.channel.id, ...incoming.target }, added.id, null, direction, talk.identity.id)
  }

  function remove(told: Told, incoming: Extract<Incoming, { is: 'delete' }>): void {
    const target = targetMessage(told, incoming.target, incoming.by, incoming.moderator ?? false)
    if (!target || target.deletedAt) return
    const left = withoutItem(target.content, incoming.target.id)
    if (!left) target.deletedAt = told.receivedAt
    else {
      plan.versions.push({ message: target.id, no: target.versions++, content: target.content, at: told.receivedAt })
      target.content = left
      target.editedAt = told.receivedAt
    }
  }

  function reaction(told: Told, incoming: Extract<Incoming, { is: 'reaction' }>): void {
    const ref = saidRef({ channel: told.channel.id, ...incoming.target })
    const author = identityOf(told, incoming.by)
    if (!ref || !author) return
    const { set, add: added, remove: removed } = incoming
    plan.reactions.push({
      message: ref.message,
      author: author.id,
      ...(set ? { set } : {}),
      ...(added ? { add: added } : {}),
      ...(removed ? { remove: removed } : {}),
    })
  }

  function status(told: Told, incoming: Extract<Incoming, { is: 'status' }>): void {
    const target = targetOf(told, incoming)
    const ref = target && saidRef(target)
    if (ref?.delivery) {
      const { error, words } = incoming
      plan.statuses.push({
        delivery: ref.delivery,
        state: incoming.state,
        at: incoming.at,
        ...(error ? { error } : {}),
        ...(words ? { words } : {}),
      })
    }
    if (incoming.upTo && (incoming.state === 'delivered' || incoming.state === 'read')) {
      const identity = known.talker(told.channel, incoming.upTo.chat)
      if (identity)
        plan.watermarks.push({
          identity: identity.id,
          channel: told.channel.id,
          state: incoming.state,
          at: incoming.upTo.at,
        })
    }
  }

  /** A press reads as what the person chose. Its value counts only where we offered it: the rung that offered it decides. */
  function press(told: Told, incoming: Extract<Incoming, { is: 'press' }>): void {
    const author = identityOf(told, incoming.by)
    const talk = talkOf(told, incoming.chat, incoming.by, false)
    const name = ownName.ofPress(told.channel.id, incoming.chat, incoming.id)
    if (!author || !talk || saidRef(name)) return
    const on = incoming.on ? saidRef({ channel: told.channel.id, ...incoming.on }) : undefined
    const offered = on && (newMessages.get(on.message)?.content ?? known.message(on.message)?.content)
    const added = add(told, talk, {
      author,
      chat: incoming.chat,
      direction: 'in',
      content: plain(labelOf(offered, incoming.value)),
      replyTo: on?.message ?? null,
      thread: null,
      forwarded: null,
      at: incoming.at,
      order: null,
      automatic: false,
    })
    addRef(name, added.id, null, 'in', talk.identity.id)
    plan.presses.push({
      identity: author,
      channel: told.channel.id,
      chat: incoming.chat,
      press: incoming.id,
      value: incoming.value,
      message: on?.message ?? null,
    })
  }

  function start(told: Told, incoming: Extract<Incoming, { is: 'start' }>): void {
    const author = identityOf(told, incoming.by)
    const talk = talkOf(told, incoming.chat, incoming.by, false)
    if (!author || !talk) return
    const added = event(told, talk, author, incoming.chat, 'started', incoming.at)
    if (incoming.token)
      plan.tokens.push({
        token: incoming.token,
        identity: author,
        channel: told.channel.id,
        chat: incoming.chat,
        message: added.id,
      })
  }

  function permission(told: Told, incoming: Extract<Incoming, { is: 'permission' }>): void {
    const author = identityOf(told, incoming.by)
    if (!author) return
    const reach = incoming.may ? 'ok' : incoming.scope === 'marketing' ? 'opted_out' : 'blocked'
    plan.reach.push({ identity: author.id, reach })
    const talk = talkOf(told, incoming.by.id, incoming.by, false)
    if (talk) event(told, talk, author, incoming.by.id, incoming.may ? 'allowed' : reach, told.receivedAt)
  }

  function unknown(told: Told, incoming: Extract<Incoming, { is: 'unknown' }>): void {
    const author = incoming.by && identityOf(told, incoming.by)
    if (!incoming.by || !author) return
    const name = unknownName(told, incoming, incoming.by)
    const { chat } = name
    const talk = talkOf(told, chat, incoming.by, false)
    if (!talk || saidRef(name)) return
    const added = add(told, talk, {
      author,
      chat,
      direction: author.ours ? 'out' : 'in',
      content: {
        parts: [{ kind: 'unknown', what: incoming.what, ...(incoming.openUrl ? { openUrl: incoming.openUrl } : {}) }],
      },
      replyTo: null,
      thread: null,
      forwarded: null,
      at: incoming.at ?? told.receivedAt,
      order: null,
      automatic: false,
    })
    addRef(name, added.id, null, 'in', talk.identity.id)
  }

  // ---------------------------------------------------------------- helpers

  /** Where it was said: the contact's one conversation, or the room's. Our own messages name the other side by the chat. */
  function talkOf(told: Told, chat: string, by: Who, group: boolean): Talk | undefined {
    const identity = group || by.self ? known.talker(told.channel, chat) : identityOf(told, by)
    if (!identity) return undefined
    const owner: ContactId | IdentityId = identity.contact ?? identity.id
    const conversation = known.conversationOf(owner)
    return conversation && { conversation, identity }
  }

  /** The message that an edit or a deletion speaks of, if this author may touch it. Changes made to it are part of the plan. */
  function targetMessage(told: Told, target: { chat: string; id: string }, by: Who, moderator: boolean) {
    const ref = saidRef({ channel: told.channel.id, ...target })
    const author = identityOf(told, by)
    if (!ref || !author) return undefined
    const added = newMessages.get(ref.message)
    const authorOf = added ? added.author : known.message(ref.message)?.authorIdentity
    // A message that we sent through this channel has no author identity there: only our own account may change it.
    const may = moderator || (authorOf ? authorOf === author.id : author.ours)
    if (!may) {
      plan.refused.push({ pos: told.pos, what: 'not_the_author' })
      return undefined
    }
    const now = plan.changed.get(ref.message) ?? known.message(ref.message)
    if (added) return changing(added)
    if (now) plan.changed.set(ref.message, now)
    return now
  }

  return { firstMissing, apply }
}

const labelOf = (offered: Content | undefined, value: string): string =>
  offered?.choices?.rows.flat().find((choice) => choice.id === value || choice.value === value)?.label ?? value

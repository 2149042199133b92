/** Who else looks at a conversation, and who types: hints of the feed, which fade by themselves. */
import { useEffect, useSyncExternalStore } from 'react'
import { announcePresence } from '#contract/calls/conversations.ts'
import type { FeedEvent, FeedHint } from '#contract/feed/event.ts'
import type { ConversationId, MemberId } from '#contract/ids.ts'
import { call } from '../../app/call.ts'
import { onEvents, onHints } from '../../app/feed.ts'

export interface Presence {
  readonly member: MemberId
  readonly isTyping: boolean
}

interface Seen extends Presence {
  readonly until: number
  readonly typingUntil: number
}

/** As the contract says: fades after 10 s. */
const FADES_MS = 10_000
const ANNOUNCE_MS = 7_000
const TYPING_MS = 4_000
const CONTACT_TYPES_MS = 6_000

const NOBODY: readonly Presence[] = []
const seen = new Map<ConversationId, Map<MemberId, Seen>>()
const contactTypes = new Map<ConversationId, number>()
/** What is shown now; the same array until it changes, for React asks often. */
const shown = new Map<ConversationId, readonly Presence[]>()
const listeners = new Set<() => void>()
let fading: ReturnType<typeof setInterval> | undefined

export function takeHints(hints: readonly FeedHint[], now = Date.now()): void {
  for (const hint of hints) {
    if (hint.hint === 'contact.typing') contactTypes.set(hint.conversation, now + CONTACT_TYPES_MS)
    else if (hint.hint === 'member.typing') noteHere(hint, now, now + FADES_MS)
    else if (hint.hint === 'member.stopped') noteHere(hint, now, 0)
    else if (hint.hint === 'member.views') {
      // Looking at another one means: no longer at this.
      for (const [conversation, members] of seen) if (conversation !== hint.conversation) members.delete(hint.member)
      noteHere(hint, now)
    }
  }
  changed(now)
}

/** @param typingUntil  else as it is known */
function noteHere(
  { conversation, member }: { conversation: ConversationId | null; member: MemberId },
  now: number,
  typingUntil?: number,
): void {
  if (conversation === null) return
  const members = seen.get(conversation) ?? new Map<MemberId, Seen>()
  seen.set(conversation, members)
  const until = typingUntil ?? members.get(member)?.typingUntil ?? 0
  members.set(member, { member, isTyping: until > now, until: now + FADES_MS, typingUntil: until })
}

/** What was typed is there: it is typed no longer. */
export function takeSaid(events: readonly FeedEvent[], now = Date.now()): void {
  for (const event of events) {
    if (event.kind !== 'message.added') continue
    const { conversation, author } = event.message
    if (author.member && seen.get(conversation)?.has(author.member))
      noteHere({ conversation, member: author.member }, now, 0)
  }
  changed(now)
}

function changed(now: number): void {
  for (const [conversation, members] of seen) {
    for (const each of members.values()) {
      if (each.until <= now) members.delete(each.member)
      else if (each.isTyping && each.typingUntil <= now) members.set(each.member, { ...each, isTyping: false })
    }
    const next = [...members.values()].map(({ member, isTyping }): Presence => ({ member, isTyping }))
    const before = shown.get(conversation) ?? NOBODY
    const isSame =
      next.length === before.length &&
      next.every((each, at) => each.member === before[at]!.member && each.isTyping === before[at]!.isTyping)
    if (!isSame) shown.set(conversation, next.length === 0 ? NOBODY : next)
    if (members.size === 0) seen.delete(conversation)
  }
  for (const [conversation, until] of contactTypes) if (until <= now) contactTypes.delete(conversation)
  if (seen.size === 0 && contactTypes.size === 0) {
    clearInterval(fading)
    fading = undefined
  } else fading ??= setInterval(() => changed(Date.now()), 1_000)
  for (const listener of listeners) listener()
}

onHints((hints) => takeHints(hints))
onEvents(
  (events) => takeSaid(events),
  () => [],
)

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

export const presenceIn = (conversation: ConversationId): readonly Presence[] => shown.get(conversation) ?? NOBODY

/** The other members in this conversation; the caller leaves himself out. */
export const usePresence = (conversation: ConversationId): readonly Presence[] =>
  useSyncExternalStore(subscribe, () => presenceIn(conversation))

export const useContactTypes = (conversation: ConversationId): boolean =>
  useSyncExternalStore(subscribe, () => contactTypes.has(conversation))

/** A lost one costs nothing. */
const announce = (conversation: ConversationId, typing: boolean | 'stopped') =>
  void call(announcePresence, { params: { id: conversation }, body: { typing } }).catch(() => {})

/** Tells the others that this member is here, as long as the page is seen. */
export function useAnnouncePresence(conversation: ConversationId): void {
  useEffect(() => {
    const tell = () => {
      if (document.visibilityState === 'visible') announce(conversation, false)
    }
    tell()
    const timer = setInterval(tell, ANNOUNCE_MS)
    return () => clearInterval(timer)
  }, [conversation])
}

let typing: { in: ConversationId; at: number } | null = null

/** Called at each key in the composer; tells at most every few seconds. */
export function announceTyping(conversation: ConversationId): void {
  if (typing?.in === conversation && Date.now() - typing.at < TYPING_MS) return
  typing = { in: conversation, at: Date.now() }
  announce(conversation, true)
}

/** It ends the typing at the others by itself; the next word is told at once. */
export function announceSent(conversation: ConversationId): void {
  if (typing?.in === conversation) typing = null
}

/** The text was taken away again. */
export function announceStopped(conversation: ConversationId): void {
  if (typing?.in !== conversation) return
  typing = null
  announce(conversation, 'stopped')
}

/**
 * What was written and not answered yet: kept in this browser until the server says 202, so that neither a lost connection nor a
 * reload loses or doubles a word. The client id makes a repeat harmless: the server answers with the first message.
 *
 * write → IndexedDB → ask → answered: gone · offline: waits, asks again · refused: stays, over a reload too, and says why
 */
import { useSyncExternalStore } from 'react'
import { sendMessage } from '#contract/calls/conversations.ts'
import type { ClientId, ConversationId, IdentityId, MemberId, MessageId } from '#contract/ids.ts'
import type { Part } from '#contract/message/content.ts'
import { call, CallFailed, type FailureCode } from '../../../app/call.ts'
import { placesIn } from '../../../app/refused.ts'
import { keepSent } from '../thread/use-thread.ts'
import { openShelf, type Shelf } from './outbox-shelf.ts'

export interface Written {
  readonly clientId: ClientId
  /** Whose it is: another member at this browser never sees it. */
  readonly member: MemberId
  readonly conversation: ConversationId
  readonly parts: Part[]
  readonly subject?: string
  readonly cc?: string[]
  readonly note: boolean
  readonly via?: IdentityId
  readonly replyTo?: MessageId
  /** ISO; a time that was asked for. */
  readonly sendAt?: string
  /** A hold for second thoughts, in seconds, counted from when the server takes it. */
  readonly holdSeconds?: number
  readonly at: string
}

export interface Pending extends Written {
  readonly state: 'saving' | 'waiting' | 'refused'
  readonly code: FailureCode | null
  /** ISO; when the server said no. The reason is of that time. */
  readonly refusedAt: string | null
  /** The addresses of copies that it did not take. */
  readonly refusedCopies?: readonly string[]
}

type Standing = Pick<Pending, 'state' | 'code' | 'refusedAt' | 'refusedCopies'>
const SAVING: Standing = { state: 'saving', code: null, refusedAt: null, refusedCopies: [] }

const AGAIN_MS = 4_000
const WAITS: readonly FailureCode[] = ['offline', 'unavailable', 'busy', 'too_many', 'signed_out']

const NONE: readonly Pending[] = []
let all: readonly Pending[] = NONE
let byConversation = new Map<ConversationId, readonly Pending[]>()
let refused = NONE
let shelf: Promise<Shelf> | null = null
let again: ReturnType<typeof setTimeout> | undefined
/** One at a time, in the order they were written. */
let running: Promise<void> = Promise.resolve()
const listeners = new Set<() => void>()

/** Takes up what an earlier page of this member left. Once per page. */
export async function openOutbox(member: MemberId): Promise<void> {
  if (shelf) return
  shelf = openShelf()
  window.addEventListener('online', ask)
  const left = (await (await shelf).all()).filter((each) => each.member === member)
  // No is no: a refused one goes when its writer says so, and not because a page was opened.
  set([...left.map((each) => (each.state === 'refused' ? each : { ...each, ...SAVING })), ...all])
  ask()
}

export async function postNow(what: Omit<Written, 'clientId' | 'at'>): Promise<void> {
  const written: Pending = { ...what, clientId: newClientId(), at: new Date().toISOString(), ...SAVING }
  set([...all, written])
  // A browser without storage still sends; it only cannot survive a reload.
  await (await (shelf ??= openShelf())).put(written).catch(() => {})
  ask()
}

/** Gives up a refused one. @returns what was written, to go back into the composer */
export function takeBack(clientId: ClientId): Pending | undefined {
  const found = all.find((each) => each.clientId === clientId)
  drop(clientId)
  return found
}

export function tryAgain(clientId: ClientId): void {
  change(clientId, SAVING)
  ask()
}

export const usePending = (conversation: ConversationId): readonly Pending[] =>
  useSyncExternalStore(subscribe, () => byConversation.get(conversation) ?? NONE)

/** Those that only this browser knows: the server said no, and lists them nowhere. */
export const useRefused = (): readonly Pending[] => useSyncExternalStore(subscribe, () => refused)

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

function ask(): void {
  clearTimeout(again)
  running = running.then(sendAll)
}

async function sendAll(): Promise<void> {
  /** A conversation whose first message waits keeps the later ones behind it. */
  const stuck = new Set<ConversationId>()
  for (const each of all) {
    if (each.state === 'refused' || stuck.has(each.conversation)) continue
    if (!(await sendOne(each))) stuck.add(each.conversation)
  }
  if (stuck.size > 0) again = setTimeout(ask, AGAIN_MS)
}

/** @returns false when it has to wait */
async function sendOne(pending: Pending): Promise<boolean> {
  try {
    const message = await call(sendMessage, { params: { id: pending.conversation }, body: bodyOf(pending) })
    keepSent(message)
    drop(pending.clientId)
    return true
  } catch (error) {
    const code = error instanceof CallFailed ? error.code : 'broken'
    const waits = WAITS.includes(code)
    change(
      pending.clientId,
      waits
        ? { state: 'waiting', code, refusedAt: null }
        : { state: 'refused', code, refusedAt: new Date().toISOString(), refusedCopies: refusedOf(pending, error) },
    )
    return !waits
  }
}

/** `body.cc.1` → the second of them. */
function refusedOf({ cc = [] }: Written, error: unknown): string[] {
  const places = placesIn(error instanceof CallFailed ? error : null)
  return places.flatMap(([place]) => cc[Number(/^cc\.(\d+)$/.exec(place)?.[1])] ?? [])
}

export function bodyOf(written: Written) {
  const { parts, subject, cc, note, via, replyTo, sendAt, holdSeconds, clientId } = written
  const held = sendAt ?? (holdSeconds && !note ? new Date(Date.now() + holdSeconds * 1000).toISOString() : undefined)
  return {
    parts,
    clientId,
    ...(subject ? { subject } : {}),
    ...(cc && cc.length > 0 ? { cc } : {}),
    ...(note ? { note } : {}),
    ...(via ? { via } : {}),
    ...(replyTo ? { replyTo } : {}),
    ...(held ? { sendAt: held } : {}),
  }
}

function change(clientId: ClientId, to: Standing): void {
  const found = all.find((each) => each.clientId === clientId)
  if (!found) return
  const changed = { ...found, ...to }
  set(all.map((each) => (each === found ? changed : each)))
  void shelf?.then((opened) => opened.put(changed)).catch(() => {})
}

function drop(clientId: ClientId): void {
  set(all.filter((each) => each.clientId !== clientId))
  void shelf?.then((opened) => opened.remove(clientId)).catch(() => {})
}

function set(next: readonly Pending[]): void {
  all = next
  refused = next.filter((each) => each.state === 'refused')
  byConversation = Map.groupBy(next, (each) => each.conversation)
  for (const listener of listeners) listener()
}

/** A UUID also on plain http beyond loopback, where `crypto.randomUUID` is missing. */
function newClientId(): ClientId {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-') as ClientId
}

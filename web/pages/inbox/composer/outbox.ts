/**
 * What was written and not answered yet: kept in this browser until the server says 202, so that neither a lost connection nor a
 * reload loses or doubles a word. The client id makes a repeat harmless: the server answers with the first message. Several tabs may show
 * one row: what stands in IndexedDB counts, and each tells the others what becomes of it.
 *
 * write → IndexedDB → ask → answered: gone · offline: waits, asks again · refused: stays, over a reload too, and says why
 * the member signs out → asked once more; what waits still, he is asked about, and it waits on for him
 */
import { useSyncExternalStore } from 'react'
import { sendMessage, type MessageView } from '#contract/calls/conversations.ts'
import type { ClientId, ConversationId, IdentityId, MemberId, MessageId } from '#contract/ids.ts'
import type { Part } from '#contract/message/content.ts'
import { call, CallFailed, type FailureCode } from '../../../app/call.ts'
import { placesIn } from '../../../app/refused.ts'
import { onForgotten } from '../../../app/tab-memory.ts'
import { noteOwed } from '../../../app/unsent.ts'
import { wordsIn } from '../../../app/words.ts'
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
  /** When the first of its files was uploaded, see `Attachment`; an earlier version of the window kept none. */
  readonly uploadedAt?: number | null
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
const WAITS: readonly FailureCode[] = ['offline', 'unavailable', 'busy', 'too_many', 'signed_out', 'another_member']

const NONE: readonly Pending[] = []
let all: readonly Pending[] = NONE
let byConversation = new Map<ConversationId, readonly Pending[]>()
let refused = NONE
let shelf: Promise<Shelf | null> | null = null
/** What an earlier page left is taken up. */
let takenUp: Promise<void> = Promise.resolve()
/** Those that the browser would not keep: no other tab knows them. */
const unkept = new Set<ClientId>()
/** What was written on this page, or on an earlier one of this browser. */
const posted = new Set<ClientId>()
/** Those that leave later than they were written: what came meanwhile their writer may not have seen. */
const late = new Set<ClientId>()
/** Between the tabs of this browser: a row that changed, or the id of one that is gone. */
let others: BroadcastChannel | null = null
let again: ReturnType<typeof setTimeout> | undefined
/** One at a time, in the order they were written. */
let running: Promise<void> = Promise.resolve()
const listeners = new Set<() => void>()

/** Takes up what an earlier page of this member left. Once per page and member. */
export function openOutbox(member: MemberId): Promise<void> {
  if (!shelf) takenUp = takeUp(member)
  return takenUp
}

async function takeUp(member: MemberId): Promise<void> {
  shelf = openShelf()
  others = new BroadcastChannel('parley.outbox')
  others.addEventListener('message', ({ data }: MessageEvent<Pending | ClientId>) => {
    if (typeof data === 'string') set(all.filter((each) => each.clientId !== data))
    else set(all.map((each) => (each.clientId === data.clientId ? data : each)))
  })
  window.addEventListener('online', ask)
  const left = ((await (await shelf)?.all()) ?? []).filter((each) => each.member === member)
  for (const { clientId } of left) {
    posted.add(clientId)
    late.add(clientId)
  }
  // No is no: a refused one goes when its writer says so, and not because a page was opened.
  set([...left.map((each) => (each.state === 'refused' ? each : { ...each, ...SAVING })), ...all])
  ask()
}

export async function postNow(what: Omit<Written, 'clientId' | 'at'>): Promise<void> {
  const written: Pending = { ...what, clientId: newClientId(), at: new Date().toISOString(), ...SAVING }
  posted.add(written.clientId)
  unkept.add(written.clientId)
  set([...all, written])
  const opened = await (shelf ??= openShelf())
  // A browser without storage still sends; it only cannot survive a reload.
  await opened?.put(written).then(
    () => unkept.delete(written.clientId),
    () => {},
  )
  ask()
}

/** Gives up a refused one. @returns what was written, to go back into the composer; null where another tab did so, or sends it again */
export async function takeBack(clientId: ClientId): Promise<Pending | null> {
  const found = all.find((each) => each.clientId === clientId)
  const isOurs = await onShelf(clientId, (opened) => opened.remove(clientId, ['refused']))
  if (!found || !isOurs) {
    await lookAgain(clientId)
    return null
  }
  leave(clientId)
  return found
}

export async function tryAgain(clientId: ClientId): Promise<void> {
  if (!(await change(clientId, SAVING, ['refused']))) await lookAgain(clientId)
  ask()
}

/** Its conversation was joined to another: it stands there from now on, and goes there. */
export async function moveUnsent(from: ConversationId, into: ConversationId): Promise<void> {
  await takenUp
  for (const { clientId, state } of byConversation.get(from) ?? [])
    if (!(await change(clientId, { conversation: into }, state === 'refused' ? [state] : undefined)))
      await lookAgain(clientId)
}

/** What the shelf says, where it stands at one that keeps it. */
async function onShelf(clientId: ClientId, asked: (opened: Shelf) => Promise<boolean>): Promise<boolean> {
  const opened = await shelf
  if (!opened || unkept.has(clientId)) return true
  // A shelf that fails says nothing against it.
  return asked(opened).catch(() => true)
}

/** Another tab did something with it that was not heard here. */
async function lookAgain(clientId: ClientId): Promise<void> {
  const found = await (await shelf)?.get(clientId).catch(() => undefined)
  if (found !== undefined) set(all.flatMap((each) => (each.clientId === clientId ? (found ?? []) : each)))
}

export const usePending = (conversation: ConversationId): readonly Pending[] =>
  useSyncExternalStore(subscribe, () => byConversation.get(conversation) ?? NONE)

export const refusedNow = (): readonly Pending[] => refused

/** Those that only this browser knows: the server said no, and lists them nowhere. */
export const useRefused = (): readonly Pending[] => useSyncExternalStore(subscribe, refusedNow)

/** Written in this tab, before a reload too, and not in another tab or on another device of the same member. */
export const isFromHere = ({ clientId }: Pick<MessageView, 'clientId'>): boolean =>
  clientId !== null && posted.has(clientId)

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
    // Forgotten meanwhile: it waits on the shelf for its member.
    if (!all.some(({ clientId }) => clientId === each.clientId)) continue
    if (each.state === 'refused' || stuck.has(each.conversation)) continue
    if (!(await sendOne(each))) stuck.add(each.conversation)
  }
  if (stuck.size > 0) again = setTimeout(ask, AGAIN_MS)
}

/** @returns false when it has to wait */
async function sendOne(pending: Pending): Promise<boolean> {
  // Another tab may have sent it, heard no, or given it up.
  const isOpen = await onShelf(pending.clientId, async (opened) => {
    const row = await opened.get(pending.clientId)
    return row !== null && row.state !== 'refused'
  })
  if (!isOpen) {
    await lookAgain(pending.clientId)
    return true
  }
  try {
    const read = late.has(pending.clientId) ? { marksRead: false } : {}
    const body = { ...bodyOf(pending), ...read }
    const message = await call(sendMessage, { params: { id: pending.conversation }, body })
    keepSent(message)
    await drop(pending.clientId)
    return true
  } catch (error) {
    const code = error instanceof CallFailed ? error.code : 'broken'
    const waits = WAITS.includes(code)
    late.add(pending.clientId)
    await change(
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

/** @returns false where it is gone, or not in one of these states any more */
async function change(
  clientId: ClientId,
  to: Standing | Pick<Written, 'conversation'>,
  from?: readonly Pending['state'][],
): Promise<boolean> {
  const found = all.find((each) => each.clientId === clientId)
  if (!found) return false
  const changed = { ...found, ...to }
  if (!(await onShelf(clientId, (opened) => opened.replace(changed, from)))) {
    if (!from) leave(clientId)
    return false
  }
  set(all.map((each) => (each.clientId === clientId ? changed : each)))
  others?.postMessage(changed)
  return true
}

async function drop(clientId: ClientId): Promise<void> {
  await onShelf(clientId, (opened) => opened.remove(clientId))
  leave(clientId)
}

function leave(clientId: ClientId): void {
  unkept.delete(clientId)
  set(all.filter((each) => each.clientId !== clientId))
  others?.postMessage(clientId)
}

function set(next: readonly Pending[]): void {
  all = next
  refused = next.filter((each) => each.state === 'refused')
  byConversation = Map.groupBy(next, (each) => each.conversation)
  for (const listener of listeners) listener()
}

// What was refused goes by its writer's word only, and he was told.
noteOwed('outbox', {
  send: () => {
    ask()
    return running
  },
  left: () => {
    const unsent = all.filter(({ state }) => state !== 'refused')
    if (unsent.length === 0) return null
    const t = wordsIn('inbox')
    const isLost = unsent.some(({ clientId }) => unkept.has(clientId))
    return t(isLost ? 'leave.outboxLost' : 'leave.outbox', { count: unsent.length })
  },
})

onForgotten(() => {
  clearTimeout(again)
  others?.close()
  shelf = others = null
  set(NONE)
})

/** A UUID also on plain http beyond loopback, where `crypto.randomUUID` is missing. */
function newClientId(): ClientId {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-') as ClientId
}

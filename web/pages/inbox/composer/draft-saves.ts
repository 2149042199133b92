/**
 * Drafts on their way to the server: of one conversation one at a time, each the newest there is. Of two on the way the older might
 * arrive last, and bring back what was sent already. Until it is saved a draft is kept in this tab too.
 *
 * written → a rest → saved → written on meanwhile: saved again · lost: again later · refused: told, and again with the next word
 * the page goes → whatever has no answer yet, by what outlives a page; what was left all the same is saved by the next page
 * the member signs out → all of it at once, and the answers are waited for
 */
import { useSyncExternalStore } from 'react'
import { saveDraft } from '#contract/calls/conversations.ts'
import type { ConversationId } from '#contract/ids.ts'
import { call, CallFailed, type FailureCode } from '../../../app/call.ts'
import { onForgotten, remember, remembered } from '../../../app/tab-memory.ts'
import { tellFailure } from '../../../app/tell.ts'
import { noteOwed, noteUnsent } from '../../../app/unsent.ts'
import { wordsIn } from '../../../app/words.ts'
import { isSame, joinedDrafts } from './joined-drafts.ts'
import { keepDraft } from './kept-draft.ts'
import { knownOf, noteSaved, noteTried } from './known-drafts.ts'

export interface Draft {
  readonly text: string
  readonly note: boolean
}

interface Kept {
  /** Not answered yet. */
  readonly newest: Draft
  /** Written before the server's own was known, which it must not replace: it waits until both are one. */
  readonly isAhead: boolean
  /** What was shown when it was begun ahead: the server's own as it was known once. None: nothing was. */
  readonly base?: Draft | undefined
  /** Of one that is taken away: what it may be by now. */
  readonly was?: readonly string[] | undefined
}

interface Saving extends Kept {
  newest: Draft
  isAhead: boolean
  base?: Draft | undefined
  was?: readonly string[] | undefined
  /** Until it is saved, or saved again. */
  timer?: ReturnType<typeof setTimeout> | undefined
  going: AbortController | null
  /** Until nothing of it is on its way any more. */
  run: Promise<void>
  /** Wanted while another one was on its way. */
  isDue: boolean
  /** Why the last save of it came to nothing. */
  trouble: 'lost' | 'refused' | null
}

const NAME = 'drafts'
const REST_MS = 700
const AGAIN_MS = 4_000
const PASSING: readonly FailureCode[] = ['offline', 'unavailable', 'busy', 'too_many']
const listeners = new Set<() => void>()

const RESTING = { going: null, run: Promise.resolve(), isDue: false, trouble: null }

const savings = new Map<ConversationId, Saving>(
  Object.entries(remembered<Record<string, Kept>>(NAME) ?? {}).map(([conversation, kept]) => [
    conversation as ConversationId,
    { ...kept, ...RESTING },
  ]),
)

/** What the server does not have yet; null where it has all. */
export const owedDraft = (conversation: ConversationId): Draft | null => savings.get(conversation)?.newest ?? null

export const useOwedDraft = (conversation: ConversationId): Draft | null =>
  useSyncExternalStore(subscribe, () => owedDraft(conversation))

export const isAhead = (conversation: ConversationId): boolean => savings.get(conversation)?.isAhead ?? false

/** Written without having seen anything of the server's own. */
export const isBlind = (conversation: ConversationId): boolean =>
  isAhead(conversation) && savings.get(conversation)?.base === undefined

/** What an earlier page of this tab could not save. */
export function saveOwed(): void {
  for (const conversation of savings.keys()) void go(conversation)
}

export function saveAfterRest(conversation: ConversationId, draft: Draft): void {
  note(conversation, draft, false)
  goIn(REST_MS, conversation)
}

/** @param draft  none: what was written last, if it is not saved yet */
export function saveNow(conversation: ConversationId, draft?: Draft): void {
  if (draft) note(conversation, draft, false)
  void go(conversation)
}

/** @param base  what is shown of the server's own; counts for the first word */
export const keepAhead = (conversation: ConversationId, draft: Draft, base?: Draft): void =>
  note(conversation, draft, true, isAhead(conversation) ? savings.get(conversation)?.base : base)

/** The server's own is known by now: the two are one, and saved as one. @returns what is written here; null where nothing waited for it */
export function joinOwed(conversation: ConversationId, kept: Draft): Draft | null {
  const saving = savings.get(conversation)
  if (!saving?.isAhead) return null
  const both = joinedDrafts(kept, saving.newest, saving.base)
  dropOwed(conversation)
  keepDraft(conversation, both)
  if (!isSame(both, kept)) saveAfterRest(conversation, both)
  return both
}

/** Nothing of it is to be saved. */
export function dropOwed(conversation: ConversationId): void {
  clearTimeout(savings.get(conversation)?.timer)
  savings.delete(conversation)
  keep()
}

function note(conversation: ConversationId, newest: Draft, ahead: boolean, base?: Draft): void {
  const saving = savings.get(conversation)
  const kept = { newest, isAhead: ahead, base, was: newest.text === '' ? knownOf(conversation) : undefined }
  if (saving) Object.assign(saving, kept)
  else savings.set(conversation, { ...kept, ...RESTING })
  // A listener that is there already is not added again.
  window.addEventListener('pagehide', leave)
  keep()
}

function keep(): void {
  const kept = [...savings].map(
    ([id, { newest, isAhead: ahead, base, was }]) => [id, { newest, isAhead: ahead, base, was }] as const,
  )
  remember(NAME, Object.fromEntries<Kept>(kept))
  // What rests is saved while the page goes. What failed before would fail again.
  const isAsked = [...savings.values()].some(
    (each) => each.newest.text !== '' && (each.isAhead || each.trouble !== null),
  )
  noteUnsent(NAME, isAsked ? loss : null)
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

function loss(): string {
  const t = wordsIn('inbox')
  return t('leave.drafts')
}

function goIn(ms: number, conversation: ConversationId): void {
  const saving = savings.get(conversation)!
  clearTimeout(saving.timer)
  saving.timer = setTimeout(() => void go(conversation), ms)
}

/** @returns when nothing of it is on its way any more: it is saved, or cannot be now */
async function go(conversation: ConversationId, isLeaving = false): Promise<void> {
  const saving = savings.get(conversation)
  if (!saving || saving.isAhead) return
  clearTimeout(saving.timer)
  saving.timer = undefined
  if (saving.going && !isLeaving) saving.isDue = true
  else saving.run = send(conversation, saving, isLeaving)
  return saving.run
}

async function send(conversation: ConversationId, saving: Saving, isLeaving: boolean): Promise<void> {
  // It dies with the page, and nobody would be there to send what comes behind it.
  saving.going?.abort()
  const { newest, was } = saving
  if (newest.text !== '') noteTried(conversation, newest.text)
  const going = new AbortController()
  Object.assign(saving, { going, isDue: false })
  const options = { signal: going.signal, keepalive: isLeaving }
  const error = await call(
    saveDraft,
    { params: { id: conversation }, body: was ? { ...newest, was: [...was] } : newest },
    options,
  ).then(
    () => null,
    (failure: unknown) => failure,
  )
  // Forgotten meanwhile, or sent once more by the page that goes.
  if (savings.get(conversation) !== saving || saving.going !== going) return
  saving.going = null
  if (error === null) noteSaved(conversation, newest.text)
  const code = error === null ? null : error instanceof CallFailed ? error.code : 'broken'
  const isLost = code !== null && PASSING.includes(code)
  if (code !== null && !isLost && saving.trouble !== 'refused' && newest.text !== '') tellFailure(error)
  saving.trouble = code === null ? null : isLost ? 'lost' : 'refused'
  const isNewer = saving.isDue || saving.timer !== undefined || saving.isAhead
  // What was read while it was owed is older, and nobody reads it anew.
  if (!isNewer && code === null) keepDraft(conversation, newest)
  // Of a conversation that is gone nothing can be saved ever; and that nothing is written, nobody misses.
  if (!isNewer && (code === null || code === 'not_found' || (!isLost && newest.text === '')))
    savings.delete(conversation)
  keep()
  if (saving.isDue) return go(conversation)
  if (!isNewer && isLost) goIn(AGAIN_MS, conversation)
}

function leave(): void {
  for (const conversation of savings.keys()) void go(conversation, true)
}

noteOwed(NAME, {
  send: () =>
    Promise.all(
      // What is on its way already, with nothing newer behind it, is not sent twice.
      [...savings].map(([id, { going, timer, run }]) => (going && timer === undefined ? run : go(id))),
    ),
  left: () => ([...savings.values()].some(({ newest }) => newest.text !== '') ? loss() : null),
})

onForgotten(() => {
  for (const { timer, going } of savings.values()) {
    clearTimeout(timer)
    going?.abort()
  }
  savings.clear()
  keep()
})

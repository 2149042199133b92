/**
 * Drafts on their way to the server: of one conversation one at a time, each the newest there is. Of two on the way the older might
 * arrive last, and bring back what was sent already.
 *
 * written → a rest → saved → written on meanwhile: saved again · lost: again later
 * the page goes → whatever has no answer yet, by what outlives a page
 */
import { saveDraft } from '#contract/calls/conversations.ts'
import type { ConversationId } from '#contract/ids.ts'
import { call, CallFailed, type FailureCode } from '../../../app/call.ts'

export interface Draft {
  readonly text: string
  readonly note: boolean
}

interface Saving {
  /** Not answered yet. */
  newest: Draft
  /** Until it is saved, or saved again. */
  timer?: ReturnType<typeof setTimeout> | undefined
  going: AbortController | null
  /** Wanted while another one was on its way. */
  isDue: boolean
}

const REST_MS = 700
const AGAIN_MS = 4_000
const PASSING: readonly FailureCode[] = ['offline', 'unavailable', 'busy', 'too_many']

const savings = new Map<ConversationId, Saving>()

export function saveAfterRest(conversation: ConversationId, draft: Draft): void {
  note(conversation, draft)
  goIn(REST_MS, conversation)
}

/** @param draft  none: what was written last, if it is not saved yet */
export function saveNow(conversation: ConversationId, draft?: Draft): void {
  if (draft) note(conversation, draft)
  void go(conversation)
}

function note(conversation: ConversationId, draft: Draft): void {
  const saving = savings.get(conversation)
  if (saving) saving.newest = draft
  else savings.set(conversation, { newest: draft, going: null, isDue: false })
  // A listener that is there already is not added again.
  window.addEventListener('pagehide', leave)
}

function goIn(ms: number, conversation: ConversationId): void {
  const saving = savings.get(conversation)!
  clearTimeout(saving.timer)
  saving.timer = setTimeout(() => void go(conversation), ms)
}

async function go(conversation: ConversationId, isLeaving = false): Promise<void> {
  const saving = savings.get(conversation)
  if (!saving) return
  clearTimeout(saving.timer)
  saving.timer = undefined
  if (saving.going && !isLeaving) {
    saving.isDue = true
    return
  }
  // It dies with the page, and nobody would be there to send what comes behind it.
  saving.going?.abort()
  const { newest } = saving
  const going = new AbortController()
  Object.assign(saving, { going, isDue: false })
  const options = { signal: going.signal, keepalive: isLeaving }
  const isLost = await call(saveDraft, { params: { id: conversation }, body: newest }, options).then(
    () => false,
    (error: unknown) => error instanceof CallFailed && PASSING.includes(error.code),
  )
  if (saving.going !== going) return
  saving.going = null
  if (saving.isDue) return go(conversation)
  if (saving.timer !== undefined) return
  if (isLost) goIn(AGAIN_MS, conversation)
  else savings.delete(conversation)
}

function leave(): void {
  for (const conversation of savings.keys()) void go(conversation, true)
}

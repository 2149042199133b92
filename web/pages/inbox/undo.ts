/**
 * The member's own acts, newest last: what is done can be undone, by the button at the edge of the screen or by Z. An undo that came to
 * nothing is offered again, in its old place: the next Z is that same one, and not the act before it.
 */
import { undoActs } from '#contract/calls/contacts.ts'
import type { ActId } from '#contract/ids.ts'
import { MOST_AT_ONCE } from '#contract/limits.ts'
import { call, CallFailed, type FailureCode } from '../../app/call.ts'
import { tell, tellFailure, untell } from '../../app/tell.ts'
import { wordsIn } from '../../app/words.ts'
import { portionsOf } from './portions.ts'

/** One press undoes all acts of a bulk. */
interface Done {
  /** The how manieth of this page: its place among the others. */
  readonly number: number
  readonly acts: readonly ActId[]
  readonly words: string
  /** Of the words that offer its undo. */
  readonly id: string
}

const MOST = 50
/** Nothing of it can be undone any more, however often it is asked. */
const OVER: readonly FailureCode[] = ['cannot_undo', 'not_found']
const done: Done[] = []
let count = 0

/** Says what was done, with its undo. */
export function tellDone(words: string, acts: readonly ActId[]): void {
  offer({ number: ++count, acts, words, id: `inbox.done.${acts[0]}` })
}

function offer(one: Done): void {
  done.splice(done.findLastIndex(({ number }) => number < one.number) + 1, 0, one)
  if (done.length > MOST) done.shift()
  tell({ words: one.words, undo: () => void undo(one), id: one.id })
}

export function undoLast(): void {
  const t = wordsIn('inbox')
  const last = done.at(-1)
  if (last) void undo(last)
  else tell({ words: t('undo.nothing'), id: 'inbox.undo' })
}

/** Undone by another way, as in the contact's history. */
export function undoneElsewhere(act: ActId): void {
  const alone = done.find(({ acts }) => acts.length === 1 && acts[0] === act)
  if (alone) withdraw(alone)
}

/** Each is offered until it is used. @returns false when it was */
function withdraw(which: Done): boolean {
  const index = done.indexOf(which)
  if (index < 0) return false
  done.splice(index, 1)
  untell(which.id)
  return true
}

async function undo(which: Done): Promise<void> {
  if (!withdraw(which)) return
  // From the newest on: what is left is the beginning.
  let left = which.acts
  try {
    for (const acts of portionsOf(which.acts.toReversed(), MOST_AT_ONCE)) {
      await call(undoActs, { body: { acts } })
      left = left.slice(0, -acts.length)
    }
    tell({ words: wordsIn('inbox')('undo.done'), id: 'inbox.undo' })
  } catch (error) {
    if (isOver(error)) left = left.slice(0, -MOST_AT_ONCE)
    if (left.length > 0) offer({ ...which, acts: left })
    tellFailure(error)
  }
}

const isOver = (error: unknown): boolean => error instanceof CallFailed && OVER.includes(error.code)

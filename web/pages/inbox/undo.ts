/** The member's own acts, newest last: what is done can be undone, by the button at the edge of the screen or by Z. */
import { undoActs } from '#contract/calls/contacts.ts'
import type { ActId } from '#contract/ids.ts'
import { MOST_AT_ONCE } from '#contract/limits.ts'
import { call } from '../../app/call.ts'
import { tell, tellFailure, untell } from '../../app/tell.ts'
import { wordsIn } from '../../app/words.ts'
import { portionsOf } from './portions.ts'

/** One press undoes all acts of a bulk. */
interface Done {
  readonly acts: readonly ActId[]
  /** Of the words that offer its undo. */
  readonly id: string
}

const MOST = 50
const done: Done[] = []

/** Says what was done, with its undo. */
export function tellDone(words: string, acts: readonly ActId[]): void {
  const mine: Done = { acts, id: `inbox.done.${acts[0]}` }
  done.push(mine)
  if (done.length > MOST) done.shift()
  tell({ words, undo: () => void undo(mine), id: mine.id })
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
  try {
    for (const acts of portionsOf(which.acts.toReversed(), MOST_AT_ONCE)) await call(undoActs, { body: { acts } })
    tell({ words: wordsIn('inbox')('undo.done'), id: 'inbox.undo' })
  } catch (error) {
    tellFailure(error)
  }
}

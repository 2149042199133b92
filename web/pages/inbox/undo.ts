/**
 * The member's own acts, newest last: what is done can be undone, by the button at the edge of the screen or by Z. An undo that came to
 * nothing is offered again, in its old place: the next Z is that same one, and not the act before it. It is the same to the server too,
 * by its key: where only the answer was lost, that answer comes again.
 */
import { undoActs } from '#contract/calls/contacts.ts'
import type { ActId } from '#contract/ids.ts'
import { MOST_AT_ONCE } from '#contract/limits.ts'
import { call, CallFailed, newKey, type FailureCode } from '../../app/call.ts'
import { tell, tellFailure, untell } from '../../app/tell.ts'
import { wordsIn } from '../../app/words.ts'
import { portionsOf } from './portions.ts'

interface Portion {
  readonly acts: ActId[]
  /** Of the call that undoes them, however often it is repeated. */
  readonly key: string
}

/** One press undoes all acts of a bulk. */
interface Done {
  /** The how manieth of this page: its place among the others. */
  readonly number: number
  /** From the newest on. */
  readonly portions: readonly Portion[]
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
  const portions = portionsOf(acts.toReversed(), MOST_AT_ONCE).map((some) => ({ acts: some, key: newKey() }))
  offer({ number: ++count, portions, words, id: `inbox.done.${acts[0]}` })
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
  const alone = done.find(({ portions }) => portions.flatMap(({ acts }) => acts).join() === act)
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
  let left = which.portions
  try {
    for (const { acts, key } of which.portions) {
      await call(undoActs, { body: { acts } }, { key })
      left = left.slice(1)
    }
    tell({ words: wordsIn('inbox')('undo.done'), id: 'inbox.undo' })
  } catch (error) {
    const [failed, ...others] = left
    const code = error instanceof CallFailed ? error.code : 'broken'
    if (OVER.includes(code)) left = others
    // This answer the server keeps under the key, and would give again.
    else if (code === 'broken') left = [{ ...failed!, key: newKey() }, ...others]
    if (left.length > 0) offer({ ...which, portions: left })
    tellFailure(error)
  }
}

/** What would go with this page: while there is any, it is asked before the page is left, and before the session is ended. */
import { wordsIn } from './words.ts'

const losses = new Map<string, () => string>()

/** @param loss  in words, what would be lost; null: there is none of it any more */
export function noteUnsent(what: string, loss: (() => string) | null): void {
  if (loss) losses.set(what, loss)
  else if (!losses.delete(what)) return
  // A listener that is there already is not added again.
  if (losses.size > 0) window.addEventListener('beforeunload', ask)
  else window.removeEventListener('beforeunload', ask)
}

/** What a page that goes still sends, or leaves to the next one: once the session is over nobody sends it. */
export interface Owed {
  /** Settles when nothing of it is on its way any more. */
  readonly send: () => Promise<unknown>
  /** In words, what is owed then; null where nothing is. */
  readonly left: () => string | null
}

const owed = new Map<string, Owed>()

export const noteOwed = (what: string, one: Owed): void => void owed.set(what, one)

const PATIENCE_MS = 5_000

/** For whoever leaves without leaving the page: what is owed is sent, what is left is asked about in one. null: nothing would be lost. */
export async function questionOfLeaving(): Promise<string | null> {
  const sent = Promise.allSettled([...owed.values()].map(({ send }) => send()))
  await Promise.race([sent, new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))])
  // By name: what could not be saved is owed too, and told once.
  const words = new Map<string, string | null>([...losses].map(([what, loss]) => [what, loss()]))
  for (const [what, { left }] of owed) words.set(what, left())
  const told = [...words.values()].filter((each) => each !== null)
  const t = wordsIn('app')
  return told.length === 0 ? null : [...told, t('own.leaveAllTheSame')].join('\n')
}

function ask(event: Event): void {
  event.preventDefault()
}

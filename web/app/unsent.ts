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

/** All of it in one, for whoever leaves without leaving the page; null where nothing would be lost. */
export function questionOfLeaving(): string | null {
  if (losses.size === 0) return null
  const t = wordsIn('app')
  return [...[...losses.values()].map((loss) => loss()), t('own.leaveAllTheSame')].join('\n')
}

function ask(event: Event): void {
  event.preventDefault()
}

/** What would go with this page: while there is any, it is asked before the page is left, and before the session is ended. */
const questions = new Map<string, () => string>()

/** @param question  null: there is none of it any more */
export function noteUnsent(what: string, question: (() => string) | null): void {
  if (question) questions.set(what, question)
  else if (!questions.delete(what)) return
  // A listener that is there already is not added again.
  if (questions.size > 0) window.addEventListener('beforeunload', ask)
  else window.removeEventListener('beforeunload', ask)
}

/** In words, for whoever leaves without leaving the page; null where nothing would be lost. */
export const questionOfLeaving = (): string | null => {
  const [question] = questions.values()
  return question ? question() : null
}

function ask(event: Event): void {
  event.preventDefault()
}

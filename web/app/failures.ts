import { CallFailed } from './call.ts'
import { wordsIn } from './words.ts'

export interface FailureWords {
  readonly title: string
  /** What to do now. */
  readonly next: string
}

/** A failed call, or a bug, in the member's words: what happened and the next step. */
export function wordsOfFailure(error: unknown): FailureWords {
  const t = wordsIn('app')
  if (!(error instanceof CallFailed)) return { title: t('failure.bug.title'), next: t('failure.bug.next') }
  if (error.code === 'unavailable' && error.isAct)
    return { title: t('failure.unavailable.notDone'), next: t('failure.unavailable.tryAgain') }
  const values = { ...error.problem?.values, request: error.problem?.request ?? '' }
  // A server newer than this window knows codes that have no words here yet.
  return {
    title: t(`failure.${error.code}.title`, { ...values, defaultValue: t('failure.strange.title') }),
    next: t(`failure.${error.code}.next`, { ...values, defaultValue: t('failure.strange.next') }),
  }
}

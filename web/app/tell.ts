/** Short words at the edge of the screen: what was done, with an undo where there is one, or what went wrong and what to do. */
import { CallFailed, type FailureCode } from './call.ts'

export interface Told {
  /** Ready words, in the member's language. */
  readonly words: string
  readonly undo?: () => void
  /** One place: a later word with the same id replaces the earlier. */
  readonly id?: string
}

export function tell(told: Told): void {
  void import('./notices.tsx').then(({ showTold }) => showTold(told))
}

/** Takes words back that hold no more, if they still stand there. */
export function untell(id: string): void {
  void import('./notices.tsx').then(({ hideTold }) => hideTold(id))
}

/** By whom this is used is told by the session, not here. */
const OF_SESSION: readonly FailureCode[] = ['signed_out', 'another_member']

/** Says what failed in words. */
export function tellFailure(error: unknown): void {
  if (error instanceof CallFailed && OF_SESSION.includes(error.code)) return
  void import('./notices.tsx').then(({ showFailure }) => showFailure(error))
}

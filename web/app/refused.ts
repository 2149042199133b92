import type { CallFailed } from './call.ts'
import { wordsOfFailure } from './failures.ts'
import { wordsIn } from './words.ts'

/** Places of the call's body that the server refused, each with its reason: `settings.token` → … */
export const placesIn = (error: CallFailed | null): readonly (readonly [place: string, reason: string])[] =>
  (error?.problem?.fields ?? []).map(({ path, reason }) => [path.replace(/^body\./, ''), reason])

/**
 * The same in the member's words, to stand beside the fields: `form.setErrors(refusedIn(error))`, or `error={refusedIn(act.error).name}`.
 * A reason is for developers; a refusal with a code of its own says why.
 */
export function refusedIn(error: CallFailed | null): Readonly<Record<string, string>> {
  const t = wordsIn('app')
  const words = error?.code === 'invalid' ? t('refusedHere') : wordsOfFailure(error).title
  return Object.fromEntries(placesIn(error).map(([place]) => [place, words]))
}

import type { SendErrorCode, SendErrorDetails } from '#contract/message/send-errors.ts'
import { SendError } from './send-error.ts'

/**
 * A platform's refusals as a table, most special first; the first row that fits wins.
 * `[status or code ('*' = any), pattern of the words or null, our code, what else the answer tells?]`
 */
export type Refusals<Answer> = readonly Refusal<Answer>[]
export type Refusal<Answer> = readonly [
  code: number | string | readonly (number | string)[],
  words: RegExp | null,
  ours: SendErrorCode,
  details?: (answer: Answer) => SendErrorDetails,
]

/** @returns the error to throw; `refused` with the platform's own words where no row fits. */
export function refusalOf<Answer>(
  table: Refusals<Answer>,
  told: { code: number | string; words: string },
  answer: Answer,
): SendError {
  for (const [code, words, ours, details] of table) {
    const fits = code === '*' || (Array.isArray(code) ? code.includes(told.code) : code === told.code)
    if (fits && (words === null || words.test(told.words)))
      return new SendError(ours, { words: told.words, ...details?.(answer) })
  }
  return new SendError('refused', { words: told.words })
}

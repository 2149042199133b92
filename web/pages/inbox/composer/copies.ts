/** Who gets a copy, as it is typed: addresses with commas, semicolons or blanks between them. Pure. */
import { looksLikeEmail } from '../../../app/looks-like-email.ts'

export const copiesIn = (typed: string): string[] => typed.split(/[\s,;]+/).filter(Boolean)

/** Those that cannot be addresses, and those that the server refused already. */
export const badCopies = (typed: string, refused: readonly string[]): string[] =>
  copiesIn(typed).filter((each) => !looksLikeEmail(each) || refused.includes(each))

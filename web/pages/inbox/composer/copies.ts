/**
 * Who gets a copy, as it is typed or taken over from elsewhere: addresses, alone or as `Ann Lee <ann@people.example>`, with commas,
 * semicolons or line breaks between them; those that stand alone, with blanks too. Pure.
 */
import { looksLikeEmail } from '../../../app/looks-like-email.ts'

/** A name in quotes may hold what otherwise ends one; a bracket ends it, with or without a comma behind. */
const ONE = /(?:"[^"]*"?|[^",;\n<])*(?:<[^<>,;\n]*>?)?/g
const NAMED = /^(.*)<([^<>]+)>$/s

/** The addresses; of what is none, the words as they were typed. */
export const copiesIn = (typed: string): string[] =>
  [...typed.matchAll(ONE)].flatMap(([one]) => addressesIn(one.trim())).filter(Boolean)

/** Those that cannot be addresses, and those that the server refused already. */
export const badCopies = (typed: string, refused: readonly string[]): string[] =>
  copiesIn(typed).filter((each) => !isAddress(each) || refused.includes(each))

function addressesIn(one: string): string[] {
  const [, name = '', named = ''] = NAMED.exec(one) ?? []
  const address = named.trim()
  // Another address in front of the name is somebody who would get none: a comma was forgotten.
  const isForgotten = name.split(/\s+/).some((word) => isAddress(word) && word !== address)
  if (isAddress(address) && !isForgotten) return [address]
  const words = one.split(/\s+/)
  return words.every(isAddress) ? words : [one]
}

const isAddress = (text: string): boolean => looksLikeEmail(text) && !/["<>]/.test(text)

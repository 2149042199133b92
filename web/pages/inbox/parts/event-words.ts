import { wordsOf, type Content, type PartOf } from '#contract/message/content.ts'
import { wordsIn } from '../../../app/words.ts'

export const EVENT_WORDS = [
  'joined',
  'left',
  'renamed',
  'pinned',
  'photo_changed',
  'photo_removed',
  'created',
  'banned',
  'unbanned',
  'promoted',
  'demoted',
  'restricted',
  'asked_to_join',
  'started',
  'blocked',
  'opted_out',
  'allowed',
] as const

/** What happened in the chat, to follow the name of who did it; a kind of event that we have no words for is named as it came. */
export function eventWords({ what, who }: Pick<PartOf<'event'>, 'what' | 'who'>): string {
  const t = wordsIn('inbox')
  const known = EVENT_WORDS.find((each) => each === what)
  const names = who.join(', ')
  return known
    ? t(`event.${known}`, { who: names }).trim()
    : [what.replaceAll('_', ' '), names].filter(Boolean).join(': ')
}

/** A message in one line: its words, what happened, or what it is. */
export function shortWords(content: Content): string {
  const t = wordsIn('inbox')
  const first = content.parts[0]!
  return wordsOf(content) || (first.kind === 'event' ? eventWords(first) : t(`part.${first.kind}`))
}

/** A delivery in words: why it failed, what was changed on its way, why this road. */
import type { DeliveryView } from '#contract/calls/conversations.ts'
import type { SendErrorCode } from '#contract/message/send-errors.ts'
import { wordsIn } from '../../../app/words.ts'
import { dayAndClock } from '../times.ts'

export interface ReasonWords {
  /** What happened. */
  title: string
  /** Who can mend it, and how. */
  next: string
  /** The platform's own words, when it gave some. */
  theirs: string | null
}

/** The platform said nothing at all: the words are the wire's. */
const UNANSWERED: readonly SendErrorCode[] = ['wire', 'unconfirmed', 'proxy_down', 'bug']

/** Why it failed. `reason` null: the platform gave none. */
export function reasonWords(reason: SendErrorCode | null, hint: DeliveryView['hint']): ReasonWords {
  const t = wordsIn('thread')
  const code = reason ?? 'refused'
  return {
    title: t(`reason.${code}.title`),
    next: t(`reason.${code}.next`),
    theirs: typeof hint?.words === 'string' && hint.words !== '' && !UNANSWERED.includes(code) ? hint.words : null,
  }
}

/** Rules of degradation that have words. A test holds this list against the kit's own. */
export const APPLIED_RULES = [
  'text_split',
  'caption_apart',
  'caption_joined',
  'album_apart',
  'text_as_link',
  'media_as_link',
  'media_as_file',
  'voice_as_audio',
  'sticker_as_image',
  'location_as_link',
  'contact_as_text',
  'order_as_text',
  'poll_as_numbers',
  'reply_as_thread',
  'marks_written',
  'reply_as_quote',
  'subject_as_line',
  'persona_as_prefix',
  'choices_as_numbers',
  'links_as_lines',
  'edit_as_correction',
  'edit_pieces',
  'delete_by_edit',
  'reaction_here_only',
  'reaction_nearest',
] as const

/** What was changed on the way. A rule without words of its own is still told. */
export function appliedWords(applied: DeliveryView['applied'][number]): string {
  const t = wordsIn('thread')
  const known = APPLIED_RULES.find((rule) => rule === applied.rule)
  const values = { before: applied.before ?? '', after: applied.after ?? '', count: Number(applied.after) || 0 }
  return known ? t(`applied.${known}`, values) : t('applied.other', { rule: applied.rule.replaceAll('_', ' ') })
}

export const WHY_CODES = [
  'asked_for',
  'reply_target',
  'chosen_here',
  'wrote_last',
  'only_road',
  'best',
  'kept',
] as const

/** Why this road. */
export function whyWords(why: DeliveryView['why'], language: string): string {
  const t = wordsIn('thread')
  return why
    .map(({ code, values }) => {
      const known = WHY_CODES.find((each) => each === code)
      const at = typeof values?.at === 'string' ? dayAndClock(values.at, language) : ''
      return known ? t(`why.${known}`, { at }) : code.replaceAll('_', ' ')
    })
    .join(' ')
}

export const CANNOT_CODES = [
  'blocked',
  'opted_out',
  'gone',
  'not_allowed_yet',
  'window_closed',
  'channel_banned',
  'channel_removed',
  'no_road',
] as const

/** Why a road cannot be taken now. */
export function cannotWords(code: string): string {
  const t = wordsIn('thread')
  const known = CANNOT_CODES.find((each) => each === code)
  return known ? t(`cannot.${known}`) : code.replaceAll('_', ' ')
}

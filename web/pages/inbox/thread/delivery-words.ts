/** A delivery in words: what is known, since when, and what the network will never tell. */
import type { DeliveryView } from '#contract/calls/conversations.ts'
import type { ConnectorCard } from '#contract/manifest.ts'
import type { Abilities } from '#contract/message/abilities.ts'
import type { SendErrorCode } from '#contract/message/send-errors.ts'
import { wordsIn } from '../../../app/words.ts'
import { clockOf, dayAndClock } from '../times.ts'

export function stateWords(delivery: DeliveryView, abilities: Abilities | null, language: string): string {
  const t = wordsIn('inbox')
  const at = timeOf(delivery)
  const time = at ? clockOf(at, language) : ''
  switch (delivery.state) {
    case 'queued':
      return delivery.readyAt && Date.parse(delivery.readyAt) > Date.now()
        ? t('state.queuedUntil', { at: dayAndClock(delivery.readyAt, language) })
        : t('state.queued')
    case 'sending':
      return t('state.sending')
    case 'sent': {
      const said = t('state.sent', { at: time })
      return abilities && !abilities.receipts?.delivered && !abilities.receipts?.read
        ? `${said} ${t('state.tellsNothing')}`
        : said
    }
    case 'delivered': {
      const said = t('state.delivered', { at: time })
      return abilities && !abilities.receipts?.read ? `${said} ${t('state.tellsNoReading')}` : said
    }
    case 'read':
      return t('state.read', { at: time })
    case 'failed':
      return t('state.failed')
    case 'unconfirmed':
      return t('state.unconfirmed')
  }
}

/** What a message waits for that was tried already, and until when. null: it does not wait, or its sender holds it back. */
export function waitWords(delivery: DeliveryView, card: ConnectorCard | null, language: 'en' | 'ru'): string | null {
  if (delivery.state !== 'queued' || delivery.reason === null) return null
  const t = wordsIn('inbox')
  const network = card?.manifest.name[language] ?? ''
  const waits =
    delivery.readyAt && Date.parse(delivery.readyAt) > Date.now()
      ? t('state.waitsUntil', { network, at: dayAndClock(delivery.readyAt, language) })
      : t('state.waits', { network })
  return `${reasonWords(delivery.reason, null).title}. ${waits}`
}

const timeOf = ({ state, sentAt, deliveredAt, readAt }: DeliveryView): string | null =>
  state === 'read' ? readAt : state === 'delivered' ? deliveredAt : state === 'sent' ? sentAt : null

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
  const t = wordsIn('inbox')
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
  const t = wordsIn('inbox')
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
  const t = wordsIn('inbox')
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
  const t = wordsIn('inbox')
  const known = CANNOT_CODES.find((each) => each === code)
  return known ? t(`cannot.${known}`) : code.replaceAll('_', ' ')
}

/** Codes about people, in words. */
import type { EvidenceView, IdentityView, Suggestion } from '#contract/calls/contacts.ts'
import type { z } from 'zod'
import { wordsIn } from '../../../app/words.ts'
import { dayAndClock } from '../times.ts'

/** How an address is read by people. */
export const addressOf = ({ handle, phone, email, name, externalId }: IdentityView): string =>
  handle ? (handle.includes('@') ? handle : `@${handle}`) : (phone ?? email ?? name ?? externalId)

export const HOWS = ['link', 'code', 'sign_in', 'platform', 'phone', 'email', 'name', 'member'] as const

export function evidenceWords(evidence: z.infer<typeof EvidenceView>, member: string, language: string): string {
  const t = wordsIn('inbox')
  const known = HOWS.find((each) => each === evidence.how)
  const at = dayAndClock(evidence.at, language)
  return known
    ? t(`evidence.${known}`, { at, member })
    : t('evidence.other', { at, how: evidence.how.replaceAll('_', ' ') })
}

export const reasonOfSuggestion = ({ kind, how, value }: Suggestion['reasons'][number]): string => {
  const t = wordsIn('inbox')
  const known = (['phone', 'email', 'name'] as const).find((each) => each === how)
  return known ? t(`suggest.${known}`, { value }) : `${how}: ${value} (${kind})`
}

export const REACHES = ['ok', 'blocked', 'opted_out', 'gone', 'not_allowed_yet'] as const

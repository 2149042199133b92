/** How far a delivery came, in words: what is known, since when, and what the network will never tell. */
import type { DeliveryView } from '#contract/calls/conversations.ts'
import type { ConnectorCard } from '#contract/manifest.ts'
import type { Abilities } from '#contract/message/abilities.ts'
import { isHeld, type Hold } from '../../../app/hold.ts'
import { wordsIn } from '../../../app/words.ts'
import { clockOf, dayAndClock } from '../times.ts'
import { reasonWords } from './delivery-words.ts'

export function stateWords(
  delivery: DeliveryView,
  abilities: Abilities | null,
  language: string,
  hold: Hold | undefined,
): string {
  const t = wordsIn('inbox')
  if (isHeld(delivery, hold)) return t('state.held')
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
export function waitWords(
  delivery: DeliveryView,
  card: ConnectorCard | null,
  language: 'en' | 'ru',
  hold: Hold | undefined,
): string | null {
  if (delivery.state !== 'queued' || delivery.reason === null) return null
  const t = wordsIn('inbox')
  const network = card?.manifest.name[language] ?? ''
  const waits = isHeld(delivery, hold)
    ? t('state.held')
    : delivery.readyAt && Date.parse(delivery.readyAt) > Date.now()
      ? t('state.waitsUntil', { network, at: dayAndClock(delivery.readyAt, language) })
      : t('state.waits', { network })
  return `${reasonWords(delivery.reason, null).title}. ${waits}`
}

const timeOf = ({ state, sentAt, deliveredAt, readAt }: DeliveryView): string | null =>
  state === 'read' ? readAt : state === 'delivered' ? deliveredAt : state === 'sent' ? sentAt : null

/**
 * Telegram: bots of the Bot API. https://core.telegram.org/bots/api (read at version 10.1; newer kinds arrive as `unknown`)
 *
 * in   webhook.ts or poll.ts → incoming.ts → messages.ts, membership.ts → parts.ts, entities.ts, service-messages.ts
 * out  outgoing.ts → send.ts, edit.ts → media.ts, keyboards.ts, uploads.ts → api.ts
 */
import { defineConnector } from '#connector-kit/define-connector.ts'
import { abilities } from './abilities.ts'
import { asks } from './asks.ts'
import { incoming } from './incoming.ts'
import { outgoing } from './outgoing.ts'
import { connect } from './poll.ts'
import { settings, type Settings } from './settings.ts'
import { open } from './webhook.ts'

export default defineConnector<Settings>({
  api: 1,
  manifest: {
    network: 'telegram',
    name: { en: 'Telegram', ru: 'Telegram' },
    access: 'open',
    receives: ['webhook', 'polling'],
    // A person has the same id for every bot.
    scope: 'world',
    hosts: ['api.telegram.org'],
    links: { start: 'https://t.me/{handle}?start={token}', open: 'https://t.me/{handle}', token: 64 },
    risk: { terms: 'https://telegram.org/tos/bot-developers' },
  },
  settings,
  abilities,
  incoming,
  outgoing,
  asks,
  webhook: { open },
  connect,
})

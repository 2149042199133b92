/** NAME: one line about it. https://… (the vendor's page, and when it was read) */
import { defineConnector } from '#connector-kit/define-connector.ts'
import { abilities } from './abilities.ts'
import { asks } from './asks.ts'
import { incoming } from './incoming.ts'
import { outgoing } from './outgoing.ts'
import { settings, type Settings } from './settings.ts'
import { open, register } from './webhook.ts'

export default defineConnector<Settings>({
  api: 1,
  manifest: {
    network: 'NAME',
    name: { en: 'NAME', ru: 'NAME' },
    access: 'official',
    receives: ['webhook'],
    scope: 'channel',
    hosts: ['api.NAME.example'],
  },
  settings,
  abilities,
  incoming,
  outgoing,
  asks: { ...asks, register },
  webhook: { open },
})

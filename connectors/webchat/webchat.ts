/**
 * The chat on your own site. We are the platform here: the visitor's browser runs `widget/`, frames are those of `contract/visitor.ts`.
 *
 * in   open.ts (origin → session → frame → event) → incoming.ts; sessions.ts and identity.ts say who it is
 * out  outgoing.ts → the chat's stream; mirror.ts puts into it what the visitor himself did, for his other tabs and his next visit
 */
import { defineConnector } from '#connector-kit/define-connector.ts'
import { abilities } from './abilities.ts'
import { incoming } from './incoming.ts'
import { mirror } from './mirror.ts'
import { open } from './open.ts'
import { originOf } from './origins.ts'
import { outgoing } from './outgoing.ts'
import { settings, type Settings } from './settings.ts'

export default defineConnector<Settings>({
  api: 1,
  manifest: {
    network: 'webchat',
    name: { en: 'Site chat', ru: 'Чат на сайте' },
    access: 'open',
    receives: ['webhook'],
    // Visitors and customers are known by names that one site gave them.
    scope: 'channel',
    hosts: [],
    links: { start: '{page}#parley={token}', open: '{page}', token: 64 },
    embed: '<script async src="{url}/widget/chat.js" data-channel="{channel}"></script>',
  },
  settings,
  abilities,
  incoming,
  outgoing,
  mirror,
  asks: {
    // oxlint-disable-next-line require-yield -- a plan that has nothing to ask: the site chat is ours
    *me(c) {
      const [site = ''] = c.settings.origins
      return { id: c.channel, name: c.settings.title ?? new URL(originOf(site)).host, handle: `${originOf(site)}/` }
    },
  },
  webhook: { visitors: true, open },
})

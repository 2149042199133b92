/**
 * E-mail: one mailbox, read by IMAP (RFC 3501, 9051) and written from by SMTP submission (RFC 6409). Facts without a number are of
 * RFC 5322.
 *
 * line  connect.ts → imap.ts, mailbox.ts → journal; frames → smtp.ts ← compose.ts
 * in    incoming.ts → letter.ts ← scan.ts · believe.ts, automatic.ts, newly-written.ts, reports.ts; files: carried.ts, remotes.ts
 * out   outgoing.ts → names.ts, rich-html.ts → a frame for the line; refusals.ts
 */
import { defineConnector } from '#connector-kit/define-connector.ts'
import { abilities } from './abilities.ts'
import { asks } from './asks.ts'
import { carried } from './carried.ts'
import { incoming } from './incoming.ts'
import { outgoing } from './outgoing.ts'
import { settings, type Settings } from './settings.ts'

export default defineConnector<Settings>({
  api: 1,
  manifest: {
    network: 'email',
    name: { en: 'E-mail', ru: 'Почта' },
    access: 'open',
    receives: ['line'],
    scope: 'world',
    // Only what the settings name.
    hosts: [],
    links: { start: 'mailto:{handle}?subject=%5BParley%20{token}%5D', open: 'mailto:{handle}', token: 64 },
  },
  settings,
  abilities,
  incoming,
  outgoing,
  asks,
  // Read when a line opens: the thread that parses letters needs none of it.
  connect: async (line) => (await import('./connect.ts')).connect(line),
  carried,
  heavy: true,
})

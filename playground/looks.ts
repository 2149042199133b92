/**
 * How each messenger looks on the page: a phone with bubbles, a mail client, a shop's site. The playground is the one place outside
 * `connectors/` that may name messengers: it imitates their apps.
 */
export interface Look {
  kind: 'phone' | 'mail' | 'site'
  /** Of the head of the window, and of our own bubbles. */
  accent: string
  bubble: string
}

const LOOKS: Readonly<Record<string, Look>> = {
  telegram: { kind: 'phone', accent: '#2f8fcf', bubble: '#d8f3c9' },
  'email-imap': { kind: 'mail', accent: '#5b5fc7', bubble: '#ffffff' },
  webchat: { kind: 'site', accent: '#0f766e', bubble: '#ffffff' },
}

/** A messenger without a look of its own is a plain phone. */
export const lookOf = (folder: string): Look => LOOKS[folder] ?? { kind: 'phone', accent: '#475569', bubble: '#dbeafe' }

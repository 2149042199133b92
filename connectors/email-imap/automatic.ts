/** Was it a machine that wrote? Then it is shown, and no machine of ours answers: RFC 3834 §2, and what is older than it. */
import type { Headers } from './letter.ts'

type Sign = readonly [header: string, says: RegExp]

const SIGNS: readonly Sign[] = [
  // RFC 3834 §5: anything but "no"
  ['auto-submitted', /^(?!\s*no\s*(;|$))\s*\S/i],
  ['precedence', /^\s*(bulk|junk|list|auto[-_]?reply)\b/i],
  // RFC 2919, RFC 2369
  ['list-id', /\S/],
  ['list-unsubscribe', /\S/],
  ['list-post', /\S/],
  // The null sender of RFC 5321 §4.5.5, as the last server notes it
  ['return-path', /^\s*<\s*>/],
  // Exchange: the sender's machine asks ours to be silent
  ['x-auto-response-suppress', /\b(all|oof|autoreply|dr|rn|nrn)\b/i],
  ['x-autoreply', /\S/],
  ['x-autorespond', /\S/],
  ['x-autoresponder', /\S/],
  ['feedback-id', /\S/],
  ['content-type', /^\s*multipart\/report\b/i],
]

/** Mailboxes that only machines write from. */
const MACHINES = /^(mailer-daemon|postmaster|no-?reply|do-?not-?reply|noreply\S*|bounces?)([+-][^@]*)?@/i

export const isAutomatic = (headers: Headers, from: string): boolean =>
  MACHINES.test(from) || SIGNS.some(([header, says]) => headers.all(header).some((value) => says.test(value)))

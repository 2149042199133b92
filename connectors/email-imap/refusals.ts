/**
 * What sending servers answer, most special first. Codes: RFC 5321 §4.2; enhanced codes: RFC 3463, RFC 7505; words where servers agree
 * on words but not on codes. `code` 0: our own library gave up before a server could answer.
 */
import type { Refusals } from '#connector-kit/refusals.ts'
import type { SmtpAnswer } from './frames.ts'

const TEMPORARY = [400, 420, 421, 431, 432, 441, 442, 446, 447, 449, 450, 451, 452, 453, 454, 455, 458, 459, 471]
const PERMANENT = [500, 501, 502, 503, 504, 510, 511, 512, 515, 521, 523, 541, 550, 551, 552, 553, 554, 555, 556]

export const REFUSALS: Refusals<SmtpAnswer> = [
  // RFC 4954 §6: wrong password, sign-in wanted, sign-in by browser wanted
  [[530, 534, 535, 538], null, 'signed_out'],
  [454, /\b4\.7\.0\b.*auth/i, 'platform_down'],
  // Too large: RFC 1870, X.3.4
  [[552, 523], /size|too (large|big)|\b5\.3\.4\b|\b5\.2\.3\b/i, 'content_refused', () => ({ field: 'size' })],
  ['*', /\b5\.3\.4\b|message (size )?(exceeds|too (large|big))/i, 'content_refused', () => ({ field: 'size' })],
  // Slow down: the provider's limits, greylisting
  [
    TEMPORARY,
    /rate|too many|throttl|slow down|try again later|limit|grey-?list|\b4\.7\.(0|1|28|708)\b/i,
    'throttled',
    ({ words }) => waitIn(words),
  ],
  [[550, 554, 552], /(daily|hourly|sending) .{0,40}(limit|quota)|\b5\.4\.5\b|\b5\.7\.708\b/i, 'limited'],
  // Their mailbox is full: X.2.2
  [[452, 552, 422], null, 'refused'],
  // Nobody there: X.1.1, X.1.3, X.1.10, X.2.1
  [
    [510, 511, 512, 550, 551, 553, 554, 556, 501],
    /\b5\.1\.(0|1|2|3|6|10)\b|\b5\.2\.1\b|user unknown|unknown (user|recipient|mailbox)|no such (user|recipient|mailbox|address)|does not exist|(user|recipient|mailbox|address) (not found|unavailable|disabled|inactive)|invalid (recipient|mailbox)|bad recipient|нет такого/i,
    'no_such_identity',
  ],
  [551, null, 'no_such_identity'],
  // Policy: X.7.1 and its kin
  [
    PERMANENT,
    /\b5\.7\.507\b|(rejected|blocked|refused) by (the )?(recipient|addressee)|recipient .{0,40}(blocked|does not accept) /i,
    'blocked',
  ],
  [PERMANENT, /unsubscribed|opted out/i, 'opted_out'],
  [PERMANENT, /sender .{0,40}(blocked|rejected|not allowed)|account .{0,40}(suspended|disabled|blocked)/i, 'limited'],
  [TEMPORARY, null, 'platform_down'],
  [0, null, 'content_refused'],
]

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 }

/** RFC 5321 has no field for a time; some servers write one. Without it the sender learns by itself. */
function waitIn(words: string): { after?: number } {
  const [, count, unit] = /\b(?:in|for|after) (\d{1,6}) ?(s|m|h)(?:ec|in|our|\b)/i.exec(words) ?? []
  return count && unit ? { after: Number(count) * SECONDS[unit.toLowerCase()]! } : {}
}

/**
 * Why a message did not go out: one closed list. Each code says when to try again, whether the message may have arrived, and,
 * in `web/`, what the member reads. Connectors map their platform's answers to these codes in a table; nobody guesses.
 *
 * retry      backoff: soon, by our own schedule · after: when the platform said · ready: when the channel is · once: at once · no
 * counts     uses up a try; codes that do not end only by the delivery's own expiry
 * delivered  no: certainly not there · unknown: may have arrived, so never repeated silently
 * marks      what the refusal tells about the identity
 */
export interface SendVerdict {
  readonly retry: 'backoff' | 'after' | 'ready' | 'once' | 'no'
  readonly counts?: number
  readonly delivered?: 'unknown'
  readonly marks?: 'blocked' | 'opted_out' | 'gone' | 'not_allowed_yet'
}

export const SEND_ERRORS = {
  wire: { retry: 'backoff' },
  platform_down: { retry: 'backoff' },
  unconfirmed: { retry: 'no', delivered: 'unknown' },
  throttled: { retry: 'after' },
  signed_out: { retry: 'ready' },
  banned: { retry: 'ready' },
  limited: { retry: 'ready' },
  proxy_down: { retry: 'ready' },
  api_changed: { retry: 'ready' },
  blocked: { retry: 'no', marks: 'blocked' },
  opted_out: { retry: 'no', marks: 'opted_out' },
  no_such_identity: { retry: 'no', marks: 'gone' },
  not_allowed_yet: { retry: 'no', marks: 'not_allowed_yet' },
  window_closed: { retry: 'no' },
  moved: { retry: 'once' },
  media_not_ready: { retry: 'backoff', counts: 10 },
  too_old: { retry: 'no' },
  gone: { retry: 'no' },
  expired: { retry: 'no' },
  cancelled: { retry: 'no' },
  channel_removed: { retry: 'no' },
  content_refused: { retry: 'no' },
  refused: { retry: 'no' },
  bug: { retry: 'backoff', counts: 5 },
} as const satisfies Record<string, SendVerdict>

export type SendErrorCode = keyof typeof SEND_ERRORS
export const SEND_ERROR_CODES = Object.keys(SEND_ERRORS) as [SendErrorCode, ...SendErrorCode[]]

export const verdictOf = (code: SendErrorCode): SendVerdict => SEND_ERRORS[code]

/** What the platform said beside the code. */
export interface SendErrorDetails {
  /** The platform's own words, shown beside ours; scrubbed of secrets. */
  words?: string
  /** Seconds to wait (`throttled`), and for whom. */
  after?: number
  scope?: 'channel' | 'chat' | 'method'
  /** The new chat or identity (`moved`). */
  to?: string
  /** `content_refused`: what was refused, and its limit. */
  field?: string
  limit?: number
}

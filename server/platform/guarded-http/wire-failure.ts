/**
 * Why a request did not come back with an answer.
 *
 * refused_by_guard  where it wanted to go is not allowed: address, host, port, scheme, redirect
 * invalid           the request itself cannot be sent: a header with a line break, a path with a space
 * source            what was to be sent could not be read: our own file
 * dns               the name has no address
 * connect           nobody answered there, or refused
 * tls               no trustworthy connection: certificate, protocol
 * proxy_down        none of the channel's proxies answered; nothing went around them
 * timeout           the time allowed is over
 * cut               the connection broke in the middle
 * unreadable        what came is not HTTP, or encoded in a way nobody knows
 * too_large         more came than was allowed
 * stopped           our own side gave up: signal, shutdown
 */
export type WireFailureKind =
  | 'refused_by_guard'
  | 'invalid'
  | 'source'
  | 'dns'
  | 'connect'
  | 'tls'
  | 'proxy_down'
  | 'timeout'
  | 'cut'
  | 'unreadable'
  | 'too_large'
  | 'stopped'

/** The cause of a refusal that the operator can lift: `PARLEY_PRIVATE_HOSTS` does not name this place. */
export class Unlisted extends Error {
  readonly fault: 'private_host' | 'plain_http'
  /** `host:port`, as the list would have to name it. */
  readonly place: string

  constructor(fault: Unlisted['fault'], place: string) {
    super(`PARLEY_PRIVATE_HOSTS does not name ${place}`)
    this.name = 'Unlisted'
    this.fault = fault
    this.place = place
  }
}

/**
 * A request without an answer. `message` names host and port only: paths and queries carry tokens.
 * `written`: a byte of the request had left, so it may have been accepted; false means that it certainly was not.
 */
export class WireFailure extends Error {
  readonly kind: WireFailureKind
  readonly written: boolean

  constructor(
    kind: WireFailureKind,
    words: string,
    { written = false, cause }: { written?: boolean; cause?: unknown } = {},
  ) {
    super(words, cause === undefined ? undefined : { cause })
    this.name = 'WireFailure'
    this.kind = kind
    this.written = written
  }
}

import type { SendErrorCode, SendErrorDetails } from '#contract/message/send-errors.ts'

/** The platform answered, and the answer was no. A broken wire is never a connector's `SendError`: the performer knows about wires. */
export class SendError extends Error {
  readonly code: SendErrorCode
  readonly details: SendErrorDetails
  constructor(code: SendErrorCode, details: SendErrorDetails = {}) {
    super(details.words ? `${code}: ${details.words}` : code)
    this.name = 'SendError'
    this.code = code
    this.details = details
  }
}

/** An event or an answer that this connector cannot read any more. The event is kept in quarantine and can be replayed. */
export class ApiChanged extends Error {
  constructor(what: string) {
    super(what)
    this.name = 'ApiChanged'
  }
}

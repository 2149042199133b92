/** An answer that says no, as the Bot API words it. */
export class Refusal extends Error {
  readonly code: number
  readonly parameters: { retry_after?: number; migrate_to_chat_id?: number } | undefined
  constructor(code: number, description: string, parameters?: Refusal['parameters']) {
    super(description)
    this.code = code
    this.parameters = parameters
  }
}

const PREFIX: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  413: 'Request Entity Too Large',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
}

/**
 * Description = prefix, colon, message with a small first letter, unless the second one is a capital or `_`: codes of the server stay.
 * A 403 whose text is such a code becomes 400.
 */
export function refuse(code: number, message = '', parameters?: Refusal['parameters']): never {
  const isServerCode = /^[A-Z][A-Z0-9_]+$/.test(message)
  const shown = /^.[A-Z_]/.test(message) ? message : message.charAt(0).toLowerCase() + message.slice(1)
  const status = code === 403 && isServerCode ? 400 : code
  throw new Refusal(status, shown === '' ? (PREFIX[status] ?? '') : `${PREFIX[status]}: ${shown}`, parameters)
}

/** A program that asked too fast. */
export const slowDown = (seconds: number): never => refuse(429, `Retry after ${seconds}`, { retry_after: seconds })

import type { WireFault } from '#contract/wire-fault.ts'
import type { Plan, Reply, Request } from './connector.ts'
import { SendError } from './send-error.ts'

/** Does one request. Handed in by the server: guarded http, files, seal and clock live there, so the kit imports none of them. */
export type Wire = (request: Request) => Promise<Reply>

/** Most requests of one plan; a plan that asks for more is broken, and a platform must not be hammered. */
const MOST_REQUESTS = 12

/**
 * The wire broke, or the platform did not answer as a platform does. `written`: a byte of the request had left. `fault`: what it died of,
 * where that is known; `place`: the `host:port` that `PARLEY_PRIVATE_HOSTS` would have to name, or which of several servers it was.
 */
export class WireBroken extends Error {
  readonly written: boolean
  readonly code: 'wire' | 'proxy_down'
  readonly fault: WireFault | undefined
  readonly place: string | undefined
  constructor(
    words: string,
    written: boolean,
    code: 'wire' | 'proxy_down' = 'wire',
    fault?: WireFault,
    place?: string,
  ) {
    super(words)
    this.name = 'WireBroken'
    this.written = written
    this.code = code
    this.fault = fault
    this.place = place
  }
}

/** A final request that may have been accepted: nobody may repeat it silently. */
export class Unknown extends SendError {
  constructor(words: string) {
    super('unconfirmed', { words })
  }
}

/**
 * Runs a plan to its end.
 * @throws SendError of the connector · `Unknown` when the final request may have been accepted · `WireBroken` when it certainly was not
 */
export async function perform<T>(plan: Plan<T>, wire: Wire): Promise<T> {
  let step = plan.next()
  for (let count = 0; !step.done; count++) {
    if (count === MOST_REQUESTS) throw new SendError('bug', { words: `a plan of more than ${MOST_REQUESTS} requests` })
    const request = step.value
    const reply = await answerTo(request, wire)
    if (request.final && isAmbiguous(reply)) throw new Unknown(`${reply.status} ${reply.text.slice(0, 200)}`)
    step = plan.next(reply)
  }
  return step.value
}

async function answerTo(request: Request, wire: Wire): Promise<Reply> {
  try {
    return await wire(request)
  } catch (error) {
    if (request.final && error instanceof WireBroken && error.written) throw new Unknown(error.message)
    throw error
  }
}

/** 500, 502 and 504 may come from a gateway in front of a server that had accepted. 429 and 503 say: not taken. */
const isAmbiguous = (reply: Reply) => reply.status === 500 || reply.status === 502 || reply.status === 504

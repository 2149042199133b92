import { setTimeout as delay } from 'node:timers/promises'
import type { Context, Event, Json, Line, Plan } from './connector.ts'

/** Two pure functions make a poller; the kit owns the loop. */
export interface Polling<S> {
  /** One question to the platform. It may be long (`timeoutMs`): the loop asks again as soon as it is answered. */
  ask(cursor: Json, c: Context<S>): Plan<{ events: Event[]; cursor: Json }>
  /** For a platform that answers at once although nothing came: so long we rest then. */
  restMs?: number
}

/** Platforms refuse a wrong token, or a second reader, much sooner. */
const TAKEN_MS = 1_500

/**
 * A `connect` that polls: ask → commit events and cursor together → ask again. The next question, which lets the platform forget,
 * is asked after the commit. Errors end it; the caller sets the state and calls again.
 */
export function polling<S>(poll: Polling<S>): (line: Line<S>) => Promise<void> {
  return async (line) => {
    let cursor = line.cursor
    line.state('connecting')
    let proved = false
    const prove = () => {
      if (proved || line.signal.aborted) return
      proved = true
      line.state('ready')
    }
    while (!line.signal.aborted) {
      // A long question may stay open for a minute, and until we are ready nothing is sent: what is not refused at once was taken.
      const taken = proved ? undefined : setTimeout(prove, TAKEN_MS)
      const told = await line.run(poll.ask(cursor, line)).finally(() => clearTimeout(taken))
      if (line.signal.aborted) return
      prove()
      if (told.events.length > 0 || told.cursor !== cursor) await line.receive(told.events, told.cursor)
      cursor = told.cursor
      if (poll.restMs !== undefined && told.events.length === 0)
        await delay(poll.restMs, undefined, { signal: line.signal }).catch(() => {})
    }
  }
}

import type { Context, Event, Json, Line, Plan } from './connector.ts'

/** Two pure functions make a poller; the kit owns the loop. */
export interface Polling<S> {
  /** One question to the platform. It may be long (`timeoutMs`): the loop asks again as soon as it is answered. */
  ask(cursor: Json, c: Context<S>): Plan<{ events: Event[]; cursor: Json }>
}

/**
 * A `connect` that polls: ask → commit events and cursor together → ask again. The next question, which lets the platform forget,
 * is asked after the commit. Errors end it; the caller sets the state and calls again.
 */
export function polling<S>(poll: Polling<S>): (line: Line<S>) => Promise<void> {
  return async (line) => {
    let cursor = line.cursor
    line.state('connecting')
    let proved = false
    while (!line.signal.aborted) {
      const told = await line.run(poll.ask(cursor, line))
      if (line.signal.aborted) return
      if (!proved) line.state('ready')
      proved = true
      if (told.events.length > 0 || told.cursor !== cursor) await line.receive(told.events, told.cursor)
      cursor = told.cursor
    }
  }
}

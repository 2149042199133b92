/**
 * A platform's clock is a stranger's word. A time that is none, or that lies where no message can, would fail the whole batch in the
 * database and then stand in quarantine: it is replaced by the time at which we received the event.
 */
import type { Incoming } from '#connector-kit/connector.ts'

/** Before there were messengers, and after anybody who could read them. */
const EARLIEST = Date.UTC(1970, 0, 1)
const LATEST = Date.UTC(2200, 0, 1)

export function withPossibleTimes(incoming: Incoming, receivedAt: Date): Incoming {
  const possible = (at: Date): Date => (at.getTime() >= EARLIEST && at.getTime() < LATEST ? at : receivedAt)
  if (incoming.is === 'status')
    return {
      ...incoming,
      at: possible(incoming.at),
      ...(incoming.upTo ? { upTo: { ...incoming.upTo, at: possible(incoming.upTo.at) } } : {}),
    }
  return 'at' in incoming && incoming.at ? { ...incoming, at: possible(incoming.at) } : incoming
}

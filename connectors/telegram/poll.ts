/** Long polling: for a Parley without a public address. https://core.telegram.org/bots/api#getupdates */
import { z } from 'zod'
import type { Context, Event, Json, Line, Plan } from '#connector-kit/connector.ts'
import { polling } from '#connector-kit/polling.ts'
import { ApiChanged } from '#connector-kit/send-error.ts'
import { call, read } from './api.ts'
import type { Settings } from './settings.ts'
import { UPDATE_KINDS } from './update-kinds.ts'
import { eventOf } from './webhook.ts'

/** Telegram allows 50 s; proxies and home routers forget silent connections sooner. */
const WAIT_SECONDS = 30

/** While another program polls or a webhook is set Telegram answers 409, which ends this line; it is tried again. */
export function connect(line: Line<Settings>): Promise<void> {
  // The first question is answered at once, so that a quiet bot counts as connected without waiting for somebody to write.
  let wait = 0
  return polling<Settings>({
    *ask(cursor, c) {
      const told = yield* getUpdates(cursor, wait, c)
      wait = WAIT_SECONDS
      return told
    },
  })(line)
}

/** @param cursor  the first update not yet seen: asking from it lets Telegram forget everything before */
export function* getUpdates(
  cursor: Json,
  seconds: number,
  c: Context<Settings>,
): Plan<{ events: Event[]; cursor: Json }> {
  const offset = typeof cursor === 'number' ? { offset: cursor } : {}
  const parameters = { ...offset, timeout: seconds, allowed_updates: UPDATE_KINDS }
  const reply = yield call(c, 'getUpdates', parameters, { timeoutMs: (seconds + 15) * 1000 })
  const events = read(reply, z.array(z.unknown())).map((update) => {
    const event = eventOf(update)
    if (!event) throw new ApiChanged('an update without a number')
    return event
  })
  const last = events.at(-1)
  return { events, cursor: last ? Number(last.key) + 1 : cursor }
}

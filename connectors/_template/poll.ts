/** Where the platform has no webhooks, or Parley no public address. */
import { z } from 'zod'
import type { Event, Json } from '#connector-kit/connector.ts'
import { polling } from '#connector-kit/polling.ts'
import { call, read } from './api.ts'
import type { Settings } from './settings.ts'

const Told = z.object({ events: z.array(z.looseObject({ id: z.string(), chat: z.string() })), next: z.int() })

export const connect = polling<Settings>({
  *ask(cursor, c) {
    const { events, next } = read(yield call(c, '/events', { after: Number(cursor ?? 0) }), Told)
    return { events: events.map((body): Event => ({ key: body.id, lane: body.chat, body })), cursor: next as Json }
  },
  // This platform answers at once: without a rest we would ask without a pause.
  restMs: 1_000,
})

/** A messenger for the tests of `heavy.ts` and `load.ts`: its events say how it behaves. */
import { z } from 'zod'
import { defineConnector } from '#connector-kit/define-connector.ts'
import { ApiChanged } from '#connector-kit/send-error.ts'

/** Files that were looked for in this thread. */
let lookedFor = 0

export default defineConnector({
  api: 1,
  heavy: true,
  manifest: {
    network: 'pigeon',
    name: { en: 'Pigeon', ru: 'Голубь' },
    access: 'open',
    receives: ['line'],
    scope: 'world',
    hosts: [],
  },
  settings: z.strictObject({ loft: z.string() }),
  abilities: {
    text: { max: 100, unit: 'utf16', marks: {} },
    first: { who: 'anyone', by: [] },
    pacing: {},
    confirms: 'id',
    sender: 'platform',
  },
  incoming({ body }) {
    const { does } = body as { does: string }
    if (does === 'hang') for (;;);
    if (does === 'eat') {
      const eaten: unknown[] = []
      for (;;) eaten.push(Array.from<number>({ length: 1_000_000 }).fill(1.5))
    }
    if (does === 'count') return [{ is: 'unknown', what: String(lookedFor) }]
    if (does === 'change') throw new ApiChanged('a field is gone')
    if (does === 'throw') throw new Error('a mistake of ours')
    return [{ is: 'unknown', what: does }]
  },
  connect: async () => {},
  carried: async (_event, remote) => {
    lookedFor++
    return { bytes: new TextEncoder().encode(remote), type: 'text/plain' }
  },
  *outgoing() {
    yield { via: 'line', frame: {} }
    return { ids: [] }
  },
  asks: {
    *me() {
      yield { via: 'line', frame: {} }
      return { id: 'us', name: 'Us' }
    },
  },
})

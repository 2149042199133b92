/**
 * A network for the fault harness: plain JSON, signed webhooks, with or without a key that folds twins. Its platform is
 * `tests/faults/platform/`. Two folders make two connectors of it, for a connector is a folder.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import type { Connector, Context, Event, Reply } from '#connector-kit/connector.ts'
import { defineConnector } from '#connector-kit/define-connector.ts'
import { refusalOf, type Refusals } from '#connector-kit/refusals.ts'
import { httpSettings } from '#connector-kit/settings.ts'
import { plain, wordsOf } from '#contract/message/content.ts'

const settings = httpSettings({})
type Settings = z.infer<typeof settings>

/** What the platform posts: `{"key":"7","chat":"ann","is":"said","id":"12","n":3,"at":1700000000000,"text":"ann 3"}` */
const Told = z.object({
  key: z.string(),
  chat: z.string(),
  at: z.number(),
  id: z.string(),
  is: z.enum(['said', 'delivered']),
  n: z.number(),
  text: z.string(),
})
export type Told = z.infer<typeof Told>

const Sent = z.object({ id: z.string() })

const refusals: Refusals<Reply> = [
  [429, null, 'throttled', ({ headers }) => ({ after: Number(headers['retry-after'] ?? 1) })],
  [503, null, 'platform_down'],
]

export const SIGNATURE = 'x-signature'
export const signatureOf = (bytes: Uint8Array | string, secret: string): string =>
  createHmac('sha256', secret).update(bytes).digest('hex')

export function network(name: string, idempotency?: { seconds: number }): Connector<Settings> {
  const post = (c: Context<Settings>, what: string, json: unknown) =>
    ({ via: 'http', method: 'POST', url: `${c.settings.apiUrl}/${what}`, body: { json } }) as const
  return defineConnector<Settings>({
    api: 1,
    manifest: {
      network: name,
      name: { en: name, ru: name },
      access: 'open',
      receives: ['webhook'],
      scope: 'channel',
      hosts: [],
    },
    settings,
    abilities: {
      text: { max: 1_000, unit: 'utf16', marks: {} },
      first: { who: 'after_they_wrote', by: [] },
      pacing: {},
      confirms: 'id',
      sender: 'platform',
      ...(idempotency ? { idempotency } : {}),
    },
    webhook: {
      open: ({ bytes, headers }, { secret }) => {
        const told = Buffer.from(headers[SIGNATURE] ?? '')
        const ours = Buffer.from(signatureOf(bytes, secret))
        if (told.length !== ours.length || !timingSafeEqual(told, ours)) return { refuse: 401 }
        const body = Told.parse(JSON.parse(Buffer.from(bytes).toString()))
        return { events: [{ key: body.key, lane: body.chat, body } satisfies Event] }
      },
    },
    incoming: ({ body }) => {
      const { is, chat, id, at, n, text } = Told.parse(body)
      if (is === 'delivered') return [{ is: 'status', target: { chat, id }, state: 'delivered', at: new Date(at) }]
      const by = { id: chat, name: chat }
      return [{ is: 'message', ref: { chat, id }, by, at: new Date(at), order: String(n), content: plain(text) }]
    },
    *outgoing(op, c) {
      if (op.do !== 'message') throw new Error(`${name} is asked for messages only`)
      const { key, chat = op.to } = op
      const reply = yield { ...post(c, 'send', { key, chat, text: wordsOf(op.content) }), final: true }
      if (reply.status !== 200) throw refusalOf(refusals, { code: reply.status, words: reply.text }, reply)
      return { ids: [Sent.parse(reply.body).id] }
    },
    asks: {
      *me(c) {
        yield post(c, 'me', {})
        return { id: name, name }
      },
      *register(url, c) {
        yield post(c, 'register', { url, secret: c.secret })
      },
    },
  })
}

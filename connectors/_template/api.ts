/** The calls we use, and what their refusals mean to us. */
import { z } from 'zod'
import type { Context, Json, Reply, Request } from '#connector-kit/connector.ts'
import { refusalOf, type Refusals } from '#connector-kit/refusals.ts'
import { ApiChanged } from '#connector-kit/send-error.ts'
import type { Settings } from './settings.ts'

export const call = (c: Context<Settings>, path: string, json: Json, final?: 'final'): Request => ({
  via: 'http',
  method: 'POST',
  url: `${(c.settings.apiUrl ?? 'https://api.NAME.example').replace(/\/+$/, '')}${path}`,
  headers: { authorization: `Bearer ${c.settings.token}` },
  body: { json },
  ...(final ? { final: true } : {}),
})

/** Most special first; the first row that fits wins. */
export const refusals: Refusals<Reply> = [
  [429, null, 'throttled', (reply) => afterOf(reply)],
  [401, null, 'signed_out'],
  [403, null, 'blocked'],
  [404, null, 'no_such_identity'],
  [400, null, 'content_refused'],
  [[500, 502, 503, 504], null, 'platform_down'],
]

const afterOf = ({ headers }: Reply) => (headers['retry-after'] ? { after: Number(headers['retry-after']) } : {})

const Refused = z.object({ error: z.string() })

export function read<T>(reply: Reply, result: z.ZodType<T>): T {
  if (reply.status >= 400) {
    const words = Refused.safeParse(reply.body).data?.error ?? ''
    throw refusalOf(refusals, { code: reply.status, words }, reply)
  }
  const told = result.safeParse(reply.body)
  if (!told.success) throw new ApiChanged('an answer that we cannot read')
  return told.data
}

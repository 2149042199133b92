/** One event → what it tells. Pure. Paste a real payload above each type that is read. */
import { z } from 'zod'
import type { Context, Event, Incoming } from '#connector-kit/connector.ts'
import { ApiChanged } from '#connector-kit/send-error.ts'
import type { Settings } from './settings.ts'

/** `{"id":"1","chat":"7","from":"7","at":1700000000,"text":"hello"}` */
const Message = z.object({
  id: z.string(),
  chat: z.string(),
  from: z.string(),
  at: z.int(),
  text: z.string().optional(),
})

export function incoming(event: Event, _c: Context<Settings>): Incoming[] {
  const read = Message.safeParse(event.body)
  if (!read.success) throw new ApiChanged('a message that we cannot read')
  const { id, chat, from, at, text } = read.data
  const by = { id: from }
  if (!text) return [{ is: 'unknown', what: 'message', ref: { chat, id }, by, at: new Date(at * 1000) }]
  const content = { parts: [{ kind: 'text' as const, text, entities: [] }] }
  return [{ is: 'message', ref: { chat, id }, by, at: new Date(at * 1000), content }]
}

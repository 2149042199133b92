import { z } from 'zod'
import { endpoint } from '../endpoint.ts'
import { ConversationId, MessageId } from '../ids.ts'
import { LONGEST } from '../limits.ts'
import { ContactView } from './contacts.ts'

export const MessageHit = z.object({
  message: MessageId,
  conversation: ConversationId,
  conversationName: z.string(),
  authorName: z.string(),
  at: z.iso.datetime(),
  network: z.string().nullable(),
  /** Words around the hit; `marks` are UTF-16 ranges [from, to) of the found ones. */
  words: z.string(),
  marks: z.array(z.tuple([z.int(), z.int()])),
})
export type MessageHit = z.infer<typeof MessageHit>

export const search = endpoint({
  method: 'GET',
  path: '/api/search',
  may: 'search',
  about: 'Messages over all history and contacts; understands Russian and English word forms and small slips',
  query: z.strictObject({
    q: z.string().trim().min(1).max(LONGEST.search),
    limit: z.coerce.number().int().min(1).max(100).default(30),
    cursor: z.string().max(500).optional(),
  }),
  result: z.object({ messages: z.array(MessageHit), contacts: z.array(ContactView), next: z.string().nullable() }),
})

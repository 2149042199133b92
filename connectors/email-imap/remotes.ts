/** References to what a letter holds: the letter's place in its mailbox, and which part of it. Opaque to everybody else. */
import { z } from 'zod'
import type { LetterEvent } from './letter.ts'
import type { Cut } from './scan.ts'

/** The HTML of a letter; the letter as its bytes. Attachments are numbers, in the order of the letter. */
export const HTML = 'html'
export const WHOLE = 'whole'

export const Remote = z.object({
  box: z.enum(['inbox', 'sent']),
  uid: z.int(),
  validity: z.string(),
  id: z.string().optional(),
  what: z.string(),
  /** Cut out of a large letter: where its bytes stand, still encoded. */
  cut: z.object({ start: z.int(), length: z.int(), encoding: z.string() }).optional(),
})
export type Remote = z.infer<typeof Remote>

/** @param id  the letter's Message-ID: it finds the letter again when the server has numbered its mailbox anew */
export const remoteOf = (
  { box, uid, validity }: LetterEvent,
  id: string | undefined,
  what: string,
  cut?: Cut | null,
): string =>
  JSON.stringify({ box, uid, validity, ...(id ? { id } : {}), what, ...(cut ? { cut } : {}) } satisfies Remote)

export const remoteIn = (text: string): Remote => Remote.parse(JSON.parse(text))

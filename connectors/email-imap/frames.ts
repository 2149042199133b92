/** What plans ask of the open line: to prove that letters can be sent, to send one, to fetch bytes. */
import { z } from 'zod'
import { FileRef } from '#contract/message/content.ts'
import { Remote } from './remotes.ts'

export const OutgoingLetter = z.object({
  /** Without brackets. */
  id: z.string(),
  from: z.object({ address: z.string(), name: z.string() }),
  to: z.string(),
  /** Whose letters these are, where he asked for answers at another address. */
  writtenFor: z.string().optional(),
  cc: z.array(z.string()),
  bcc: z.array(z.string()),
  subject: z.string(),
  inReplyTo: z.string().optional(),
  references: z.array(z.string()),
  date: z.string(),
  text: z.string(),
  html: z.string(),
  files: z.array(
    z.object({ source: FileRef, type: z.string(), name: z.string().optional(), cid: z.string().optional() }),
  ),
  automatic: z.boolean(),
})
export type OutgoingLetter = z.infer<typeof OutgoingLetter>

export const Frame = z.discriminatedUnion('do', [
  z.object({ do: z.literal('prove') }),
  /** `key`: of the op; goes along as a header, by which the provider's own copy is known. */
  z.object({ do: z.literal('send'), key: z.string(), letter: OutgoingLetter }),
])
export type Frame = z.infer<typeof Frame>

export const FetchFrame = z.object({ do: z.literal('fetch'), remote: Remote })
export type FetchFrame = z.infer<typeof FetchFrame>

/** The sending server's answer, as the body of a frame's reply. `code` 250: it took the letter. */
export const SmtpAnswer = z.object({
  code: z.int(),
  words: z.string(),
  /** Its own name for the letter, where it says that it gave one. */
  renamed: z.string().optional(),
})
export type SmtpAnswer = z.infer<typeof SmtpAnswer>

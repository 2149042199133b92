/** A visitor's act as it stands in the journal: his frame, where and when it was said. */
import { z } from 'zod'
import { VisitorFrame } from '#contract/visitor.ts'

export const ActBody = z.object({ chat: z.string(), at: z.iso.datetime(), frame: VisitorFrame })
export type ActBody = z.infer<typeof ActBody>

/** The site vouched for its customer; `was`: the unknown visitor of this browser. */
export const SignedInBody = z.object({
  chat: z.string(),
  at: z.iso.datetime(),
  signedIn: z.object({
    name: z.string().optional(),
    email: z.string().optional(),
    phone: z.string().optional(),
    language: z.string().optional(),
  }),
  was: z.string().optional(),
})
export type SignedInBody = z.infer<typeof SignedInBody>

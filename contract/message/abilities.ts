/**
 * What a network can do, as one table of numbers. The composer, `fit`, broadcasts, tests and docs read the same table; nobody
 * asks for a network's name.
 *
 * absent = not there · `in` = they to us, `out` = we to them · seconds, bytes, minor units of money
 * `partial` = works with a loss that the connector names in its `setup.md`
 */
import { z } from 'zod'
import { EntityKind, MEDIA_KINDS } from './content.ts'

export const Level = z.enum(['partial', 'full'])
export type Level = z.infer<typeof Level>

const both = { in: Level.optional(), out: Level.optional() }
export const Both = z.object(both)
export type Both = z.infer<typeof Both>

/** `n` acts in `per` seconds, of which `burst` may come at once (default `n`). */
export const Rate = z.object({ n: z.number(), per: z.number(), burst: z.number().optional() })
export type Rate = z.infer<typeof Rate>

export const MediaAbility = z.object({
  ...both,
  /** Accepted media types; `*` alone = any. */
  types: z.array(z.string()),
  bytes: z.int(),
  seconds: z.number().optional(),
  /** Width plus height. */
  pixels: z.int().optional(),
  /** Longest caption in the unit of `text`; absent = none. */
  caption: z.int().optional(),
  /** Most items of one album; absent = no albums. */
  album: z.int().optional(),
  /** Further kinds that may stand in one album with it. */
  mixes: z.array(z.enum(MEDIA_KINDS)).optional(),
  by: z.enum(['upload', 'url']),
})
export type MediaAbility = z.infer<typeof MediaAbility>

const ChoiceAbility = z.object({
  max: z.int(),
  perRow: z.int(),
  /** Longest label in characters; longest value in bytes. */
  label: z.int(),
  value: z.int(),
  links: z.boolean().optional(),
})

export const Abilities = z.object({
  text: z.object({
    max: z.int(),
    unit: z.enum(['utf16', 'codepoints', 'bytes', 'sms']),
    lines: z.int().optional(),
    marks: z.partialRecord(EntityKind, Level),
  }),
  media: z.partialRecord(z.enum(['image', 'video', 'audio', 'voice', 'file', 'sticker']), MediaAbility).optional(),
  parts: z.partialRecord(z.enum(['location', 'contact', 'poll', 'order', 'call']), Both).optional(),
  choices: z.partialRecord(z.enum(['buttons', 'keyboard', 'list']), ChoiceAbility).optional(),
  subject: Both.optional(),
  /** Any number of parts goes out as one message: a letter. */
  together: z.literal(true).optional(),
  /** `cc` and `bcc` are understood. */
  copies: Both.optional(),
  reply: Both.optional(),
  thread: Both.optional(),
  groups: z.enum(['member', 'admin']).optional(),
  history: Level.optional(),
  edit: z.object({ ...both, within: z.number().optional(), times: z.int().optional() }).optional(),
  delete: z.object({ ...both, within: z.number().optional(), forAll: z.boolean().optional() }).optional(),
  reaction: z.object({ ...both, perPerson: z.int(), only: z.array(z.string()).optional() }).optional(),
  receipts: z.object({ delivered: Level.optional(), read: Level.optional(), markRead: Level.optional() }).optional(),
  /** `lasts`: seconds until the platform takes the hint down by itself. */
  typing: z.object({ ...both, lasts: z.number().optional() }).optional(),
  /** May we begin, and by what kind of address. */
  first: z.object({
    who: z.enum(['anyone', 'after_they_wrote', 'after_they_allowed']),
    by: z.array(z.string()),
  }),
  window: z
    .object({
      seconds: z.number(),
      messages: z.int().optional(),
      after: z.enum(['template', 'tag', 'paid', 'nothing']),
    })
    .optional(),
  /** Starting values; the sender learns from refusals. `perCall`: receivers of one call. */
  pacing: z.object({
    channel: z.array(Rate).optional(),
    chat: z.array(Rate).optional(),
    group: z.array(Rate).optional(),
    perCall: z.int().optional(),
  }),
  /** A repeat with the same key inside this many seconds is folded by the platform. */
  idempotency: z.object({ seconds: z.number() }).optional(),
  confirms: z.enum(['id', 'echo', 'nothing']),
  /** `all`: also what a person typed in the platform's own app. */
  echo: z.enum(['ours', 'all']).optional(),
  persona: z.enum(['name', 'ghost']).optional(),
  /** May a sender be believed: by the platform, by a check of ours, or only claimed. */
  sender: z.enum(['platform', 'checked', 'claimed']),
  cost: z
    .object({
      per: z.enum(['message', 'segment', 'session', 'month']),
      currency: z.string(),
      minor: z.number().optional(),
    })
    .optional(),
  e2ee: z.literal('ends_here').optional(),
})
export type Abilities = z.infer<typeof Abilities>

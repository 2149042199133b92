/**
 * What was said, on any network.
 *
 * content  subject? + parts + choices?
 * part     text, image, voice, location …: one visible piece, in order
 * rich     plain text plus entities (UTF-16 offsets); never HTML inside
 * choices  buttons, a keyboard or a list offered with the message
 * file     ours by id, or a connector's lazy reference that a job fetches before the platform's link dies
 */
import { z } from 'zod'
import { FileId } from '../ids.ts'

export const EntityKind = z.enum([
  'bold',
  'italic',
  'underline',
  'strike',
  'code',
  'pre',
  'quote',
  'spoiler',
  'heading',
  'link',
  'mention',
  'emoji',
])
export type EntityKind = z.infer<typeof EntityKind>

/** `offset` and `length` count UTF-16 units. `value`: the URL of a link, the identity of a mention, the language of `pre`. */
export const Entity = z.object({
  kind: EntityKind,
  offset: z.int().min(0),
  length: z.int().min(1),
  value: z.string().optional(),
})
export type Entity = z.infer<typeof Entity>

export const Rich = z.object({ text: z.string(), entities: z.array(Entity).default([]) })
export type Rich = z.infer<typeof Rich>

export const FileRef = z.union([
  z.object({ file: FileId }),
  z.object({
    /** Opaque to all but the connector that wrote it. */
    remote: z.string(),
    /** Why it could not be fetched; a fetch can be asked for again. */
    failed: z.string().optional(),
  }),
])
export type FileRef = z.infer<typeof FileRef>

const media = {
  source: FileRef,
  /** A media type such as `image/jpeg`. */
  type: z.string(),
  name: z.string().optional(),
  bytes: z.int().min(0).optional(),
  seconds: z.number().min(0).optional(),
  width: z.int().min(0).optional(),
  height: z.int().min(0).optional(),
  caption: Rich.optional(),
  /** By what name the `html` part beside it calls it: `cid:` of a letter. */
  cid: z.string().optional(),
  /** Which of the platform's messages this was, where an album of several is one message here. */
  item: z.string().optional(),
}

const part = <const Kind extends string, Shape extends z.ZodRawShape>(kind: Kind, shape: Shape) =>
  z.object({ kind: z.literal(kind), ...shape })

export const Part = z.discriminatedUnion('kind', [
  part('text', Rich.shape),
  part('image', media),
  part('video', { ...media, look: z.enum(['plain', 'round', 'loop']).default('plain') }),
  part('audio', media),
  part('voice', { ...media, transcript: z.string().optional() }),
  part('file', media),
  part('sticker', { ...media, emoji: z.string().optional() }),
  part('location', {
    lat: z.number().min(-90).max(90),
    lon: z.number().min(-180).max(180),
    title: z.string().optional(),
    address: z.string().optional(),
    liveUntil: z.iso.datetime().optional(),
  }),
  part('contact', { name: z.string(), phones: z.array(z.string()), emails: z.array(z.string()) }),
  part('poll', { question: z.string(), options: z.array(z.string()), many: z.boolean() }),
  part('link', { url: z.url(), title: z.string().optional(), text: z.string().optional() }),
  part('order', {
    items: z.array(
      z.object({ sku: z.string(), name: z.string(), quantity: z.number(), minor: z.int(), currency: z.string() }),
    ),
  }),
  part('call', { missed: z.boolean(), seconds: z.number().optional() }),
  /** Something that happened in the chat: joined, left, renamed, pinned … */
  part('event', { what: z.string(), who: z.array(z.string()) }),
  /** Outgoing only: a text the platform has approved before. */
  part('template', { name: z.string(), language: z.string(), values: z.record(z.string(), z.string()) }),
  /** The mail as it was sent, shown in a sandbox beside its text part. `folded`: the text leaves out what this quotes or is signed with. */
  part('html', { source: FileRef, folded: z.literal(true).optional() }),
  /** Of a kind that Parley does not know yet: kept, shown, never dropped. */
  part('unknown', { what: z.string(), openUrl: z.url().optional() }),
])
export type Part = z.infer<typeof Part>
export type PartKind = Part['kind']
export type PartOf<Kind extends PartKind> = Extract<Part, { kind: Kind }>

/** The kinds of part that carry a file. */
export const MEDIA_KINDS = ['image', 'video', 'audio', 'voice', 'file', 'sticker'] as const
export type MediaKind = (typeof MEDIA_KINDS)[number]
export type MediaPart = PartOf<MediaKind>

export const isMedia = (candidate: Part): candidate is MediaPart =>
  (MEDIA_KINDS as readonly string[]).includes(candidate.kind)

export const Choice = z.object({
  id: z.string(),
  label: z.string(),
  does: z.enum(['answer', 'link', 'phone', 'place', 'copy', 'app']).default('answer'),
  value: z.string().optional(),
})
export type Choice = z.infer<typeof Choice>

export const Choices = z.object({
  as: z.enum(['buttons', 'keyboard', 'list']),
  rows: z.array(z.array(Choice).min(1)).min(1),
  once: z.boolean().default(false),
})
export type Choices = z.infer<typeof Choices>

export const Content = z.object({
  subject: z.string().optional(),
  /** Further receivers of a letter; only where the abilities have `copies`. */
  cc: z.array(z.string()).optional(),
  bcc: z.array(z.string()).optional(),
  /**
   * Letters for `of` go to `to`, as a letter of his asked (`Reply-To`): what it asked stands on that letter, where an answer went on the
   * answer. Never evidence of who somebody is, for anybody can ask anything.
   */
  answersTo: z.object({ of: z.string(), to: z.string() }).optional(),
  parts: z.array(Part).min(1),
  choices: Choices.optional(),
})
export type Content = z.infer<typeof Content>

/** A content of one plain text part. */
export const plain = (text: string): Content => ({ parts: [{ kind: 'text', text, entities: [] }] })

/** What search looks in: the words, and the names of pictures and films. */
export const findableWordsOf = (content: Content): string =>
  [
    wordsOf(content),
    ...content.parts.flatMap((each) => (each.kind === 'image' || each.kind === 'video' ? (each.name ?? []) : [])),
  ]
    .filter(Boolean)
    .join('\n')

/** All words of a content in reading order, as a row or a quote shows them. No markup. */
export function wordsOf(content: Content): string {
  const lines: string[] = []
  if (content.subject) lines.push(content.subject)
  for (const each of content.parts) {
    const line = wordsOfPart(each)
    if (line) lines.push(line)
  }
  return lines.join('\n')
}

function wordsOfPart(given: Part): string {
  switch (given.kind) {
    case 'text':
      return given.text
    // Named by a camera or a clipboard: the name says nothing in a row.
    case 'image':
    case 'video':
      return given.caption?.text ?? ''
    case 'audio':
    case 'file':
      return [given.caption?.text, given.name].filter(Boolean).join(' ')
    case 'voice':
      return [given.caption?.text, given.transcript].filter(Boolean).join(' ')
    case 'sticker':
      return given.emoji ?? ''
    case 'location':
      return [given.title, given.address].filter(Boolean).join(', ')
    case 'contact':
      return [given.name, ...given.phones, ...given.emails].join(' ')
    case 'poll':
      return [given.question, ...given.options].join(' ')
    case 'link':
      return [given.title, given.text, given.url].filter(Boolean).join(' ')
    case 'order':
      return given.items.map((item) => item.name).join(', ')
    case 'template':
      return Object.values(given.values).join(' ')
    case 'call':
    case 'event':
    case 'html':
    case 'unknown':
      return ''
  }
}

/**
 * What a visitor's browser and Parley say to each other in a site's chat.
 *
 * up     hello first, then acts; an act's `id` is made by the browser, so that it may be said again after a cut and counts once
 * down   welcome, ack, and the numbered entries of the chats of this session (`visitor-talk.ts`)
 * chat   one stream of entries; a session has one, or two: what a visitor said before the site told who he is stays readable
 */
import { z } from 'zod'
import { emailUpTo } from './email.ts'
import { isMedia, Part } from './message/content.ts'
import { VISITOR_TEXT } from './visitor-talk.ts'

export const ActId = z.string().regex(/^[\w-]{8,64}$/)

const Named = z.object({ id: ActId })

/** The name of the act that was said here, however little of it can be read or taken; undefined: it has none. */
export function actIn(bytes: Uint8Array): string | undefined {
  try {
    const said: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    return Named.safeParse(said).data?.id
  } catch {
    return undefined
  }
}

const MessageName = z.string().min(1).max(100)
const Chat = z.string().min(1).max(300)
const Language = z.string().max(35)

/** What a browser may say: words, files it has uploaded before, a place. */
const SAYABLE = new Set(['text', 'image', 'video', 'audio', 'voice', 'file', 'sticker', 'location'])

export const VisitorPart = Part.refine(
  (part) =>
    SAYABLE.has(part.kind) &&
    (part.kind !== 'text' || (part.text.trim() !== '' && part.text.length <= VISITOR_TEXT)) &&
    (!isMedia(part) || ('file' in part.source && (part.caption?.text.length ?? 0) <= VISITOR_TEXT)),
  'a visitor cannot say this',
)

const act = { id: ActId, chat: Chat.optional() }

export const VisitorFrame = z.discriminatedUnion('t', [
  z.object({
    t: z.literal('hello'),
    /** Of an earlier welcome; absent: somebody new. */
    token: z.string().max(2000).optional(),
    /** Made by the site's server for a customer it knows. */
    jwt: z.string().max(4000).optional(),
    /** Last entry seen, by chat. */
    after: z.record(Chat, z.int().min(0)).optional(),
    language: Language.optional(),
  }),
  z.object({
    ...act,
    t: z.literal('send'),
    parts: z.array(VisitorPart).min(1).max(10),
    replyTo: MessageName.optional(),
    language: Language.optional(),
  }),
  z.object({ ...act, t: z.literal('edit'), message: MessageName, text: z.string().trim().min(1).max(VISITOR_TEXT) }),
  z.object({ ...act, t: z.literal('delete'), message: MessageName }),
  z.object({ ...act, t: z.literal('react'), message: MessageName, emoji: z.array(z.string().min(1).max(16)).max(1) }),
  z.object({ ...act, t: z.literal('press'), message: MessageName, value: z.string().min(1).max(1000) }),
  /** Came by a proof link. */
  z.object({ ...act, t: z.literal('start'), link: z.string().regex(/^[\w-]{8,64}$/) }),
  z.object({
    ...act,
    t: z.literal('form'),
    name: z.string().trim().max(200).optional(),
    email: emailUpTo(200).optional(),
    phone: z.string().trim().max(40).optional(),
    language: Language.optional(),
  }),
  z.object({ t: z.literal('seen'), chat: Chat, messages: z.array(MessageName).min(1).max(50), read: z.boolean() }),
  z.object({ t: z.literal('typing') }),
  z.object({ t: z.literal('ping') }),
])
export type VisitorFrame = z.infer<typeof VisitorFrame>

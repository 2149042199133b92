/**
 * A visitor's talk as his browser holds it: entries of his chats, folded into messages. Pure and small: the widget ships it, the
 * emulator's phones use it. Here too stand the numbers that both sides count with.
 */
import type { Content } from './message/content.ts'

/** Longest text of a visitor, in UTF-16 units. */
export const VISITOR_TEXT = 4000
/** Largest file of a visitor, in bytes. */
export const VISITOR_FILE_BYTES = 25_000_000

/** What stands in a chat's stream. */
export type ChatEntry =
  | { t: 'message'; id: string; from: 'you' | 'team'; at: string; content: Content; replyTo?: string }
  /** `by`: who says so; of another's message it counts for nothing. */
  | { t: 'edit'; id: string; by: 'you' | 'team'; at: string; content: Content }
  | { t: 'delete'; id: string; by: 'you' | 'team' }
  | { t: 'react'; id: string; by: 'you' | 'team'; emoji: string[] }
  /** The visitor pressed a button of `on`. */
  | { t: 'press'; id: string; on?: string; value: string; at: string }
  /** The visitor has read the team's message, in some tab. */
  | { t: 'seen'; id: string }
  /** The team has read the visitor's message, and all before it. */
  | { t: 'read'; id: string }

/** Shown and forgotten. */
export interface PassingFrame {
  t: 'typing'
  on: boolean
}

export type ServerFrame =
  | { t: 'welcome'; token: string; chats: string[]; now: string }
  | { t: 'ack'; id: string }
  | { t: 'entry'; chat: string; seq: number; frame: ChatEntry }
  | { t: 'passing'; chat: string; frame: PassingFrame }
  | { t: 'pong' }
  /** Too much at once: this frame was not taken, say it again after so many seconds. */
  | { t: 'wait'; seconds: number }
  /** `id`: of the act that will never be taken. Without one no act is meant: the chat itself is not there, or this session is not. */
  | { t: 'refused'; status: number; id?: string }

/** What the widget knows of its site before it connects. */
export interface ChatConfig {
  title: string | null
  greeting: string | null
  colour: string
  position: 'right' | 'left'
  language: 'auto' | 'en' | 'ru'
  theme: 'auto' | 'light' | 'dark'
  askFor: ('name' | 'email' | 'phone')[]
  /** Ways to go on elsewhere. */
  elsewhere: { name: string; url: string }[]
}

export interface TalkMessage {
  id: string
  chat: string
  seq: number
  from: 'you' | 'team'
  at: string
  content: Content
  replyTo?: string
  edited?: boolean
  deleted?: boolean
  /** Which of its buttons the visitor pressed. */
  pressed?: string
  reactions: { you: string[]; team: string[] }
  /** Of the team's messages: the visitor has seen it. Of the visitor's: the team has read it. */
  seen?: boolean
}

export type Talk = Map<string, TalkMessage>

/** @returns the talk's message that changed, if one did; a repeat changes nothing */
export function applyEntry(talk: Talk, chat: string, seq: number, entry: ChatEntry): TalkMessage | undefined {
  const known = talk.get(entry.id)
  switch (entry.t) {
    case 'message': {
      if (known) return undefined
      const { id, from, at, content, replyTo } = entry
      return added(talk, { id, chat, seq, from, at, content, ...(replyTo ? { replyTo } : {}), reactions: none() })
    }
    case 'press': {
      const on = entry.on === undefined ? undefined : talk.get(entry.on)
      if (on) on.pressed = entry.value
      if (known) return undefined
      const text = labelOf(on?.content, entry.value)
      const content: Content = { parts: [{ kind: 'text', text, entities: [] }] }
      return added(talk, { id: entry.id, chat, seq, from: 'you', at: entry.at, content, reactions: none() })
    }
    case 'edit':
      if (!known || known.from !== entry.by) return undefined
      return Object.assign(known, { content: entry.content, edited: true })
    case 'delete':
      if (!known || known.from !== entry.by) return undefined
      return Object.assign(known, { deleted: true })
    case 'react':
      if (known) known.reactions[entry.by] = entry.emoji
      return known
    case 'seen':
      return known?.from === 'team' ? Object.assign(known, { seen: true }) : undefined
    case 'read': {
      if (known?.from !== 'you') return undefined
      for (const each of talk.values()) if (each.from === 'you' && each.at <= known.at) each.seen = true
      return known
    }
  }
}

/** Oldest first: inside a chat its own numbers decide; two chats of one visitor are merged by time. */
export function inOrder(talk: Talk): TalkMessage[] {
  const lines = [...Map.groupBy(talk.values(), (message) => message.chat).values()].map((line) =>
    line.toSorted((a, b) => a.seq - b.seq),
  )
  const thread: TalkMessage[] = []
  for (;;) {
    const waiting = lines.filter((line) => line.length > 0)
    const [first, ...others] = waiting
    if (!first) return thread
    thread.push(others.reduce((best, line) => (line[0]!.at < best[0]!.at ? line : best), first).shift()!)
  }
}

/** Of the button with this value, as it was offered. */
export const labelOf = (offered: Content | undefined, value: string): string =>
  offered?.choices?.rows.flat().find((choice) => (choice.value ?? choice.id) === value)?.label ?? value

function added(talk: Talk, message: TalkMessage): TalkMessage {
  talk.set(message.id, message)
  return message
}

const none = () => ({ you: [], team: [] })

/** What is known of the talk, and what can be done in it; whoever draws it is told of every change. */
import type { FileView } from '#contract/calls/files.ts'
import type { Content, Part } from '#contract/message/content.ts'
import { applyEntry, inOrder, labelOf, type Talk, type TalkMessage } from '#contract/visitor-talk.ts'
import { connection, type ActFrame } from './connection.ts'
import type { Memory } from './memory.ts'
import { upload, type Uploading } from './upload.ts'

/** `waits`: said here, not yet heard by Parley. */
export type ShownMessage = TalkMessage & { waits?: boolean }

export interface RoomView {
  /** Oldest first; what waits stands at the end. */
  messages: ShownMessage[]
  unread: number
  isTeamTyping: boolean
  isAway: boolean
  isFormDone: boolean
}

export interface Room {
  view(): RoomView
  onChange(look: () => void): void
  /** Connects if this browser has talked before. */
  wake(): void
  /** The visitor opened the chat: connects. */
  enter(): void
  /** The window shows the talk, or no longer. */
  look(isLooking: boolean): void
  say(parts: Part[], replyTo?: string): void
  edit(message: TalkMessage, text: string): void
  remove(message: TalkMessage): void
  react(message: TalkMessage, emoji: string | null): void
  press(message: TalkMessage, value: string): void
  types(): void
  form(fields: { name?: string; email?: string; phone?: string }): void
  upload(file: File, progress: (share: number) => void): Uploading
  /** The bytes of a file of this talk. */
  fetch(file: string): Promise<Blob>
  draft(): string
  keepDraft(text: string): void
  comeBy(link: string): void
  identify(jwt: string): void
  /** This browser forgets who it was. */
  forget(): void
}

const TYPING_SHOWN_MS = 6_000
const TYPING_SAID_MS = 3_000

export function room({ hook, memory, language }: { hook: string; memory: Memory; language: string }): Room {
  let talk: Talk = new Map()
  let isLooking = false
  let isAway = false
  let isTeamTyping = false
  let typingUntil: ReturnType<typeof setTimeout> | undefined
  let saidTypingAt = 0
  const delivered = memory.delivered()
  const lookers: (() => void)[] = []
  let isTold = false

  /** Entries come in crowds: one drawing for all of this turn. */
  function changed(): void {
    if (isTold) return
    isTold = true
    queueMicrotask(() => {
      isTold = false
      for (const look of lookers) look()
    })
  }

  const wire = connection(hook, memory, language, {
    entry: ({ chat, seq, frame }) => {
      const touched = applyEntry(talk, chat, seq, frame)
      if (frame.t === 'message' && frame.from === 'team') {
        teamTypes(false)
        if (seq > (delivered[chat] ?? 0)) {
          delivered[chat] = seq
          memory.setDelivered(delivered)
          wire.hint({ t: 'seen', chat, messages: [frame.id], read: false })
        }
      }
      if (touched) read()
      changed()
    },
    typing: teamTypes,
    state: (now) => {
      isAway = now === 'away'
      changed()
    },
    session: (chats, isNew) => {
      // Somebody else now: what the page showed is not his. Entries of chats that stay are kept, they do not come again.
      if (isNew) talk = new Map([...talk].filter(([, message]) => chats.includes(message.chat)))
      read()
      changed()
    },
    acknowledged: changed,
    refused: changed,
  })
  memory.onToken((token) => {
    if (token === null) leave()
    wire.restart()
  })
  document.addEventListener('visibilitychange', read)

  function teamTypes(on: boolean): void {
    clearTimeout(typingUntil)
    isTeamTyping = on
    if (on) typingUntil = setTimeout(() => teamTypes(false), TYPING_SHOWN_MS)
    changed()
  }

  /** What is open and visible is read. */
  function read(): void {
    if (!isLooking || document.hidden) return
    for (const [chat, some] of Map.groupBy(unseen(), (message) => message.chat)) {
      wire.hint({ t: 'seen', chat, messages: some.slice(-50).map(({ id }) => id), read: true })
      for (const message of some) message.seen = true
    }
  }

  const unseen = () => [...talk.values()].filter(({ from, seen, deleted }) => from === 'team' && !seen && !deleted)

  function leave(): void {
    talk = new Map()
    changed()
  }

  return {
    view: () => ({
      messages: [...withUnsent(inOrder(talk), wire.unsent())],
      unread: unseen().length,
      isTeamTyping,
      isAway,
      isFormDone: memory.isFormDone(),
    }),
    onChange: (look) => void lookers.push(look),
    wake: () => {
      if (memory.token()) wire.wake()
    },
    enter: () => wire.wake(),
    look: (looking) => {
      isLooking = looking
      read()
      changed()
    },
    say: (parts, replyTo) => {
      wire.act({ t: 'send', parts, language, ...(replyTo ? { replyTo } : {}) })
      // The next letter begins another message.
      saidTypingAt = 0
      changed()
    },
    edit: ({ chat, id }, text) => {
      wire.act({ t: 'edit', chat, message: id, text })
      changed()
    },
    remove: ({ chat, id }) => {
      wire.act({ t: 'delete', chat, message: id })
      changed()
    },
    react: ({ chat, id }, emoji) => {
      wire.act({ t: 'react', chat, message: id, emoji: emoji ? [emoji] : [] })
      changed()
    },
    press: ({ chat, id }, value) => {
      wire.act({ t: 'press', chat, message: id, value })
      changed()
    },
    types: () => {
      if (Date.now() - saidTypingAt < TYPING_SAID_MS) return
      saidTypingAt = Date.now()
      wire.hint({ t: 'typing' })
    },
    form: (fields) => {
      wire.act({ t: 'form', ...fields, language })
      memory.setFormDone()
      changed()
    },
    upload: (file, progress) => upload(hook, () => memory.token(), file, progress),
    fetch: async (file) => {
      const response = await fetch(`${hook}/files/${file}`, {
        headers: { authorization: `Bearer ${memory.token()}` },
        credentials: 'omit',
      })
      if (!response.ok) throw new Error(String(response.status))
      return response.blob()
    },
    draft: memory.draft,
    keepDraft: memory.setDraft,
    comeBy: (link) => void wire.act({ t: 'start', link }),
    identify: (jwt) => wire.identify(jwt),
    forget: () => {
      memory.forget()
      leave()
      wire.forget()
    },
  }
}

/** What was done here and is not told back yet is shown as if it were. */
function withUnsent(messages: TalkMessage[], unsent: readonly ActFrame[]): ShownMessage[] {
  const shown: ShownMessage[] = [...messages]
  const change = (id: string, how: (message: ShownMessage) => ShownMessage) => {
    const index = shown.findIndex((message) => message.id === id)
    if (index >= 0) shown[index] = how(shown[index]!)
  }
  for (const frame of unsent) {
    if (frame.t === 'send') shown.push(saidHere(frame.id, { parts: frame.parts }, frame.replyTo))
    else if (frame.t === 'press') {
      const label = labelOf(messages.find(({ id }) => id === frame.message)?.content, frame.value)
      change(frame.message, (message) => ({ ...message, pressed: frame.value }))
      shown.push(saidHere(frame.id, { parts: [{ kind: 'text', text: label, entities: [] }] }))
    } else if (frame.t === 'edit')
      change(frame.message, (message) => ({
        ...message,
        edited: true,
        content: { parts: [{ kind: 'text', text: frame.text, entities: [] }] },
      }))
    else if (frame.t === 'delete') change(frame.message, (message) => ({ ...message, deleted: true }))
    else if (frame.t === 'react')
      change(frame.message, (message) => ({ ...message, reactions: { ...message.reactions, you: frame.emoji } }))
  }
  return shown
}

const saidHere = (id: string, content: Content, replyTo?: string): ShownMessage => ({
  id,
  chat: '',
  seq: 0,
  from: 'you',
  at: '',
  content,
  ...(replyTo ? { replyTo } : {}),
  reactions: { you: [], team: [] },
  waits: true,
})

export type { FileView }

/**
 * A visitor's browser without a screen: says hello, keeps its cursors and its unsent acts, comes again after a cut. What it knows of
 * the protocol it knows from `contract/`, as the widget does.
 */
import { randomUUID } from 'node:crypto'
import { WebSocket } from 'ws'
import { applyEntry, inOrder, type ServerFrame, type Talk, type TalkMessage } from '#contract/visitor-talk.ts'
import type { FileView } from '#contract/calls/files.ts'
import type { Json } from '#connector-kit/connector.ts'

export interface VisitorOptions {
  /** `/hooks/:channelId`, whole. */
  hook: string
  origin: string
  token?: string
  jwt?: string
  onFrame?(direction: 'up' | 'down', frame: Json): void
}

export interface Visitor {
  readonly token: string
  /** The first is where new words go. */
  readonly chats: readonly string[]
  thread(): TalkMessage[]
  /** Entries as they came, to count repeats. */
  readonly entries: readonly { chat: string; seq: number }[]
  isTypedTo(): boolean
  /** Says it, and again after a cut, until it is acknowledged. @returns its id */
  act(frame: { t: string; id?: string; [field: string]: Json }): Promise<string>
  /** Says it once, if connected. */
  hint(frame: Json): void
  upload(bytes: Uint8Array<ArrayBuffer>, name: string): Promise<FileView>
  download(file: string): Promise<Response>
  /** The wire breaks; it comes again by itself. */
  cut(): void
  close(): void
}

const AGAIN_MS = 50

export class VisitorRefused extends Error {
  readonly status: number
  constructor(status: number) {
    super(`refused with ${status}`)
    this.name = 'VisitorRefused'
    this.status = status
  }
}

/** @throws VisitorRefused when the hello is */
export async function visitor(options: VisitorOptions): Promise<Visitor> {
  const { hook, origin, onFrame } = options
  let { token, jwt } = options
  let chats: string[] = []
  let socket: WebSocket | undefined
  let closed = false
  let typing = false
  const talk: Talk = new Map()
  const after = new Map<string, number>()
  const entries: { chat: string; seq: number }[] = []
  const unsent = new Map<string, { frame: Json; done: PromiseWithResolvers<string> }>()
  const greeted = Promise.withResolvers<void>()

  function say(frame: Json): void {
    if (socket?.readyState !== WebSocket.OPEN) return
    onFrame?.('up', frame)
    socket.send(JSON.stringify(frame))
  }

  function connect(): void {
    socket = new WebSocket(`${hook.replace(/^http/, 'ws')}/socket`, { headers: { origin } })
    socket.on('open', () =>
      say({ t: 'hello', ...(token ? { token } : {}), ...(jwt ? { jwt } : {}), after: Object.fromEntries(after) }),
    )
    socket.on('message', (data: Buffer) => heard(JSON.parse(data.toString()) as ServerFrame))
    socket.on('error', () => {})
    socket.on('close', () => {
      if (!closed) setTimeout(connect, AGAIN_MS)
    })
  }

  function heard(frame: ServerFrame): void {
    onFrame?.('down', frame)
    switch (frame.t) {
      case 'welcome':
        ;({ token, chats } = frame)
        jwt = undefined
        greeted.resolve()
        for (const { frame: waiting } of unsent.values()) say(waiting)
        return
      case 'ack':
        unsent.get(frame.id)?.done.resolve(frame.id)
        unsent.delete(frame.id)
        return
      case 'entry': {
        const { chat, seq, frame: entry } = frame
        entries.push({ chat, seq })
        after.set(chat, seq)
        applyEntry(talk, chat, seq, entry)
        if (entry.t === 'message' && entry.from === 'team') {
          typing = false
          say({ t: 'seen', chat, messages: [entry.id], read: false })
        }
        return
      }
      case 'passing':
        typing = frame.frame.on
        return
      case 'refused':
        if (frame.status === 503) return
        if (frame.id !== undefined) {
          unsent.get(frame.id)?.done.reject(new VisitorRefused(frame.status))
          return void unsent.delete(frame.id)
        }
        if (frame.status !== 404) closed = true
        greeted.reject(new VisitorRefused(frame.status))
        for (const { done } of unsent.values()) done.reject(new VisitorRefused(frame.status))
        unsent.clear()
        return
      case 'wait':
        setTimeout(() => {
          for (const { frame: waiting } of unsent.values()) say(waiting)
        }, frame.seconds * 1000)
        return
      case 'pong':
    }
  }

  connect()
  await greeted.promise
  const bearer = () => ({ authorization: `Bearer ${token}`, origin })
  return {
    get token() {
      return token!
    },
    get chats() {
      return chats
    },
    thread: () => inOrder(talk),
    entries,
    isTypedTo: () => typing,
    act: (given) => {
      const frame = { id: randomUUID(), ...given }
      const done = Promise.withResolvers<string>()
      unsent.set(frame.id, { frame, done })
      say(frame)
      return done.promise
    },
    hint: say,
    upload: async (bytes, name) => {
      const response = await fetch(`${hook}/files`, {
        method: 'POST',
        headers: { ...bearer(), 'content-type': 'application/octet-stream', 'x-file-name': encodeURIComponent(name) },
        body: bytes,
      })
      if (!response.ok) throw new VisitorRefused(response.status)
      return (await response.json()) as FileView
    },
    download: (file) => fetch(`${hook}/files/${file}`, { headers: bearer() }),
    cut: () => socket?.terminate(),
    close: () => {
      closed = true
      socket?.close()
    },
  }
}

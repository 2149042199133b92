/**
 * What a messenger is to us.
 *
 * A connector describes, the kit does: `incoming`, `outgoing` and `asks` are pure, data in and data out. Whoever runs them performs
 * the requests, so deadlines, proxies, limits and tests exist once, for all messengers.
 *
 * chat   the platform's own thread id, opaque          event  one thing a platform told us, as it came
 * op     one thing we do there                         plan   a generator of requests
 * line   a long-lived connection held under a lease
 */
import type { Duplex, Readable } from 'node:stream'
import type { z } from 'zod'
import type { Manifest, Words } from '#contract/manifest.ts'
import type { Abilities } from '#contract/message/abilities.ts'
import type { ChannelState } from '#contract/message/channel-state.ts'
import type { Content, FileRef } from '#contract/message/content.ts'
import type { SendErrorCode } from '#contract/message/send-errors.ts'

export type { Abilities, ChannelState, Content, FileRef, Manifest, SendErrorCode, Words }

/** Unknown until zod has read it. */
export type Json = unknown

/** Settings are erased for the server: it holds them sealed and hands them back to the connector that described them. */
// eslint-disable-next-line typescript/no-explicit-any -- variance: a connector of its own settings must be a Connector to the server
export interface Connector<S = any> {
  /** The loader refuses another number. */
  readonly api: 1
  readonly manifest: Manifest
  readonly settings: z.ZodType<S>
  readonly abilities: Abilities
  /**
   * Pure. Called after the journal's commit. `[]` = understood, nothing to tell. Throws only `ApiChanged`: the event is kept and can
   * be replayed.
   */
  incoming(event: Event, c: Context<S>): Incoming[] | Promise<Incoming[]>
  /** Pure. Ends with what the platform gave back, or throws `SendError` for an answer it read. A broken wire is the kit's business. */
  outgoing(op: Op, c: Context<S>): Plan<Sent>
  readonly asks: Asks<S>
  readonly webhook?: Webhook<S>
  readonly login?: Login
  /**
   * Runs while this process holds the channel's lease. Must end when the signal fires. Whatever it throws, the caller sets the
   * channel's state and calls again.
   */
  connect?(line: Line<S>): Promise<void>
  /** Bytes that came inside the event itself (a letter's attachment): asked before `asks.file`. `remote` is what `incoming` wrote. */
  carried?(event: Event, remote: string, c: Context<S>): Promise<Carried | null>
  /** Connectors with visitors' sockets: what the chat's own sockets shall see of what the visitor did (his second tab, a reload). */
  mirror?(incoming: Incoming, c: Context<S>): StreamFrame[]
  /** Parsing is expensive or risky (mail): `incoming` runs in a worker thread with 5 s and 64 MB. */
  readonly heavy?: true
}

export interface Carried {
  bytes: Uint8Array
  type: string
  name?: string
}

/**
 * One entry of a chat's stream. `key`: a repeat is folded. The server numbers the entries of a chat 1, 2, 3 … as `seq`. `passing`:
 * shown to whoever looks now, never stored, at most a few hundred bytes (typing).
 */
export interface StreamFrame {
  chat: string
  key: string
  frame: Json
  passing?: true
}

/** What a plan asks its performer to do; the reply comes back as the value of `yield`. */
export type Plan<T> = Generator<Request, T, Reply>

export type Request = {
  /** A repeat would be seen twice. At most one in a plan; edits, reactions and reads have none. */
  final?: true
} & (
  | {
      via: 'http'
      method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
      url: string
      headers?: Record<string, string>
      body?: Body
      /** Longer than the usual 15 s, for a long poll or an upload; milliseconds. */
      timeoutMs?: number
    }
  /** To the open line: mail, IRC, XMPP, Signal. */
  | { via: 'line'; frame: Json }
  /** To the visitors' sockets of this channel: stored in the chat's stream, then shown; the reply is `{ status: 200 }`. */
  | ({ via: 'socket' } & StreamFrame)
  /** Sealed, read back as `c.kept`: access tokens, ids of uploaded files. */
  | { via: 'keep'; name: string; value: string; seconds: number }
)

export type Body =
  | { json: Json }
  | { form: Record<string, string> }
  | { multipart: { name: string; value?: string; file?: FileRef; fileName?: string; type?: string }[] }
  | { file: FileRef; type: string }
  | { text: string; type: string }

/** `body` is the parsed JSON where the answer is JSON; integers over 2^53 arrive as strings. */
export interface Reply {
  status: number
  headers: Record<string, string>
  body: Json
  text: string
}

export interface Context<S> {
  /** The channel's id: the audience of tokens made for it. */
  channel: string
  settings: S
  me: Me
  /** What earlier plans kept and what has not yet expired. */
  kept: Record<string, string>
  /** Random, ours, the channel's own for life: webhooks prove themselves with it, letters and addresses of ours are signed with it. */
  secret: string
  now: Date
  /** A signed, expiring address of one of our files that the platform may fetch. Throws when Parley has no public address. */
  publicUrl(file: FileRef): string
}

/** Our own account, as the platform names it. */
export interface Me {
  id: string
  name: string
  handle?: string
  scope?: string
  abilities?: Partial<Abilities>
  /** A warning worth showing although the settings work ("privacy mode is on: the bot hears only replies"). */
  trouble?: string
}

export interface Ref {
  chat: string
  id: string
}

/** `chat`: opened by this op. `pending`: the id comes by echo. */
export interface Sent {
  ids: string[]
  chat?: string
  pending?: true
}

export interface Persona {
  name: string
  avatar?: string
}

/** `key`: stable over retries of one attempt, given to platforms that fold twins. One op = one visible thing. */
export type Op = { key: string; chat?: string; to?: string } & OpDo
export type OpDo =
  | {
      do: 'message'
      content: Content
      replyTo?: Ref
      thread?: string
      as?: Persona
      silent?: boolean
      /** The message's own id, the same for every delivery and every resend of it. */
      origin?: string
      /** Networks with subjects: what this goes on from, the message replied to or else the last one said here. */
      answers?: { ref: Ref; subject?: string; thread?: string }
      /** Written by a machine: mail says so in its headers, so that other machines do not answer. */
      automatic?: boolean
    }
  | { do: 'edit'; target: Ref; content: Content }
  | { do: 'delete'; target: Ref; forAll: boolean }
  /** The whole set; `[]` takes back. */
  | { do: 'react'; target: Ref; emoji: string[] }
  | { do: 'read'; upTo: Ref }
  | { do: 'typing'; kind: 'text' | 'voice' | 'file' | 'stop' }
  /** Ends a button's spinner. */
  | { do: 'answer'; press: string; text?: string }

/** `self`: our own account. */
export interface Who {
  id: string
  name?: string
  /** What to call somebody who has said no name, at the first sight of him alone: whatever is told later counts more. */
  called?: string
  handle?: string
  phone?: string
  email?: string
  /** BCP 47. */
  language?: string
  self?: true
  bot?: true
  /** The platform does not vouch for this sender (a letter without a passing check). */
  unverified?: true
}

export type Incoming =
  | {
      is: 'message'
      ref: Ref
      by: Who
      at: Date
      /** Sorts inside the chat, where the platform numbers its messages. */
      order?: string
      content: Content
      replyTo?: Ref
      thread?: string
      forwarded?: { name?: string }
      /** Items of one album share it. */
      album?: string
      /** A proof token or code that came with the message. */
      token?: string
      group?: { name: string }
      echoOf?: string
      /** Written by a machine: shown, never answered by one. */
      automatic?: true
      /** Further names this message is known by: replies and reports may use any of them. */
      aliases?: string[]
      abilities?: Partial<Abilities>
    }
  | { is: 'edit'; target: Ref; by: Who; at: Date; content: Content }
  | { is: 'delete'; target: Ref; by: Who; moderator?: true }
  | { is: 'reaction'; target: Ref; by: Who; set?: string[]; add?: string; remove?: string }
  | { is: 'press'; id: string; chat: string; by: Who; at: Date; value: string; on?: Ref }
  | {
      is: 'status'
      target?: Ref
      key?: string
      upTo?: { chat: string; at: Date }
      state: 'sent' | 'delivered' | 'read' | 'failed'
      error?: SendErrorCode
      words?: string
      at: Date
    }
  /** Opened by a link, an advert, a QR. */
  | { is: 'start'; chat: string; by: Who; at: Date; token?: string; from?: string }
  /** Blocked, unblocked, STOP, unsubscribed. */
  | { is: 'permission'; by: Who; may: boolean; scope?: 'all' | 'marketing' }
  | { is: 'typing'; chat: string; by: Who }
  | { is: 'profile'; of: Who; avatar?: FileRef }
  /** The platform, or a site's signature, proves that both are one person. */
  | { is: 'same'; one: Who; other: Who; how: 'sign_in' | 'platform' }
  /** A number changed, a group became a supergroup. */
  | { is: 'moved'; what: 'identity' | 'chat'; from: string; to: string }
  | { is: 'channel'; state: ChannelState; reason: string }
  | { is: 'resync'; chat: string }
  | { is: 'unknown'; what: string; ref?: Ref; by?: Who; at?: Date; openUrl?: string }

export interface Asks<S> {
  /** Proves the settings: on creation, on "check", every 15 minutes. */
  me(c: Context<S>): Plan<Me>
  /** Where the bytes of a lazy file reference are. */
  file?(remote: string, c: Context<S>): Plan<{ url: string; headers?: Record<string, string> } | { frame: Json }>
  /** Tells the platform where events go. `secret` is the one that `webhook.open` compares: platforms that take a secret of ours get it here. */
  register?(url: string, c: Context<S>): Plan<void>
  unregister?(c: Context<S>): Plan<void>
  profile?(id: string, c: Context<S>): Plan<Who>
  resolve?(address: string, c: Context<S>): Plan<string | null>
  /** Reads back, newest first; `before`: where to go on, null at both ends. Its events are read by the same `incoming`. */
  history?(chat: string, before: Json, c: Context<S>): Plan<{ events: Event[]; before: Json }>
  /** Fetches the public keys that verify webhooks, and keeps them. */
  keys?(c: Context<S>): Plan<void>
}

/** `key`: repeats are dropped. `lane`: order is kept inside it (the chat). `passing`: typing and the like, never journaled. */
export interface Event {
  key: string
  lane: string
  body: Json
  passing?: true
}

export interface Webhook<S> {
  /** Whoever calls is a stranger's browser: held to the server's quotas before anything is opened. */
  readonly visitors?: true
  /** Pure. Verifies on the raw bytes in constant time and cuts a batch into events; reads no meaning. */
  open(request: WebhookRequest, c: Context<S>): Opened
}

/** A frame of a visitor's socket comes as method `SOCKET`, path `/socket`, the frame as `bytes`. `path` and `query` are what stands behind `/hooks/:channelId`. Header names are lower case. */
export interface WebhookRequest {
  method: string
  path: string
  query: Record<string, string>
  headers: Record<string, string>
  bytes: Uint8Array
  /** Fresh and unguessable for each request (base64url, 256 bits), so that `open` can make ids and stay pure. */
  random: string
  /** Of a visitor's socket: the chats it reads, as an earlier frame of this socket has proven. */
  joined?: string[]
}

export interface Answer {
  status: number
  headers?: Record<string, string>
  body?: string
}

/**
 * `headers`: what a browser of another origin must hear with whatever the answer will be. `act`: the id of the visitor's act that this
 * request is; a refusal for its own sake names it, so that the browser gives up this one and no other.
 */
export type Opened = { headers?: Record<string, string>; act?: string } &
  /**
   * `answer`: given after the commit; default an empty 200. `onlyFresh`: a repeated key refuses the request with 401 (a token that
   * may be used once). `own`: files that the events name; one that this chat did not upload refuses the request with 404. `join`: this
   * socket, or this one poll, reads these chats' streams from now on.
   */
  (
    | { events: Event[]; answer?: Answer; onlyFresh?: true; own?: { chat: string; files: string[] }; join?: Join[] }
    /** The request's body is a file of this chat: it is streamed into the store and answered with its facts. */
    | { upload: { chat: string; bytes: number; name?: string } }
    /** The file is sent if a message of one of these chats holds it. */
    | { serve: { chats: string[]; file: string } }
    | { answer: Answer }
    | { refuse: 400 | 401 | 403 | 404 }
    | { need: 'keys' }
  )

/** From behind entry `after`, and of those no more than the `last` newest. */
export interface Join {
  chat: string
  after: number
  last?: number
}

export interface Line<S> extends Context<S> {
  /** Lease lost, channel paused, shutdown. */
  signal: AbortSignal
  /** Where reading stopped: a mailbox' `{uidvalidity, uidnext}`, a poll's offset; null at the first start. */
  cursor: Json
  /** Resolves after the commit that holds both; acknowledge to the platform only then. */
  receive(events: Event[], cursor?: Json): Promise<void>
  /** The guarded client, with the channel's proxy; `dial` uses the same. */
  run<T>(plan: Plan<T>): Promise<T>
  dial(to: { host: string; port: number; tls: boolean }): Promise<Duplex>
  /** STARTTLS: a dialled connection goes on inside TLS, verified for the host. `secureConnect` or `error` follows on what it returns. */
  secure(plain: Duplex, host: string): Duplex
  /** One of our files, for an upload over the line. */
  file(ref: FileRef): Promise<{ stream: Readable; type: string; name?: string; bytes: number }>
  /**
   * From now on `via: 'line'` goes to `exchange`, and frames that `asks.file` names go to `fetch`. An exchange that breaks throws
   * `WireBroken` and says whether a byte of what others see had left.
   */
  serve(
    exchange: (frame: Json, signal: AbortSignal) => Promise<Reply>,
    fetch?: (frame: Json, signal: AbortSignal) => Promise<Readable>,
  ): void
  state(now: 'connecting' | 'catching_up' | 'ready', left?: number): void
}

/** A sign-in that needs more than one form; pure and serialisable, so that it survives a restart and any UI can drive it. */
export interface Login {
  flows: { id: string; name: Words }[]
  next(flow: string, state: Json, answer: Json): Plan<{ state: Json; step: Step }>
}

export type Step =
  | { show: 'form'; schema: Json }
  | { show: 'open'; url: string }
  | { show: 'qr' | 'code'; text: string; until: Date }
  | { show: 'wait'; say: Words; again: number }
  | { show: 'done'; settings: Json }

/**
 * An emulator is a strict small server that behaves as a platform does: product code never knows it talks to one. Tests, the
 * playground's fake phones and the conformance suite use this door.
 */
import type { Content, Json, Ref } from '../connector.ts'

export interface Emulator {
  /** Its base address (`http://127.0.0.1:port`), or host and port of a line. */
  readonly url: string
  /** Settings that sign a channel in here. */
  readonly settings: Json
  /** `host:port` of its servers, where they are several, or speak no HTTP. */
  readonly hosts?: string[]
  /** All that was asked of it, oldest first. */
  readonly log: EmulatorCall[]
  phone(name: string): Phone
  /** Of networks that are Parley's own: people need its address, the channel's `webhookUrl`, before they can write. */
  meets?(webhookUrl: string): void
  /** Faults that this network cannot have. */
  readonly never: Never
  /**
   * The next `times` (default 1) requests that a member's message causes meet this fault; `Infinity` until `calm()`.
   *
   * @throws where it is one of `never`
   */
  fault(fault: Fault, times?: number): void
  /** Kinds of faults that broke something since it was opened. */
  readonly met: ReadonlySet<FaultName>
  calm(): void
  /** Moves its own clock on; milliseconds. */
  advance(ms: number): void
  close(): Promise<void>
}

export interface EmulatorCall {
  at: number
  what: string
  /** Scrubbed of tokens. */
  body: Json
  status?: number
}

/** A person's client on the network. Refs are the platform's own ids. */
export interface Phone {
  readonly name: string
  readonly id: string
  start(token?: string): Promise<void>
  say(content: Content, replyTo?: Ref): Promise<Ref>
  edit(ref: Ref, content: Content): Promise<void>
  remove(ref: Ref): Promise<void>
  react(ref: Ref, emoji: string[]): Promise<void>
  press(label: string): Promise<void>
  read(): Promise<void>
  typing(): Promise<void>
  block(on: boolean): Promise<void>
  /** What stands on the screen now, oldest first: ours and theirs, after edits and deletions. */
  sees(): SeenMessage[]
}

export interface SeenMessage {
  ref: Ref
  from: 'us' | 'them'
  content: Content
  replyTo?: Ref
  edited?: boolean
  reactions: string[]
  at: number
}

/** What breaks. Numbers are seconds. */
export type Fault =
  /** Events to us: twice · in the wrong order between chats · a read report before the sent one. */
  | { is: 'duplicate' }
  | { is: 'reorder' }
  | { is: 'late_status' }
  | { is: 'throttle'; after?: number; scope?: 'chat' | 'channel' }
  | { is: 'server_error'; status: 500 | 502 | 503 | 504 }
  /** The connection dies: before the request is processed · after it, before the answer · inside the answer. */
  | { is: 'cut'; when: 'before' | 'after' | 'inside' }
  | { is: 'slow'; seconds: number }
  | { is: 'auth_lost' }
  | { is: 'blocked' }
  | { is: 'gone' }
  | { is: 'html' }
  | { is: 'changed' }
  | { is: 'silent' }
  | { is: 'media_gone' }
  | { is: 'echo_first' }
  | { is: 'forged' }

export type FaultName = Fault['is']

/** Faults that cannot happen on a network, each with its reason: `export const never` of its `emulator.ts`. */
export type Never = Readonly<Partial<Record<FaultName, string>>>

/** How `emulator.ts` of a connector opens one. `hooks`: lets it reach `http` and private addresses as webhooks, for local use. */
export interface EmulatorOptions {
  /** 0 = a free port. */
  port?: number
  /** Milliseconds since 1970; default the real clock. */
  now?: () => number
}
export type StartEmulator = (options?: EmulatorOptions) => Promise<Emulator>

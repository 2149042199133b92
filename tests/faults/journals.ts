/**
 * The two journals that lie outside Parley: what customers said and had acknowledged, and what platforms received from us. The third is
 * Parley's own database. Each account's is a file as well, a line for what happened, so that a run that was cut short can go on.
 */
import { closeSync, fstatSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'

export interface Said {
  readonly chat: string
  readonly n: number
  readonly text: string
  readonly id: string
  /** The platform had our success answer. */
  acknowledged: boolean
}

export interface Received {
  readonly chat: string
  readonly text: string
  readonly id: string
  readonly key: string
}

/** Where Parley listens for this account. */
export interface Hook {
  readonly path: string
  readonly secret: string
}

/** Of one account on a platform. */
export interface Journal {
  readonly account: string
  /** Oldest first inside a chat. */
  readonly said: readonly Said[]
  /** What stands on the customers' screens: twins that the platform folded are not here. */
  readonly received: readonly Received[]
  readonly hook: Hook | null
  /** Of `said`. */
  readonly acknowledged: number
  /** Requests that were twins by their key. */
  readonly folded: number
  say(chat: string, n: number, text: string, id: string): Said
  acknowledge(said: Said): void
  receive(received: Received): void
  fold(): void
  register(hook: Hook): void
  close(): void
}

type Line =
  | { is: 'said'; chat: string; n: number; text: string; id: string }
  | { is: 'acknowledged'; index: number }
  | ({ is: 'received' } & Received)
  | { is: 'folded' }
  | ({ is: 'registered' } & Hook)

/** @param file  goes on where it ends; what was cut off in the middle of a line did not happen */
export function openJournal(account: string, file: string): Journal {
  const said: Said[] = []
  const indexes = new Map<Said, number>()
  const received: Received[] = []
  let hook: Hook | null = null
  let acknowledged = 0
  let folded = 0
  let isClosed = false

  function apply(line: Line): void {
    switch (line.is) {
      case 'said': {
        const { chat, n, text, id } = line
        const each = { chat, n, text, id, acknowledged: false }
        indexes.set(each, said.length)
        said.push(each)
        break
      }
      case 'acknowledged':
        said[line.index]!.acknowledged = true
        acknowledged++
        break
      case 'received':
        received.push({ chat: line.chat, text: line.text, id: line.id, key: line.key })
        break
      case 'folded':
        folded++
        break
      case 'registered':
        hook = { path: line.path, secret: line.secret }
        break
    }
  }

  const descriptor = openSync(file, 'a+')
  const lines = readFileSync(file, 'utf8').split('\n')
  const torn = Buffer.byteLength(lines.pop()!)
  ftruncateSync(descriptor, fstatSync(descriptor).size - torn)
  for (const line of lines) apply(JSON.parse(line) as Line)

  function note(line: Line): void {
    apply(line)
    if (isClosed) return
    // At once: what the killer of this process left behind is all that the next one knows.
    writeSync(descriptor, `${JSON.stringify(line)}\n`)
  }

  return {
    account,
    said,
    received,
    get hook() {
      return hook
    },
    get acknowledged() {
      return acknowledged
    },
    get folded() {
      return folded
    },
    say: (chat, n, text, id) => {
      note({ is: 'said', chat, n, text, id })
      return said.at(-1)!
    },
    acknowledge: (each) => note({ is: 'acknowledged', index: indexes.get(each)! }),
    receive: (each) => note({ is: 'received', ...each }),
    fold: () => note({ is: 'folded' }),
    register: (each) => note({ is: 'registered', ...each }),
    close: () => {
      isClosed = true
      closeSync(descriptor)
    },
  }
}

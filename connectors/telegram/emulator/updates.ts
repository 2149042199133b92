/**
 * What waits for one bot: updates in order, until a webhook took them or a poll confirmed them.
 * https://core.telegram.org/bots/api#getting-updates
 */
import type { ApiUpdate } from './api-types.ts'
import type { EmulatorClock } from './clock.ts'
import { refuse } from './refusal.ts'

export interface Pending {
  update: ApiUpdate
  /** Order is kept inside it: messages of a chat, presses of a person, members of a chat … */
  lane: string
  /** Thrown away when nobody took it by then. */
  expiresAt: number
}

export interface Updates {
  /** Oldest first, without what has expired. */
  pending(): Pending[]
  /** Gives it the next number. */
  add(kind: string, payload: unknown, lane: string): Pending | undefined
  /** The same update once more, as after a lost answer. */
  repeat(pending: Pending): void
  done(updateId: number): void
  clear(): void
  allow(kinds: readonly string[] | undefined): void
  /** undefined while it is the default. */
  allowed(): string[] | undefined
  poll(question: PollQuestion): Promise<ApiUpdate[]>
  /** `setWebhook`, or another poll: the one that waits is told so. */
  endPoll(words: string): void
  onAdded(listener: () => void): void
}

export interface PollQuestion {
  offset: number
  limit: number
  seconds: number
  signal: AbortSignal
}

/** Come only when they are named. */
const ON_REQUEST = ['chat_member', 'message_reaction', 'message_reaction_count']
const DAY_MS = 86_400_000
/** How long an update waits for us; the published server's figures. */
const LIFE_MS: Readonly<Record<string, number>> = {
  callback_query: 150_000,
  shipping_query: 150_000,
  pre_checkout_query: 150_000,
  inline_query: 30_000,
  chosen_inline_result: 600_000,
}
const CONFLICT_MS = 3_000

export function updatesOf(clock: EmulatorClock, firstId: number): Updates {
  let nextId = firstId
  let queue: Pending[] = []
  let allowed: string[] | undefined
  let waiting: { end(words: string): void; look(): void } | undefined
  let lastConflict = Number.NEGATIVE_INFINITY
  const listeners: (() => void)[] = []

  const pending = () => (queue = queue.filter((each) => each.expiresAt > clock.now()))
  const isAllowed = (kind: string) => (allowed ? allowed.includes(kind) : !ON_REQUEST.includes(kind))

  const added = () => {
    waiting?.look()
    for (const listener of listeners) listener()
  }

  async function poll({ offset, limit, seconds, signal }: PollQuestion): Promise<ApiUpdate[]> {
    if (waiting) {
      waiting.end('Terminated by other getUpdates request; make sure that only one bot instance is running')
      const soon = clock.now() - lastConflict < CONFLICT_MS
      lastConflict = clock.now()
      if (soon) await clock.sleep(CONFLICT_MS, signal)
    }
    if (offset > 0) queue = queue.filter(({ update }) => update.update_id >= offset)
    if (offset < 0) queue = queue.slice(offset)
    const now = () =>
      pending()
        .slice(0, limit)
        .map(({ update }) => update)
    if (now().length > 0 || seconds === 0) return now()

    const stop = new AbortController()
    let ended: string | undefined
    const mine = {
      end: (words: string) => {
        ended = words
        stop.abort()
      },
      look: () => stop.abort(),
    }
    waiting = mine
    await clock.sleep(seconds * 1000, AbortSignal.any([stop.signal, signal]))
    if (waiting === mine) waiting = undefined
    return ended === undefined ? now() : refuse(409, ended)
  }

  return {
    pending,
    poll,
    add(kind, payload, lane) {
      if (!isAllowed(kind)) return undefined
      const expiresAt = clock.now() + (LIFE_MS[kind] ?? DAY_MS)
      const entry = { update: { update_id: nextId++, [kind]: payload }, lane, expiresAt }
      queue.push(entry)
      added()
      return entry
    },
    repeat(entry) {
      queue.push(entry)
      added()
    },
    done: (id) => {
      const at = queue.findIndex(({ update }) => update.update_id === id)
      if (at >= 0) queue.splice(at, 1)
    },
    clear: () => {
      queue = []
    },
    allow: (kinds) => {
      if (kinds) allowed = kinds.length > 0 ? [...kinds] : undefined
    },
    allowed: () => allowed,
    endPoll: (words) => waiting?.end(words),
    onAdded: (listener) => listeners.push(listener),
  }
}

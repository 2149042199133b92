import type { ConversationStatus, ConversationView } from '#contract/calls/conversations.ts'
import type { ChannelId, ContactId, MemberId, MessageId } from '#contract/ids.ts'
import type { z } from 'zod'

export type ViewName = z.infer<typeof ConversationView>

/** In the order of the pane. */
export const VIEWS = [
  'mine',
  'unassigned',
  'waiting',
  'failed',
  'snoozed',
  'all',
  'closed',
] as const satisfies readonly ViewName[]
const STATUSES = ['open', 'pending', 'snoozed', 'closed'] as const satisfies readonly ConversationStatus[]

/** A view is a query in the address, so that a colleague, a report or a bookmark can open it. */
export interface InboxSearch {
  readonly view?: ViewName
  readonly status?: ConversationStatus
  readonly assignee?: MemberId | 'me' | 'none'
  readonly channel?: ChannelId
  readonly q?: string
  /** Opens the thread at this message. */
  readonly message?: MessageId
  /** The open contact is compared with this one, to be merged. */
  readonly merge?: ContactId
  /** The pane lies over the thread, where there is no room beside it: the browser's arrow takes it away first. */
  readonly pane?: 'contact'
}

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i

/** What each name may hold; whatever is not understood is left out, so that an old or mistyped link still opens the inbox. */
const UNDERSTOOD: Record<keyof InboxSearch, (value: string) => boolean> = {
  view: (value) => (VIEWS as readonly string[]).includes(value),
  status: (value) => (STATUSES as readonly string[]).includes(value),
  assignee: (value) => value === 'me' || value === 'none' || UUID.test(value),
  channel: (value) => UUID.test(value),
  q: (value) => value.length > 0 && value.length <= 200,
  message: (value) => UUID.test(value),
  merge: (value) => UUID.test(value),
  pane: (value) => value === 'contact',
}

/** Every name is always there: one that is missing comes through from the root as the address has it. */
export const inboxSearch = (search: Record<string, unknown>): InboxSearch =>
  Object.fromEntries(
    Object.entries(UNDERSTOOD).map(([name, isUnderstood]) => {
      // The router reads `q=42` as a number.
      const value = typeof search[name] === 'number' ? String(search[name]) : search[name]
      return [name, typeof value === 'string' && isUnderstood(value) ? value : undefined]
    }),
  )

export interface ListQuery extends Pick<InboxSearch, 'status' | 'assignee' | 'channel' | 'q'> {
  readonly view: ViewName
}

/** The list's part of the address, without what is not set. */
export function listQueryOf({ view = 'mine', status, assignee, channel, q }: InboxSearch): ListQuery {
  return {
    view,
    ...(status ? { status } : {}),
    ...(assignee ? { assignee } : {}),
    ...(channel ? { channel } : {}),
    ...(q ? { q } : {}),
  }
}

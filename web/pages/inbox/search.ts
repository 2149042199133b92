import type { ConversationStatus } from '#contract/calls/conversations.ts'

/** A view is a query in the address, so that a colleague, a report or a bookmark can open it. */
export interface InboxSearch {
  readonly view?: string
  readonly status?: ConversationStatus
  readonly assignee?: string
  readonly channel?: string
  readonly q?: string
  /** Opens the thread at this message. */
  readonly message?: string
}

const NAMES = ['view', 'status', 'assignee', 'channel', 'q', 'message'] as const

export const inboxSearch = (search: Record<string, unknown>): InboxSearch =>
  Object.fromEntries(NAMES.flatMap((name) => (typeof search[name] === 'string' ? [[name, search[name]]] : [])))

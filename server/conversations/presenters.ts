import type { FeedEvent } from '#contract/feed/event.ts'
import type { ConversationId, MessageId } from '#contract/ids.ts'
import type { Present } from '#server/feed/reader.ts'
import { conversationsById, messageViews } from './views.ts'

/** What the feed shows of messages and conversations that changed. */
export const conversationPresenters: Record<
  'message.added' | 'message.changed' | 'conversation.changed' | 'conversation.joined' | 'conversation.parted',
  Present
> = {
  // One row tells of both: the message, and the row of the list that it moves to the top.
  'message.added': async (tx, workspace, rows) => {
    const messages = new Map(
      (
        await messageViews(
          tx,
          workspace,
          rows.map((row) => row.subject as MessageId),
        )
      ).map((view) => [view.id as string, view]),
    )
    const conversations = new Map(
      (
        await conversationsById(tx, workspace, null, [
          ...new Set([...messages.values()].map((view) => view.conversation)),
        ])
      ).map((row) => [row.id, row]),
    )
    return new Map(
      rows.map((row) => {
        const message = messages.get(row.subject)
        const conversation = message && conversations.get(message.conversation)
        const events: FeedEvent[] = [
          ...(message ? [{ kind: 'message.added' as const, message }] : []),
          ...(conversation ? [{ kind: 'conversation.changed' as const, conversation }] : []),
        ]
        return [row, events]
      }),
    )
  },
  'message.changed': async (tx, workspace, rows) => {
    const messages = new Map(
      (
        await messageViews(
          tx,
          workspace,
          rows.map((row) => row.subject as MessageId),
        )
      ).map((view) => [view.id as string, view]),
    )
    return new Map(
      rows.map((row) => {
        const message = messages.get(row.subject)
        return [row, message ? [{ kind: 'message.changed', message } satisfies FeedEvent] : []]
      }),
    )
  },
  'conversation.changed': async (tx, workspace, rows) => {
    const views = new Map(
      (
        await conversationsById(
          tx,
          workspace,
          null,
          rows.map((row) => row.subject as ConversationId),
        )
      ).map((row) => [row.id as string, row]),
    )
    return new Map(
      rows.map((row) => {
        const conversation = views.get(row.subject)
        return [row, conversation ? [{ kind: 'conversation.changed', conversation } satisfies FeedEvent] : []]
      }),
    )
  },
  'conversation.joined': async (_, __, rows) =>
    new Map(
      rows.map((row) => [
        row,
        [
          {
            kind: 'conversation.joined',
            conversation: row.subject as ConversationId,
            into: row.data.into as ConversationId,
          },
        ],
      ]),
    ),
  'conversation.parted': async (_, __, rows) =>
    new Map(
      rows.map((row) => [
        row,
        [
          {
            kind: 'conversation.parted',
            conversation: row.subject as ConversationId,
            from: row.data.from as ConversationId,
          },
        ],
      ]),
    ),
}

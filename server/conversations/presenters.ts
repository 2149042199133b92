import type { FeedEvent } from '#contract/feed/event.ts'
import type { ConversationId, MessageId, WorkspaceId } from '#contract/ids.ts'
import type { Present } from '#server/feed/reader.ts'
import type { Tx } from '#server/platform/database.ts'
import { conversationsById } from './rows.ts'
import { messageViews } from './views.ts'

/** What the feed shows of messages and conversations that changed. */
export const conversationPresenters: Record<
  'message.added' | 'message.changed' | 'conversation.changed' | 'conversation.joined' | 'conversation.parted',
  Present
> = {
  // One row tells of both: the message, and the row of the list that it moves to the top.
  'message.added': async (tx, workspace, rows) => {
    const messages = await messagesOf(tx, workspace, rows)
    const ids = new Set([...messages.values()].map((view) => view.conversation))
    const conversations = byId(await conversationsById(tx, workspace, null, [...ids]))
    return eachRow(rows, ({ subject }) => {
      const message = messages.get(subject)
      const conversation = message && conversations.get(message.conversation)
      return [
        ...(message ? [{ kind: 'message.added' as const, message }] : []),
        ...(conversation ? [{ kind: 'conversation.changed' as const, conversation }] : []),
      ]
    })
  },
  'message.changed': async (tx, workspace, rows) => {
    const messages = await messagesOf(tx, workspace, rows)
    return eachRow(rows, ({ subject }) => {
      const message = messages.get(subject)
      return message ? [{ kind: 'message.changed', message }] : []
    })
  },
  'conversation.changed': async (tx, workspace, rows) => {
    const ids = rows.map((row) => row.subject as ConversationId)
    const conversations = byId(await conversationsById(tx, workspace, null, ids))
    return eachRow(rows, ({ subject }) => {
      const conversation = conversations.get(subject)
      return conversation ? [{ kind: 'conversation.changed', conversation }] : []
    })
  },
  'conversation.joined': async (_, __, rows) =>
    eachRow(rows, ({ subject, data }) => [
      { kind: 'conversation.joined', conversation: subject as ConversationId, into: data.into as ConversationId },
    ]),
  'conversation.parted': async (_, __, rows) =>
    eachRow(rows, ({ subject, data }) => [
      { kind: 'conversation.parted', conversation: subject as ConversationId, from: data.from as ConversationId },
    ]),
}

type Rows = Parameters<Present>[2]

const eachRow = (rows: Rows, present: (row: Rows[number]) => FeedEvent[]) =>
  new Map(rows.map((row) => [row, present(row)]))

const byId = <View extends { id: string }>(views: readonly View[]) =>
  new Map<string, View>(views.map((view) => [view.id, view]))

const messagesOf = async (tx: Tx, workspace: WorkspaceId, rows: Rows) =>
  byId(
    await messageViews(
      tx,
      workspace,
      rows.map((row) => row.subject as MessageId),
    ),
  )

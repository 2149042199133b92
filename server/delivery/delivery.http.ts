import { sql } from 'kysely'
import {
  cancelDelivery as cancelCall,
  decideHold,
  deleteMessage as deleteCall,
  editMessage as editCall,
  getHold,
  listDeliveries,
  listHold,
  listRoads,
  previewMessage,
  reactToMessage as reactCall,
  resendDelivery,
  sendMessage as sendCall,
  settleDelivery,
  type MessageView,
} from '#contract/calls/conversations.ts'
import type { ChannelId, DeliveryId, MessageId, WorkspaceId } from '#contract/ids.ts'
import type { Connectors } from '#connector-kit/load.ts'
import { deliveriesOf, messageViews } from '#server/conversations/views.ts'
import { feedTopic } from '#server/feed/feed.ts'
import { answer, type Caller } from '#server/platform/calls.ts'
import type { AuditBy } from '#server/members/audit.ts'
import type { Database, Tx } from '#server/platform/database.ts'
import type { Hints } from '#server/platform/hints.ts'
import { readPageCursor, writePageCursor } from '#server/platform/pages.ts'
import { Refused } from '#server/platform/problem.ts'
import { deleteMessage, editMessage, reactToMessage } from './change-sent.ts'
import { cancelDelivery, resend, settle } from './deliveries.ts'
import { decide, holdOf, listHeld } from './hold.ts'
import { roadOptions } from './roads.ts'
import { preview, sendMessage } from './send.ts'

export interface DeliveryCallsDeps {
  database: Database
  connectors: Connectors
  hints: Hints
  /** Others can reach us: links to files and pages are possible. */
  isReachable: boolean
  audit: AuditBy
}

export function deliveryCalls(deps: DeliveryCallsDeps) {
  const { database, connectors, hints, isReachable } = deps
  const read = <T>(caller: Caller, work: (tx: Tx) => Promise<T>) => database.inWorkspace(caller.workspace, work)

  /** Changes a message, answers how it stands, and wakes the senders of the channels it waits for. */
  async function change(caller: Caller, work: (tx: Tx) => Promise<MessageId>): Promise<MessageView> {
    const view = await database.inWorkspace(caller.workspace, async (tx) => {
      const [found] = await messageViews(tx, caller.workspace, [await work(tx)])
      if (!found) throw new Refused('not_found')
      return found
    })
    hints.tell(feedTopic(caller.workspace))
    for (const channel of new Set(view.deliveries.map((delivery) => delivery.channel)))
      hints.tell(`delivery ${channel}`)
    if (view.channel) hints.tell(`delivery ${view.channel}`)
    return view
  }

  return [
    answer(sendCall, ({ params, body }, caller) =>
      change(caller, (tx) => sendMessage(tx, caller.workspace, caller.member, params.id, body, connectors)),
    ),
    answer(previewMessage, ({ params, body }, caller) =>
      read(caller, (tx) => preview(tx, caller.workspace, params.id, body, connectors, isReachable)),
    ),
    answer(listRoads, ({ params }, caller) =>
      read(caller, async (tx) => ({
        items: await roadOptions(tx, caller.workspace, params.id, connectors),
        next: null,
      })),
    ),
    answer(editCall, ({ params, body }, caller) =>
      change(caller, async (tx) => {
        await editMessage(tx, caller.workspace, params.id, body)
        return params.id
      }),
    ),
    answer(deleteCall, ({ params }, caller) =>
      change(caller, async (tx) => {
        await deleteMessage(tx, caller.workspace, params.id, connectors)
        await deps.audit(tx, caller, 'message.deleted', { kind: 'message', id: params.id })
        return params.id
      }),
    ),
    answer(reactCall, ({ params, body }, caller) =>
      change(caller, async (tx) => {
        await reactToMessage(tx, caller.workspace, caller.member, params.id, body.emoji, connectors)
        return params.id
      }),
    ),
    answer(listDeliveries, ({ query }, caller) =>
      read(caller, async (tx) => {
        const before = readPageCursor(query.cursor, ['uuid'])
        const { rows } = await sql<{ id: DeliveryId; message: MessageId }>`
          select id, message_id as message from delivery where workspace_id = ${caller.workspace}
             ${query.state ? sql`and state = ${query.state}` : sql`and state in ('failed', 'unconfirmed') and not settled`}
             ${before ? sql`and id < ${before[0]}::uuid` : sql``}
           order by id desc limit ${query.limit + 1}`.execute(tx)
        const page = rows.slice(0, query.limit)
        const views = await deliveriesOf(
          tx,
          caller.workspace,
          page.map((row) => row.message),
          page.map((row) => row.id),
        )
        const byId = new Map([...views.values()].flat().map((view) => [view.id, view]))
        return {
          items: page.flatMap((row) => byId.get(row.id) ?? []),
          next: rows.length > query.limit ? writePageCursor([page.at(-1)!.id]) : null,
        }
      }),
    ),
    answer(resendDelivery, ({ params, body }, caller) =>
      change(caller, (tx) => resend(tx, caller.workspace, params.id, body?.via, connectors)),
    ),
    answer(settleDelivery, ({ params, body }, caller) =>
      change(caller, (tx) => settle(tx, caller.workspace, params.id, body.arrived)),
    ),
    answer(cancelCall, ({ params }, caller) => change(caller, (tx) => cancelDelivery(tx, caller.workspace, params.id))),
    answer(getHold, (_, caller) => read(caller, (tx) => holdOf(tx, caller.workspace))),
    answer(listHold, ({ query }, caller) =>
      read(caller, async (tx) => {
        const after = readPageCursor(query.cursor, ['number'])
        const rows = await listHeld(tx, caller.workspace, after?.[0] ?? 0, query.limit + 1)
        const items = rows.slice(0, query.limit)
        return { items, next: rows.length > query.limit ? writePageCursor([items.at(-1)!.pos]) : null }
      }),
    ),
    answer(decideHold, async ({ body }, caller) => {
      const result = await read(caller, async (tx) => {
        const count = await decide(tx, caller.workspace, body.decision, body.deliveries)
        const { decision } = body
        await deps.audit(tx, caller, 'hold.decided', { kind: 'workspace', id: caller.workspace }, { decision, count })
        return holdOf(tx, caller.workspace)
      })
      hints.tell(feedTopic(caller.workspace))
      for (const channel of await channelsOf(caller.workspace)) {
        hints.tell('channels', channel)
        hints.tell(`delivery ${channel}`)
      }
      return result
    }),
  ]

  async function channelsOf(workspace: WorkspaceId): Promise<ChannelId[]> {
    const { rows } = await sql<{
      id: ChannelId
    }>`select channel_id as id from channel_directory where workspace_id = ${workspace} and active`.execute(
      database.plumbing,
    )
    return rows.map((row) => row.id)
  }
}

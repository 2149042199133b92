import { sql } from 'kysely'
import {
  announcePresence,
  beginConversation,
  changeConversation as changeCall,
  changeConversations as changeManyCall,
  countConversations,
  getConversation,
  getDraft,
  listConversations as listCall,
  listFiles as filesCall,
  listMessages as messagesCall,
  listVersions,
  markRead as readCall,
  saveDraft,
  type ConversationRow,
} from '#contract/calls/conversations.ts'
import type { FeedHint } from '#contract/feed/event.ts'
import type { ConversationId, MemberId, WorkspaceId } from '#contract/ids.ts'
import type { Content } from '#contract/message/content.ts'
import { answer, type Caller } from '#server/platform/calls.ts'
import type { Database, Tx } from '#server/platform/database.ts'
import type { Hints } from '#server/platform/hints.ts'
import { newId } from '#server/platform/new-id.ts'
import { Refused } from '#server/platform/problem.ts'
import { changeConversation, changeConversations, markRead, markUnread } from './change.ts'
import { standingContact } from './contacts.http.ts'
import { inWorkspaceOf } from './in-workspace-of.ts'
import { countViews, listConversations, listFiles, listMessages } from './lists.ts'
import { conversationsById } from './rows.ts'
import { messageViews } from './views.ts'

export interface ConversationCallsDeps {
  database: Database
  hints: Hints
  hint(workspace: WorkspaceId, hint: FeedHint): void
  /** A member types or stops: the network may show it. */
  types(workspace: WorkspaceId, conversation: ConversationId, member: MemberId, on: boolean): void
  /** A member has seen everything up to `seq`: the network may show it. */
  seen(workspace: WorkspaceId, conversation: ConversationId, seq: number): void
}

/** Conversations, their messages and drafts, who reads and who types. What members do to contacts: `contacts.http.ts`. */
export function conversationCalls(deps: ConversationCallsDeps) {
  const { change, look, read } = inWorkspaceOf(deps)

  async function rowOf(tx: Tx, caller: Caller, id: ConversationId): Promise<ConversationRow> {
    const [row] = await conversationsById(tx, caller.workspace, caller.member, [id])
    if (!row) throw new Refused('not_found')
    return row
  }

  return [
    answer(listCall, ({ query }, caller) =>
      // Who is called so is found by a bitmap; for a channel, or what a member closed, one may have to look far: not on the few connections of all.
      (query.q || query.channel || query.assignee ? read : look)(caller, (tx) =>
        listConversations(tx, caller.workspace, caller.member, query),
      ),
    ),
    answer(countConversations, (_, caller) =>
      look(caller, async (tx) => ({ counts: await countViews(tx, caller.workspace, caller.member) })),
    ),
    answer(getConversation, ({ params }, caller) => look(caller, (tx) => rowOf(tx, caller, params.id))),
    answer(beginConversation, ({ body }, caller) =>
      change(caller, async (tx) => {
        await standingContact(tx, caller, body.contact)
        await sql`insert into conversation (workspace_id, id, contact_id) values (${caller.workspace}, ${newId()}, ${body.contact}) on conflict do nothing`.execute(
          tx,
        )
        const { rows } = await sql<{ id: ConversationId }>`
          select id from conversation where workspace_id = ${caller.workspace} and contact_id = ${body.contact} and joined_into is null`.execute(
          tx,
        )
        return rowOf(tx, caller, rows[0]!.id)
      }),
    ),
    answer(changeCall, ({ params, body }, caller) =>
      change(caller, async (tx) => {
        const act = await changeConversation(tx, caller.workspace, caller.member, params.id, body)
        return { conversation: await rowOf(tx, caller, params.id), act }
      }),
    ),
    answer(changeManyCall, ({ body }, caller) =>
      change(caller, async (tx) => {
        const { ids, acts } = await changeConversations(
          tx,
          caller.workspace,
          caller.member,
          body.conversations,
          body.change,
        )
        return { conversations: await conversationsById(tx, caller.workspace, caller.member, ids), acts }
      }),
    ),
    answer(messagesCall, ({ params, query }, caller) =>
      look(caller, (tx) => listMessages(tx, caller.workspace, params.id, query)),
    ),
    answer(filesCall, ({ params, query }, caller) =>
      read(caller, async (tx) => {
        await rowOf(tx, caller, params.id)
        return listFiles(tx, caller.workspace, params.id, query)
      }),
    ),
    answer(readCall, ({ params, body }, caller) =>
      read(caller, async (tx) => {
        if ('unread' in body) {
          await markUnread(tx, caller.workspace, caller.member, params.id)
          return {}
        }
        await markRead(tx, caller.workspace, caller.member, params.id, body.seq)
        deps.seen(caller.workspace, params.id, body.seq)
        return {}
      }),
    ),
    answer(announcePresence, ({ params, body }, caller) =>
      read(caller, async (tx) => {
        await rowOf(tx, caller, params.id)
        // Whoever only looks on says so every few seconds, and ends nobody's typing by it: not his own either.
        if (body.typing !== false) deps.types(caller.workspace, params.id, caller.member, body.typing === true)
        const hint =
          body.typing === 'stopped' ? 'member.stopped' : body.typing ? 'member.typing' : ('member.views' as const)
        deps.hint(caller.workspace, { hint, conversation: params.id, member: caller.member })
        return {}
      }),
    ),
    answer(getDraft, ({ params }, caller) =>
      read(caller, async (tx) => {
        await rowOf(tx, caller, params.id)
        const { rows } = await sql<{ body: { text: string; note: boolean } }>`
          select body from draft where workspace_id = ${caller.workspace} and conversation_id = ${params.id} and member_id = ${caller.member}`.execute(
          tx,
        )
        return rows[0]?.body ?? { text: '', note: false }
      }),
    ),
    answer(saveDraft, ({ params, body: { was = null, ...body } }, caller) =>
      read(caller, async (tx) => {
        await rowOf(tx, caller, params.id)
        // What was sent here another device may have gone on with.
        if (body.text === '')
          await sql`delete from draft where workspace_id = ${caller.workspace} and conversation_id = ${params.id} and member_id = ${caller.member}
                       and coalesce(body ->> 'text' = any (${was}::text[]), true)`.execute(tx)
        else
          await sql`insert into draft (workspace_id, conversation_id, member_id, body) values (${caller.workspace}, ${params.id}, ${caller.member}, ${JSON.stringify(body)}::jsonb)
                    on conflict (workspace_id, conversation_id, member_id) do update set body = excluded.body, changed_at = now()`.execute(
            tx,
          )
        return {}
      }),
    ),
    answer(listVersions, ({ params }, caller) =>
      read(caller, async (tx) => {
        const [view] = await messageViews(tx, caller.workspace, [params.id])
        if (!view || view.deletedAt) throw new Refused('not_found')
        const { rows } = await sql<{ content: Content; at: Date }>`
          select content, at from message_version where workspace_id = ${caller.workspace} and message_id = ${params.id} order by no`.execute(
          tx,
        )
        const versions = rows.map((row) => ({ content: row.content, at: row.at.toISOString() }))
        return { items: [...versions, { content: view.content, at: view.edited?.at ?? view.at }], next: null }
      }),
    ),
  ]
}

/** The list of conversations and the pages of a thread: keyset only, so that page 1,000 costs what page 1 costs. */
import { sql, type RawBuilder } from 'kysely'
import type { z } from 'zod'
import type {
  ConversationRow,
  ConversationView,
  listFiles as listFilesCall,
  MessageView,
} from '#contract/calls/conversations.ts'
import type { ChannelId, ConversationId, MemberId, MessageId, WorkspaceId } from '#contract/ids.ts'
import { isMedia, type Content } from '#contract/message/content.ts'
import { peopleCalled } from '#server/contacts/views.ts'
import type { Tx } from '#server/platform/database.ts'
import { inMonths } from '#server/platform/partitions.ts'
import { readPageCursor, writePageCursor } from '#server/platform/pages.ts'
import { Refused } from '#server/platform/problem.ts'
import { conversationRows } from './rows.ts'
import { messagesOf } from './views.ts'

export type ViewName = z.infer<typeof ConversationView>

/** What each view shows, as SQL over the table `conversation`. */
const VIEWS: Record<ViewName, (member: MemberId) => RawBuilder<unknown>> = {
  // Snoozed ones come back by themselves.
  mine: (member) => sql`assignee_id = ${member} and status <> 'closed' and status <> 'snoozed'`,
  unassigned: () => sql`assignee_id is null and status = 'open'`,
  waiting: () => sql`status = 'open' and waiting_since is not null`,
  failed: () => sql`failed > 0`,
  snoozed: () => sql`status = 'snoozed'`,
  all: () => sql`status <> 'closed'`,
  closed: () => sql`status = 'closed'`,
}

export interface ListQuery {
  view: ViewName
  status?: string | undefined
  assignee?: MemberId | 'me' | 'none' | undefined
  channel?: ChannelId | undefined
  q?: string | undefined
  limit: number
  cursor?: string | undefined
}

export async function listConversations(
  tx: Tx,
  workspace: WorkspaceId,
  member: MemberId,
  query: ListQuery,
): Promise<{ items: ConversationRow[]; next: string | null }> {
  const after = readPageCursor(query.cursor, ['time', 'uuid'])
  const { status, assignee, channel, q } = query
  const called = q ? await peopleCalled(tx, q, { contact: sql`c.contact_id`, room: sql`c.room_id` }) : null
  const which = sql`
    select * from conversation c where workspace_id = ${workspace} and joined_into is null and last_message is not null
       and ${status ? sql`status = ${status}` : VIEWS[query.view](member)}
       ${assignee === 'none' ? sql`and assignee_id is null` : assignee ? sql`and assignee_id = ${assignee === 'me' ? member : assignee}` : sql``}
       ${
         channel
           ? sql`and exists (select from identity i join road r on r.workspace_id = i.workspace_id and r.identity_id = i.id where i.workspace_id = c.workspace_id
                                    and r.channel_id = ${channel} and (i.contact_id = c.contact_id or i.id = c.room_id))`
           : sql``
       }
       ${called ? sql`and ${called}` : sql``}
       ${after ? sql`and (last_at, id) < (${after[0]}::timestamptz, ${after[1]}::uuid)` : sql``}
     order by last_at desc, id desc limit ${query.limit + 1}`
  const rows = await conversationRows(tx, workspace, member, which)
  const items = rows.slice(0, query.limit)
  const last = items.at(-1)
  return { items, next: rows.length > query.limit && last ? writePageCursor([last.lastAt, last.id]) : null }
}

/** Counting stops here: "1000" is as good as more. */
const MOST_COUNTED = 1_000

export async function countViews(tx: Tx, workspace: WorkspaceId, member: MemberId): Promise<Record<ViewName, number>> {
  const names = Object.keys(VIEWS) as ViewName[]
  const counts = names.map(
    (name) =>
      sql`(select count(*)::int from (select from conversation where workspace_id = ${workspace} and joined_into is null and last_message is not null
            and ${VIEWS[name](member)} limit ${sql.lit(MOST_COUNTED)}) n) as ${sql.ref(name)}`,
  )
  const { rows } = await sql<Record<ViewName, number>>`select ${sql.join(counts)}`.execute(tx)
  return rows[0]!
}

export interface MessagePage {
  items: MessageView[]
  /** Older. */
  next: string | null
  newer: string | null
}

/** Newest first. `cursor` goes to older ones, `after` to newer ones, `around` begins at a message. */
export async function listMessages(
  tx: Tx,
  workspace: WorkspaceId,
  conversation: ConversationId,
  query: { limit: number; cursor?: string | undefined; after?: string | undefined; around?: MessageId | undefined },
): Promise<MessagePage> {
  const { limit } = query
  const older = readPageCursor(query.cursor, ['time', 'number'])
  const newer = readPageCursor(query.after, ['time', 'number'])
  if (query.around) {
    const since = await sinceOf(tx, workspace, conversation)
    const slice = sliceOf(tx, workspace, conversation, since)
    const around = await placeOf(tx, workspace, conversation, query.around)
    const half = Math.max(1, limit >> 1)
    const [below, above] = await Promise.all([
      slice('older', [around.placed, around.seq + 1], half),
      slice('newer', [around.placed, around.seq], half),
    ])
    return pageOf([...above.items, ...below.items], { older: below.more, newer: above.more })
  }
  const read = async (since: string) => {
    const slice = sliceOf(tx, workspace, conversation, since)
    return newer ? slice('newer', newer, limit) : slice('older', older, limit)
  }
  // Together with the question how far back it goes: all but joined ones begin with the conversation itself.
  const [since, likely] = await Promise.all([sinceOf(tx, workspace, conversation), read(conversation)])
  const { items, more } = since < conversation ? await read(since) : likely
  return pageOf(items, newer ? { older: true, newer: more } : { older: more, newer: older !== null })
}

type SentFile = NonNullable<typeof listFilesCall.types>['result']['items'][number]

/** Newest first. A page is so many messages; one may bring several files. */
export async function listFiles(
  tx: Tx,
  workspace: WorkspaceId,
  conversation: ConversationId,
  query: { limit: number; cursor?: string | undefined },
): Promise<{ items: SentFile[]; next: string | null }> {
  const before = readPageCursor(query.cursor, ['time', 'number'])
  const { rows } = await sql<{ id: MessageId; placed: string; seq: number; content: Content; at: Date }>`
    select id, placed::text as placed, seq, content, at from message m
     where workspace_id = ${workspace} and shown_in = ${conversation} and deleted_at is null
       and jsonb_path_exists(content, '$.parts[*].source.file')
       ${before ? sql`and (placed, seq) < (${before[0]}::timestamptz, ${before[1]})` : sql``}
     order by m.placed desc, m.seq desc limit ${query.limit + 1}`.execute(tx)
  const some = rows.slice(0, query.limit)
  const last = some.at(-1)
  return {
    items: some.flatMap((row) =>
      row.content.parts.flatMap((part): SentFile[] =>
        isMedia(part) && 'file' in part.source
          ? [
              {
                file: part.source.file,
                message: row.id,
                kind: part.kind,
                name: part.name ?? null,
                type: part.type,
                bytes: part.bytes ?? null,
                at: row.at.toISOString(),
              },
            ]
          : [],
      ),
    ),
    next: rows.length > query.limit && last ? writePageCursor([last.placed, last.seq]) : null,
  }
}

interface Slice {
  items: MessageView[]
  more: boolean
}

/** Newest first, either way. */
const sliceOf =
  (tx: Tx, workspace: WorkspaceId, conversation: ConversationId, since: string) =>
  async (
    way: 'older' | 'newer',
    from: readonly [placed: string, seq: number] | null,
    limit: number,
  ): Promise<Slice> => {
    const order = way === 'older' ? sql`desc` : sql`asc`
    const than = way === 'older' ? sql`<` : sql`>`
    const items = await messagesOf(
      tx,
      workspace,
      sql`
      select * from message m where workspace_id = ${workspace} and shown_in = ${conversation} and ${inMonths.since(sql`m.id`, since)}
         ${from ? sql`and (placed, seq) ${than} (${from[0]}::timestamptz, ${from[1]})` : sql``}
       order by placed ${order}, seq ${order} limit ${limit + 1}`,
    )
    return {
      // The one too many is the farthest.
      items: way === 'older' ? items.slice(0, limit) : items.slice(-limit),
      more: items.length > limit,
    }
  }

function pageOf(items: MessageView[], has: { older: boolean; newer: boolean }): MessagePage {
  const [first, last] = [items[0], items.at(-1)]
  return {
    items,
    next: has.older && last ? writePageCursor([last.placed, last.seq]) : null,
    newer: has.newer && first ? writePageCursor([first.placed, first.seq]) : null,
  }
}

/** @returns an id which none of its messages precedes. @throws Refused `not_found` */
export async function sinceOf(tx: Tx, workspace: WorkspaceId, conversation: ConversationId): Promise<string> {
  const { rows } = await sql<{ since: string }>`
    select coalesce(oldest, id) as since from conversation where workspace_id = ${workspace} and id = ${conversation}`.execute(
    tx,
  )
  if (!rows[0]) throw new Refused('not_found')
  return rows[0].since
}

async function placeOf(tx: Tx, workspace: WorkspaceId, conversation: ConversationId, id: MessageId) {
  const { rows } = await sql<{ placed: string; seq: number }>`
    select placed::text as placed, seq from message m
     where workspace_id = ${workspace} and shown_in = ${conversation} and id = ${id} and ${inMonths.of(sql`m.id`, [id])}`.execute(
    tx,
  )
  if (!rows[0]) throw new Refused('not_found')
  return rows[0]
}

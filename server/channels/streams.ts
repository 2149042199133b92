/**
 * What visitors' sockets of a chat see: a numbered stream per chat, stored, so that nobody misses anything by a reload, a second tab
 * or another node. The number is drawn under the stream's row lock: in one chat, number order is commit order.
 */
import { sql } from 'kysely'
import type { StreamFrame } from '#connector-kit/connector.ts'
import type { ChannelId, WorkspaceId } from '#contract/ids.ts'
import type { Tx } from '#server/platform/database.ts'

export interface StreamEntry {
  seq: number
  frame: unknown
}

/** Told after the commit that added entries; with a body it is a passing frame itself. */
export const streamTopic = (channel: ChannelId, chat: string): string => `stream ${channel} ${chat}`

/** Adds entries; a known key is folded. In the transaction of what they show. */
export async function addToStreams(
  tx: Tx,
  workspace: WorkspaceId,
  channel: ChannelId,
  frames: StreamFrame[],
): Promise<void> {
  const byChat = Map.groupBy(frames, (each) => each.chat)
  for (const [chat, some] of [...byChat].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    await sql`
      with line as (
        insert into stream (workspace_id, channel_id, chat, last_seq) values (${workspace}, ${channel}, ${chat}, 0)
        on conflict (workspace_id, channel_id, chat) do update set last_seq = stream.last_seq returning last_seq),
      fresh as (
        select key, frame, row_number() over (order by no) as nth
          from unnest(${some.map((f) => f.key)}::text[], ${some.map((f) => JSON.stringify(f.frame))}::text[]::jsonb[]) with ordinality as n (key, frame, no)
         where not exists (select from stream_entry e where e.workspace_id = ${workspace} and e.channel_id = ${channel} and e.chat = ${chat} and e.key = n.key))
      insert into stream_entry (workspace_id, channel_id, chat, seq, key, frame)
      select ${workspace}, ${channel}, ${chat}, line.last_seq + fresh.nth, fresh.key, fresh.frame from line, fresh`.execute(
      tx,
    )
    await sql`
      update stream set last_seq = (select max(seq) from stream_entry where workspace_id = ${workspace} and channel_id = ${channel} and chat = ${chat})
       where workspace_id = ${workspace} and channel_id = ${channel} and chat = ${chat}
         and exists (select from stream_entry where workspace_id = ${workspace} and channel_id = ${channel} and chat = ${chat})`.execute(
      tx,
    )
  }
}

/** Most entries of one read; the reader comes again. */
export const MOST_ENTRIES = 200

/** @param last  no more than so many of the newest */
export async function entriesAfter(
  tx: Tx,
  workspace: WorkspaceId,
  channel: ChannelId,
  { chat, after, last = null }: { chat: string; after: number; last?: number | null },
): Promise<StreamEntry[]> {
  const { rows } = await sql<StreamEntry>`
    select seq, frame from stream_entry
     where workspace_id = ${workspace} and channel_id = ${channel} and chat = ${chat} and seq > ${after}
       and seq > coalesce((select last_seq from stream where workspace_id = ${workspace} and channel_id = ${channel} and chat = ${chat}) - ${last}::bigint, 0)
     order by seq limit ${MOST_ENTRIES}`.execute(tx)
  return rows
}

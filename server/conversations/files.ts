/** Files of conversations: taken in, named by a row, given out to members of their workspace, and to a visitor where a message of his chats holds them. */
import { sql } from 'kysely'
import type { FileView } from '#contract/calls/files.ts'
import type { ChannelId, FileId, MemberId, WorkspaceId } from '#contract/ids.ts'
import type { FileFacts } from '#server/channels/wire.ts'
import type { Database, Tx } from '#server/platform/database.ts'
import type { Files, StoredFile } from '#server/platform/files/files.ts'

export type CameBy = { channel: ChannelId; chat: string } | { member: MemberId }

/** Takes a file in and names it. @throws FileRefused */
export async function takeFile(
  deps: { database: Database; files: Files },
  workspace: WorkspaceId,
  source: AsyncIterable<Uint8Array>,
  given: { bytes: number; name?: string | undefined; by: CameBy },
): Promise<FileView> {
  const stored = await deps.files.put(workspace, source, { maxBytes: given.bytes, name: given.name })
  await deps.database.inWorkspace(workspace, (tx) => insertFile(tx, workspace, stored, given.by, false))
  const { id, name, type, bytes, width, height } = stored
  return { id, name, type, bytes, width, height, seconds: null }
}

/** @param held  a message names it already; loose ones are swept after a day */
export async function insertFile(
  tx: Tx,
  workspace: WorkspaceId,
  file: StoredFile,
  by: CameBy,
  held: boolean,
): Promise<void> {
  const [channel, chat, member] = 'member' in by ? [null, null, by.member] : [by.channel, by.chat, null]
  await sql`
    insert into file (workspace_id, id, name, type, bytes, sha256, width, height, thumbnail, channel_id, chat, member_id, held)
    values (${workspace}, ${file.id}, ${file.name}, ${file.type}, ${file.bytes}, ${file.sha256}, ${file.width}, ${file.height}, ${file.thumbnail},
            ${channel}, ${chat}, ${member}, ${held})`.execute(tx)
}

export interface FileRow extends FileFacts {
  thumbnail: boolean
}

/** @returns null: there is no such file in this workspace */
export async function findFile(tx: Tx, workspace: WorkspaceId, id: FileId): Promise<FileRow | null> {
  const { rows } =
    await sql<FileRow>`select type, name, bytes, thumbnail from file where workspace_id = ${workspace} and id = ${id}`.execute(
      tx,
    )
  return rows[0] ?? null
}

/**
 * A message of this chat is about to name these files: they are held from now on.
 * @returns false, and nothing is held: one of them is not an upload of this chat
 */
export async function claimUploads(
  tx: Tx,
  workspace: WorkspaceId,
  channel: ChannelId,
  { chat, files }: { chat: string; files: string[] },
): Promise<boolean> {
  const wanted = [...new Set(files)]
  const { rows } = await sql`
    with own as (select id from file where workspace_id = ${workspace} and id::text = any (${wanted}::text[]) and channel_id = ${channel} and chat = ${chat})
    update file set held = true
     where workspace_id = ${workspace} and id in (select id from own) and (select count(*) from own) = ${wanted.length} returning id`.execute(
    tx,
  )
  return rows.length === wanted.length
}

/** Whether these chats may have the file: one of them sent it, or a message of one holds it. */
export async function chatsHoldFile(
  tx: Tx,
  workspace: WorkspaceId,
  channel: ChannelId,
  chats: string[],
  id: FileId,
): Promise<boolean> {
  const { rows } = await sql`
    select 1 from file f where f.workspace_id = ${workspace} and f.id = ${id} and f.channel_id = ${channel} and f.chat = any (${chats}::text[])
    union all
    select 1 from stream_entry e where e.workspace_id = ${workspace} and e.channel_id = ${channel} and e.chat = any (${chats}::text[])
       and jsonb_path_exists(e.frame, '$.**.file ? (@ == $id)', jsonb_build_object('id', ${id}::text))
    limit 1`.execute(tx)
  return rows.length > 0
}

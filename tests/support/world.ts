/** Builders of a valid world in a test's own database. */
import { sql } from 'kysely'
import type { Incoming } from '#connector-kit/connector.ts'
import type { ChannelId, InboundId, WorkspaceId } from '#contract/ids.ts'
import { plain, type Content } from '#contract/message/content.ts'
import type { ChannelRealm, Told } from '#server/conversations/told.ts'
import type { Database } from '#server/platform/database.ts'
import { newId } from '#server/platform/new-id.ts'

export async function aWorkspace(database: Database): Promise<WorkspaceId> {
  const workspace = newId<WorkspaceId>()
  await database.transaction(async (tx) => {
    await sql`select set_config('parley.workspace', ${workspace}, true)`.execute(tx)
    await sql`insert into workspace_directory (workspace_id) values (${workspace})`.execute(tx)
    await sql`insert into workspace (workspace_id, name) values (${workspace}, 'Test')`.execute(tx)
  })
  return workspace
}

/** A channel as rows only: nothing runs on it. */
export async function aChannel(database: Database, workspace: WorkspaceId, network = 'pigeon'): Promise<ChannelRealm> {
  const id = newId<ChannelId>()
  await database.inWorkspace(workspace, async (tx) => {
    await sql`insert into channel_directory (channel_id, workspace_id, connector, active) values (${id}, ${workspace}, ${network}, true)`.execute(
      tx,
    )
    await sql`insert into channel (workspace_id, id, connector, network, name, settings, settings_open, hook_secret, me, state)
              values (${workspace}, ${id}, ${network}, ${network}, 'Test', '', '{}', '', '{"id":"bot","name":"Bot"}', 'ready')`.execute(
      tx,
    )
  })
  return { id, network, scope: '', windowSeconds: null }
}

let position = 0

/** One event with what it tells, as the worker hands it over. */
export const told = (channel: ChannelRealm, incoming: Incoming[], receivedAt = new Date()): Told => ({
  pos: ++position,
  channel,
  inbound: newId<InboundId>(),
  receivedAt,
  incoming,
})

export interface SaidOptions {
  by?: string
  chat?: string
  at?: Date
  content?: Content
  order?: string
  album?: string
  replyTo?: { chat: string; id: string }
}

/** "ann says hello" in her own chat. */
export const said = (
  id: string,
  text: string,
  { by = 'ann', chat = by, at = new Date(), content = plain(text), ...rest }: SaidOptions = {},
): Incoming => ({
  is: 'message',
  ref: { chat, id },
  by: { id: by, name: by },
  at,
  content,
  ...rest,
})

/** "Ann is typing": a passing event on its way to the window, past the journal. */
import { sql } from 'kysely'
import type { Event, Incoming } from '#connector-kit/connector.ts'
import type { ConversationId } from '#contract/ids.ts'
import type { LiveChannel } from '#server/channels/live.ts'
import type { Database } from '#server/platform/database.ts'

/** @returns the conversations where somebody types; nobody unknown, and nobody who has never written */
export async function typingIn(
  deps: { database: Database; incomingOf(channel: LiveChannel, event: Event): Promise<Incoming[]> },
  channel: LiveChannel,
  events: Event[],
): Promise<ConversationId[]> {
  const told = await Promise.all(events.map((event) => deps.incomingOf(channel, event)))
  const chats = told.flat().flatMap((incoming) => (incoming.is === 'typing' ? [incoming.chat] : []))
  if (chats.length === 0) return []
  const { rows } = await deps.database.inWorkspace(channel.workspace, (tx) =>
    sql<{ id: ConversationId }>`
      select distinct c.id from road r
        join identity i on i.workspace_id = r.workspace_id and i.id = r.identity_id
        join conversation c on c.workspace_id = r.workspace_id and c.joined_into is null and (c.contact_id = i.contact_id or c.room_id = i.id)
       where r.workspace_id = ${channel.workspace} and r.channel_id = ${channel.id} and r.chat = any (${chats}::text[])`.execute(
      tx,
    ),
  )
  return rows.map((row) => row.id)
}

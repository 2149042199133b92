/** The health of a channel: one place changes it, tells the feed and wakes whoever waits for it. */
import { sql } from 'kysely'
import type { ChannelId, WorkspaceId } from '#contract/ids.ts'
import { CONDUCT, statesThat, type ChannelState } from '#contract/message/channel-state.ts'
import { announce, feedTopic } from '#server/feed/feed.ts'
import type { Database } from '#server/platform/database.ts'
import type { Hints } from '#server/platform/hints.ts'
import { storable } from '#server/platform/storable.ts'

export interface StateChange {
  state: ChannelState
  reason?: string | null
  data?: Record<string, unknown>
}

/** A channel can send again: said by a line, a check, a probe or an event that came in. Its owner wakes what waits. */
export const backTopic = (id: ChannelId): string => `back ${id}`

export type SetState = (channel: { id: ChannelId; workspace: WorkspaceId }, change: StateChange) => Promise<void>

/** A channel that a person stopped stays stopped, whatever a line or a check finds out meanwhile; `force` is that person. */
export function stateKeeper(deps: {
  database: Database
  hints: Hints
}): (...args: [...Parameters<SetState>, force?: 'force']) => Promise<void> {
  const { database, hints } = deps
  return async ({ id, workspace }, told, force) => {
    const change = storable(told)
    const changed = await database.inWorkspace(workspace, async (tx) => {
      const { rows } = await sql<{ was: ChannelState }>`
        with before as (select state as was from channel where workspace_id = ${workspace} and id = ${id} for update)
        update channel set state = ${change.state}, reason = ${change.reason ?? null}, state_data = ${JSON.stringify(change.data ?? {})},
               since = case when state = ${change.state} then since else now() end
          from before where workspace_id = ${workspace} and id = ${id} and removed_at is null
           and (state, reason, state_data) is distinct from (${change.state}, ${change.reason ?? null}, ${JSON.stringify(change.data ?? {})}::jsonb)
           ${force ? sql`` : sql`and state <> all (${statesThat('isHeld')})`}
        returning before.was`.execute(tx)
      if (!rows[0]) return null
      await sql`update channel_directory set version = version + 1 where channel_id = ${id}`.execute(tx)
      await announce(tx, workspace, [{ kind: 'channel.changed', subject: id }])
      return rows[0].was
    })
    if (changed === null) return
    hints.tell('channels', id)
    hints.tell(feedTopic(workspace))
    if (!CONDUCT[change.state].sends) return
    if (!CONDUCT[changed].sends) hints.tell(backTopic(id))
    hints.tell(`delivery ${id}`)
  }
}

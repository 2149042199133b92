/** When each channel last heard and was last heard: kept in memory and written now and then, for it is news and no fact to lose. */
import { sql } from 'kysely'
import type { ChannelId, WorkspaceId } from '#contract/ids.ts'
import type { Database } from '#server/platform/database.ts'
import type { Log } from '#server/platform/log.ts'

const WRITE_EVERY_MS = 5_000

export interface Traffic {
  heard(channel: Place): void
  wasHeard(channel: Place): void
  close(): Promise<void>
}
interface Place {
  id: ChannelId
  workspace: WorkspaceId
}

export function channelTraffic({ database, log }: { database: Database; log: Log }): Traffic {
  const last = { in: new Map<ChannelId, WorkspaceId>(), out: new Map<ChannelId, WorkspaceId>() }
  const timer = setInterval(() => void write(), WRITE_EVERY_MS)

  async function write(): Promise<void> {
    const heard = new Map(last.in)
    const spoke = new Map(last.out)
    last.in.clear()
    last.out.clear()
    for (const [workspace, places] of Map.groupBy([...heard, ...spoke], ([, each]) => each)) {
      const channels = [...new Set(places.map(([id]) => id))]
      await database
        .inWorkspace(workspace, (tx) =>
          sql`
            update channel c set last_in_at = case when n.heard then now() else last_in_at end,
                                 last_out_at = case when n.spoke then now() else last_out_at end
              from unnest(${channels}::uuid[], ${channels.map((id) => heard.has(id))}::boolean[],
                          ${channels.map((id) => spoke.has(id))}::boolean[]) as n (id, heard, spoke)
             where c.workspace_id = ${workspace} and c.id = n.id`.execute(tx),
        )
        .catch((error: unknown) => log.debug({ error }, 'the time of the last message was not written'))
    }
  }

  return {
    heard: ({ id, workspace }) => void last.in.set(id, workspace),
    wasHeard: ({ id, workspace }) => void last.out.set(id, workspace),
    close: async () => {
      clearInterval(timer)
      await write()
    },
  }
}

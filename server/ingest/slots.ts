/**
 * Against an event that kills the process: each batch first notes what it is about to read. What a dead worker left here is counted as
 * tried and runs alone; after its last try it goes to quarantine.
 *
 * The note commits by itself, beside the batch's transaction, and need not reach the disk: it tells of the death of a process, not of
 * the machine.
 */
import { randomInt } from 'node:crypto'
import { sql } from 'kysely'
import type { WorkspaceId } from '#contract/ids.ts'
import type { Database } from '#server/platform/database.ts'
import { keptSession } from '#server/platform/kept-session.ts'

export interface Slots {
  /** One of a worker's batches. Resolves when the note is visible to others. */
  note(batch: number, workspace: WorkspaceId, positions: number[]): Promise<void>
  /** Takes over what dead workers left. @returns the workspaces that were touched */
  bury(mostTries: number): Promise<WorkspaceId[]>
  close(): Promise<void>
}

export function openSlots(database: Database): Slots {
  const ids = new Map<number, string>()
  /** Its life proves ours. */
  const session = keptSession(database, async (client) => {
    const lockKey = String(randomInt(1, 2 ** 47))
    await client.query('set synchronous_commit = off')
    await client.query('select pg_advisory_lock($1)', [lockKey])
    return { client, lockKey }
  })

  return {
    note: async (batch, workspace, positions) => {
      const { client, lockKey } = await session.use()
      const id = ids.get(batch) ?? crypto.randomUUID()
      ids.set(batch, id)
      await client.query(
        `insert into worker_slot (worker, lock_key, workspace_id, positions) values ($1, $2, $3, $4)
         on conflict (worker) do update set lock_key = excluded.lock_key, workspace_id = excluded.workspace_id, positions = excluded.positions`,
        [id, lockKey, workspace, positions],
      )
    },
    bury: async (mostTries) => {
      const { rows } = await sql<{ workspace: WorkspaceId }>`
        with dead as (
          delete from worker_slot s
           where not exists (select from pg_locks k where k.locktype = 'advisory' and k.objsubid = 1
                             and k.database = (select oid from pg_database where datname = current_database())
                             and (k.classid::bigint << 32) | k.objid::bigint = s.lock_key)
          returning s.workspace_id, s.positions)
        update inbound_work w
           set tries = tries + 1, changed_at = now(), error_code = 'killed', state = case when tries + 1 >= ${mostTries} then 2 else 0 end
          from dead
         where w.workspace_id = dead.workspace_id and w.pos = any (dead.positions) and w.state = 0
        returning w.workspace_id as workspace`.execute(database.plumbing)
      return [...new Set(rows.map((row) => row.workspace))]
    },
    close: () =>
      session.close(({ client }) =>
        client.query('delete from worker_slot where worker = any ($1::uuid[])', [[...ids.values()]]),
      ),
  }
}

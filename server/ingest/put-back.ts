/**
 * What becomes of events that are not brought in now: they stay in the journal's queue, each in its way. Those that wait do so from now on,
 * not from the beginning of their batch, which may have read for longer than that.
 */
import { sql } from 'kysely'
import type { WorkspaceId } from '#contract/ids.ts'
import type { Tx } from '#server/platform/database.ts'

export const MOST_TRIES = 5
/** Seconds between tries: 1, 2, 4 …, this at most. */
const LONGEST_BACK_OFF = 300

/** It could not be read: it is tried again with back-off, and its lane waits; after the last try it is set aside, and its lane goes on. */
export async function countTry(on: Pick<Tx, 'getExecutor'>, workspace: WorkspaceId, position: number): Promise<void> {
  await sql`
    update inbound_work
       set tries = tries + 1, error_code = 'unreadable', changed_at = now(),
           state = case when tries + 1 >= ${MOST_TRIES} then 2 else 0 end,
           ready_at = clock_timestamp() + least(power(2, tries), ${LONGEST_BACK_OFF}) * interval '1 second'
     where workspace_id = ${workspace} and pos = ${position}`.execute(on)
}

/** What another shape of the platform's tells will not be understood by trying again: its lane goes on. */
export async function setAside(tx: Tx, workspace: WorkspaceId, positions: readonly number[]): Promise<void> {
  if (positions.length === 0) return
  await sql`
    update inbound_work
       set tries = tries + 1, error_code = 'api_changed', changed_at = now(), state = 2
     where workspace_id = ${workspace} and pos = any (${positions}::bigint[])`.execute(tx)
}

/** They wait in their lanes, and whatever follows them. */
export async function delay(tx: Tx, workspace: WorkspaceId, positions: readonly number[], ms: number): Promise<void> {
  await sql`
    update inbound_work set ready_at = clock_timestamp() + ${ms} * interval '1 millisecond'
     where workspace_id = ${workspace} and pos = any (${positions}::bigint[])`.execute(tx)
}

/** They are in their conversations. */
export async function remove(tx: Tx, workspace: WorkspaceId, positions: readonly number[]): Promise<void> {
  await sql`
    delete from inbound_work
     where workspace_id = ${workspace} and pos = any (${positions}::bigint[]) and state = 0`.execute(tx)
}

/**
 * What is kept for a time only. Every statement is small and repeated until nothing is left: a long transaction would hold the feed.
 *
 *   feed                35 days   whole months (drop_partitions)
 *   raw events          60 days   whole months, unless one of them still waits
 *   event keys          30 days   beyond every platform's retries
 *   idempotency keys    48 hours
 *   parked events       24 hours  then read once more: an edit becomes its message, the rest quarantine, `no_target`
 *   loose files         24 hours  uploaded, and named by no message
 *   sessions, set-up links, throttles, prompts, what connectors kept: at their own time
 */
import { sql } from 'kysely'
import type { FileId, WorkspaceId } from '#contract/ids.ts'
import type { Database, Tx } from '#server/platform/database.ts'
import type { Files } from '#server/platform/files/files.ts'

const AT_ONCE = 2_000

/** Rows of all workspaces, which the program may see without entering one. */
const PLUMBING: readonly { what: string; table: string; due: string }[] = [
  { what: 'event keys', table: 'inbound_seen', due: `seen_at < now() - interval '30 days'` },
  { what: 'sessions', table: 'session', due: 'expires_at < now()' },
  { what: 'set-up links', table: 'setup_link', due: 'expires_at < now()' },
  { what: 'throttles', table: 'throttle', due: 'resets_at < now()' },
]

const OF_WORKSPACES: readonly { what: string; table: string; due: string }[] = [
  { what: 'idempotency keys', table: 'idempotency', due: `at < now() - interval '48 hours'` },
  { what: 'prompts', table: 'prompt', due: 'expires_at < now()' },
  { what: 'what connectors kept', table: 'channel_kept', due: 'expires_at < now()' },
]

/** @returns how many rows went, by what they were */
export async function retain(database: Database, workspaces: readonly WorkspaceId[]): Promise<Record<string, number>> {
  const gone: Record<string, number> = {}
  const count = (what: string, times: number) => {
    if (times > 0) gone[what] = (gone[what] ?? 0) + times
  }
  for (const each of PLUMBING)
    count(each.what, await inChunks(() => database.transaction((tx) => removeSome(tx, each, null))))
  for (const workspace of workspaces)
    for (const each of OF_WORKSPACES)
      count(each.what, await inChunks(() => database.inWorkspace(workspace, (tx) => removeSome(tx, each, workspace))))
  return gone
}

async function removeSome(
  tx: Tx,
  { table, due }: { table: string; due: string },
  workspace: WorkspaceId | null,
): Promise<number> {
  // `tableoid` too: a place (ctid) is known only inside its partition.
  const { rows } = await sql`
    delete from ${sql.table(table)} where (tableoid, ctid) in (
      select tableoid, ctid from ${sql.table(table)} where ${sql.raw(due)} ${workspace ? sql`and workspace_id = ${workspace}` : sql``}
       limit ${AT_ONCE})
    returning 1`.execute(tx)
  return rows.length
}

async function inChunks(some: () => Promise<number>): Promise<number> {
  let all = 0
  for (;;) {
    const now = await some()
    all += now
    if (now < AT_ONCE) return all
  }
}

/** Events that waited a day for a message nobody knows are read once more: an edit is the message then, the rest goes to quarantine. @returns how many */
export async function giveUpParked(database: Database): Promise<number> {
  return inChunks(async () => {
    const { rows } = await sql`
      update inbound_work set state = 0, parked_on = null, error_code = 'no_target', changed_at = now()
       where (workspace_id, pos) in (
         select workspace_id, pos from inbound_work where state = 1 and changed_at < now() - interval '24 hours'
          limit ${AT_ONCE} for update skip locked)
      returning 1`.execute(database.plumbing)
    return rows.length
  })
}

/** Drops whole months. @returns their names */
export async function dropMonths(database: Database): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`select drop_partitions() as name`.execute(database.plumbing)
  return rows.map(({ name }) => name)
}

/** Rows of uploads that no message came to name, then bytes that no row names. @returns how many files went */
export async function sweepFiles(
  database: Database,
  files: Files,
  workspaces: readonly WorkspaceId[],
): Promise<number> {
  for (const workspace of workspaces)
    await inChunks(() =>
      database.inWorkspace(workspace, async (tx) => {
        const { rows } = await sql`
          delete from file where workspace_id = ${workspace} and id in (
            select id from file where workspace_id = ${workspace} and not held and created_at < now() - interval '24 hours'
             limit ${AT_ONCE})
          returning 1`.execute(tx)
        return rows.length
      }),
    )
  return files.sweep(async (workspace, ids) => {
    const { rows } = await database.inWorkspace(workspace, (tx) =>
      sql<{ id: FileId }>`select id from file where workspace_id = ${workspace} and id = any (${ids}::uuid[])`.execute(
        tx,
      ),
    )
    return new Set(rows.map(({ id }) => id))
  })
}

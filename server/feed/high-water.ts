/**
 * A small file in PARLEY_DATA names the newest feed row this machine has seen. A database that does not hold that row any more is older
 * than what has happened: somebody restored a copy by other means than `parley restore`. What it still has queued may have been sent
 * long ago, so Parley then starts in hold.
 */
import { randomBytes } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import { z } from 'zod'
import { WorkspaceId } from '#contract/ids.ts'
import type { Database } from '#server/platform/database.ts'

const Seen = z.object({
  lineage: z.uuid(),
  workspace: WorkspaceId,
  xid: z.string(),
  pos: z.string(),
  at: z.iso.datetime(),
})
type Seen = z.infer<typeof Seen>

/** Retention keeps the feed for 35 days; an older note proves nothing. */
const PROVES_MS = 34 * 86_400_000

const fileIn = (dataDir: string) => join(dataDir, 'feed.seen')

/** Notes the newest row of these workspaces. Whole or not at all; losing the note costs the warning, nothing else. */
export async function noteHighWater(
  database: Database,
  dataDir: string,
  workspaces: readonly WorkspaceId[],
): Promise<void> {
  let newest: Seen | null = null
  for (const workspace of workspaces) {
    const { rows } = await database.inWorkspace(workspace, (tx) =>
      sql<{ lineage: string; xid: string; pos: string; at: Date }>`
        select p.lineage, f.xid::text, f.pos::text, f.at from program p, feed f where f.workspace_id = ${workspace}
         order by f.xid desc, f.pos desc limit 1`.execute(tx),
    )
    const row = rows[0]
    if (row && (newest === null || BigInt(row.pos) > BigInt(newest.pos)))
      newest = { ...row, workspace, at: row.at.toISOString() }
  }
  if (newest === null) return
  const aside = `${fileIn(dataDir)}.${randomBytes(4).toString('hex')}`
  await writeFile(aside, JSON.stringify(newest), { mode: 0o600 })
  await rename(aside, fileIn(dataDir))
}

/** Whether this database is the one this machine knew, at an earlier time. */
export async function isBehindHighWater(database: Database, dataDir: string): Promise<boolean> {
  const text = await readFile(fileIn(dataDir), 'utf8').catch(() => null)
  if (text === null) return false
  const seen = Seen.safeParse(parsed(text)).data
  if (!seen || (await database.now()).getTime() - Date.parse(seen.at) > PROVES_MS) return false
  const { rows } = await database.inWorkspace(seen.workspace, (tx) =>
    sql<{ same: boolean; there: boolean }>`
      select lineage::text = ${seen.lineage} as same,
             exists (select from feed where workspace_id = ${seen.workspace} and xid = ${seen.xid}::text::xid8 and pos = ${seen.pos}) as there
        from program`.execute(tx),
  )
  // Another lineage is another history, begun by `parley restore` or on another server: nothing to compare.
  return rows[0]!.same && !rows[0]!.there
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/**
 * A link to one file of ours: for a customer whose network takes no such file, for a platform that fetches what it is to show. All links
 * to a file can be taken back.
 */
import { sql } from 'kysely'
import { FileId, type WorkspaceId } from '#contract/ids.ts'
import type { Database, Tx } from '#server/platform/database.ts'
import { programClock } from '#server/platform/new-id.ts'
import { findFile, type FileRow } from './files.ts'
import { signedLinks, type SignedLinksDeps } from './signed-links.ts'

export interface FileLinks {
  /** @param days  it opens so long. Null: Parley has no address that others can reach */
  make(workspace: WorkspaceId, file: FileId, days: number): string | null
  /** Null: forged, over, taken back, or the file is gone; nobody is told which. */
  open(token: string): Promise<{ workspace: WorkspaceId; id: FileId; file: FileRow } | null>
}

export async function fileLinks(deps: SignedLinksDeps & { readonly database: Database }): Promise<FileLinks> {
  const links = await signedLinks(deps, { path: 'l', purpose: 'links' })
  return {
    make: (workspace, file, days) => links.make(workspace, file, deps.clock.now(), days),
    open: async (token) => {
      const opened = await links.open(token)
      if (!opened) return null
      const { workspace, made } = opened
      const id = FileId.parse(opened.thing)
      const file = await deps.database.inWorkspace(workspace, async (tx) =>
        (await isTakenBack(tx, workspace, id, made)) ? null : findFile(tx, workspace, id),
      )
      return file && { workspace, id, file }
    },
  }
}

/**
 * All links to the file that were made until now. Links carry our clock's time, which may be a little ahead of the database's.
 * @returns whether there is such a file
 */
export async function takeLinksBack(tx: Tx, workspace: WorkspaceId, file: FileId): Promise<boolean> {
  const { rows } = await sql`
    update file set links_since = greatest(clock_timestamp(), ${programClock.now()}) where workspace_id = ${workspace} and id = ${file} returning 1`.execute(
    tx,
  )
  return rows.length > 0
}

async function isTakenBack(tx: Tx, workspace: WorkspaceId, file: FileId, made: Date): Promise<boolean> {
  const { rows } = await sql`
    select 1 from file where workspace_id = ${workspace} and id = ${file} and links_since >= ${made}`.execute(tx)
  return rows.length > 0
}

import { sql } from 'kysely'
import { NIL_ID, type WorkspaceId } from '#contract/ids.ts'
import type { Database } from '../database.ts'

export interface WrappedKey {
  readonly version: number
  readonly wrapped: Uint8Array
  readonly createdAt: Date
}

/** Where wrapped data keys are kept. */
export interface KeyStore {
  /** All versions of a workspace's key. */
  load(workspace: WorkspaceId): Promise<WrappedKey[]>
  /** Adds a version; when another process was quicker its key stays. */
  add(workspace: WorkspaceId, version: number, wrapped: Uint8Array): Promise<void>
  /** Puts the same data key under another wrapping. */
  replace(workspace: WorkspaceId, version: number, wrapped: Uint8Array): Promise<void>
  /** Forgets versions that seal nothing any more. */
  remove(workspace: WorkspaceId, versions: readonly number[]): Promise<void>
  /** Every workspace that may have a key. */
  workspaces(): Promise<WorkspaceId[]>
}

/** The table `data_key`. */
export const databaseKeyStore = (database: Database): KeyStore => ({
  load: (workspace) =>
    database.inWorkspace(workspace, async (tx) => {
      const rows = await tx
        .selectFrom('data_key')
        .select(['version', 'wrapped', 'created_at'])
        .where('workspace_id', '=', workspace)
        .execute()
      return rows.map(({ version, wrapped, created_at: createdAt }) => ({ version, wrapped, createdAt }))
    }),
  add: (workspace, version, wrapped) =>
    database.inWorkspace(workspace, async (tx) => {
      // No foreign key: the program's own keys stand under the nil UUID, which is no workspace.
      await sql`
        insert into data_key (workspace_id, version, wrapped)
        select ${workspace}, ${version}, ${Buffer.from(wrapped)}
         where ${workspace} = ${NIL_ID} or exists (select from workspace_directory where workspace_id = ${workspace})
        on conflict do nothing`.execute(tx)
    }),
  replace: (workspace, version, wrapped) =>
    database.inWorkspace(workspace, async (tx) => {
      await tx
        .updateTable('data_key')
        .set({ wrapped: Buffer.from(wrapped) })
        .where('workspace_id', '=', workspace)
        .where('version', '=', version)
        .execute()
    }),
  remove: (workspace, versions) =>
    database.inWorkspace(workspace, async (tx) => {
      await sql`delete from data_key where workspace_id = ${workspace} and version = any (${versions})`.execute(tx)
    }),
  workspaces: async () => {
    const rows = await database.plumbing.selectFrom('workspace_directory').select('workspace_id').execute()
    // The program's own key too: a rotation that passed it over would leave it under a forgotten one.
    return [NIL_ID as WorkspaceId, ...rows.map((row) => row.workspace_id)]
  },
})

/** For tests, and for programs without a database. */
export function memoryKeyStore(now: () => Date): KeyStore {
  const keys = new Map<WorkspaceId, Map<number, WrappedKey>>()
  const of = (workspace: WorkspaceId) => keys.get(workspace) ?? new Map<number, WrappedKey>()
  const put = (workspace: WorkspaceId, key: WrappedKey) => void keys.set(workspace, of(workspace).set(key.version, key))
  return {
    load: async (workspace) => [...of(workspace).values()],
    add: async (workspace, version, wrapped) => {
      if (!of(workspace).has(version)) put(workspace, { version, wrapped, createdAt: now() })
    },
    replace: async (workspace, version, wrapped) => {
      const known = of(workspace).get(version)
      if (known) put(workspace, { ...known, wrapped })
    },
    remove: async (workspace, versions) => versions.forEach((version) => of(workspace).delete(version)),
    workspaces: async () => [...keys.keys()],
  }
}

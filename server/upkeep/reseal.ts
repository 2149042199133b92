/**
 * Seals what is stored anew, with the newest data key: after a rotation, so that a data key that leaked opens nothing of it any more. In small
 * transactions, beside a Parley that works: what somebody changes meanwhile is sealed with the new key by him. May be ended at any
 * moment and begun again.
 *
 * Files are sealed in frames of their own and stay as they are; answers that are kept for two days go by themselves.
 */
import { sql } from 'kysely'
import { NIL_ID, type AccountId, type ChannelId, type WorkspaceId } from '#contract/ids.ts'
import { channelPlace } from '#server/channels/seal.ts'
import { totpPlace } from '#server/members/totp.ts'
import type { Database, Tx } from '#server/platform/database.ts'
import { SealBroken, type Place, type Sealer, type Secrets } from '#server/platform/secrets/secrets.ts'

interface SealedColumn {
  readonly table: string
  readonly column: string
  /** Its key, with the types it has. */
  readonly key: readonly (readonly [name: string, type: 'uuid' | 'text'])[]
  /** Of the whole program, and no workspace's. */
  readonly ofProgram?: true
  place(...key: string[]): Place
}

const SEALED: readonly SealedColumn[] = [
  {
    table: 'channel',
    column: 'settings',
    key: [['id', 'uuid']],
    place: (id) => channelPlace('settings', id as ChannelId),
  },
  {
    table: 'channel',
    column: 'hook_secret',
    key: [['id', 'uuid']],
    place: (id) => channelPlace('hook_secret', id as ChannelId),
  },
  {
    table: 'channel_kept',
    column: 'value',
    key: [
      ['channel_id', 'uuid'],
      ['name', 'text'],
    ],
    place: (id, name) => channelPlace('kept', id as ChannelId, name),
  },
  {
    table: 'inbound',
    column: 'body',
    key: [['id', 'uuid']],
    place: (row) => ({ table: 'inbound', column: 'body', row: row! }),
  },
  {
    table: 'account',
    column: 'totp_secret',
    key: [['id', 'uuid']],
    ofProgram: true,
    place: (id) => totpPlace(id as AccountId),
  },
]

/** Rows of one transaction. */
const PAGE = 500

export interface ResealOptions {
  readonly database: Database
  readonly secrets: Secrets
  /** The nil one: what is the whole program's. */
  readonly workspaces: readonly WorkspaceId[]
  /** So many values more have been looked at. */
  looked(values: number): void
}

/** @returns how many values were sealed anew, and how many do not open and were left as they are */
export async function resealAll({
  database,
  secrets,
  workspaces,
  looked,
}: ResealOptions): Promise<{ sealed: number; broken: number }> {
  let sealed = 0
  let broken = 0
  for (const workspace of workspaces)
    for (const column of SEALED) {
      if ((column.ofProgram ?? false) !== (workspace === NIL_ID)) continue
      for (let after: readonly string[] | null = null; ;) {
        const sealer = await secrets.of(workspace)
        const page = await database.inWorkspace(workspace, (tx) => resealPage(tx, workspace, column, sealer, after))
        sealed += page.sealed
        broken += page.broken
        looked(page.looked)
        if (page.last === null) break
        after = page.last
      }
    }
  return { sealed, broken }
}

interface Page {
  readonly looked: number
  readonly sealed: number
  readonly broken: number
  /** The key of its last row; null: there are no more. */
  readonly last: readonly string[] | null
}

async function resealPage(
  tx: Tx,
  workspace: WorkspaceId,
  { table, column, key, ofProgram, place }: SealedColumn,
  sealer: Sealer,
  after: readonly string[] | null,
): Promise<Page> {
  const names = sql.join(key.map(([name]) => sql.ref(name)))
  const own = ofProgram ? sql`true` : sql`workspace_id = ${workspace}`
  const { rows } = await sql<Record<string, string> & { sealed: Buffer }>`
    select ${names}, ${sql.ref(column)} as sealed from ${sql.table(table)}
     where ${own} and ${sql.ref(column)} is not null ${after ? sql`and (${names}) > (${sql.join(after)})` : sql``}
     order by ${names} limit ${PAGE}`.execute(tx)
  const keyOf = (row: Record<string, unknown>) => key.map(([name]) => row[name] as string)
  let broken = 0
  const anew = rows.flatMap((row) => {
    try {
      const fresh = sealer.reseal(row.sealed, place(...keyOf(row)))
      return fresh ? [{ row, fresh }] : []
    } catch (error) {
      if (!(error instanceof SealBroken)) throw error
      broken++
      return []
    }
  })
  if (anew.length > 0) {
    const columns = key.map(([name, type]) => sql`${anew.map(({ row }) => row[name])}::${sql.raw(type)}[]`)
    const [[first, type]] = key as [SealedColumn['key'][number]]
    // Only where it still is what was read: somebody may have written another value meanwhile.
    await sql`
      update ${sql.table(table)} t set ${sql.ref(column)} = n.fresh
        from unnest(${sql.join(columns)}, ${anew.map(({ row }) => row.sealed)}::bytea[], ${anew.map(({ fresh }) => fresh)}::bytea[])
             as n (${names}, was, fresh)
       where ${own} and ${sql.ref(`t.${first}`)} = any (${anew.map(({ row }) => row[first])}::${sql.raw(type)}[])
         and ${sql.join(
           key.map(([name]) => sql`${sql.ref(`t.${name}`)} = ${sql.ref(`n.${name}`)}`),
           sql` and `,
         )} and ${sql.ref(`t.${column}`)} = n.was`.execute(tx)
  }
  const last = rows.at(-1)
  return { looked: rows.length, sealed: anew.length, broken, last: last && rows.length === PAGE ? keyOf(last) : null }
}

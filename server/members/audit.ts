/**
 * The audit: append-only, hash-chained per workspace. The program's role may only insert. One changed byte breaks the chain at its
 * place, which `parley doctor` names.
 */
import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { WorkspaceId } from '#contract/ids.ts'
import type { Caller } from '#server/platform/calls.ts'
import type { Tx } from '#server/platform/database.ts'

export interface AuditEntry {
  actor: { kind: 'member' | 'program' | 'public'; id: string | null }
  act: string
  object: { kind: string; id: string | null }
  address: string | null
  /** Values that are no secrets. */
  detail?: Record<string, unknown>
}

interface Row {
  seq: number
  at: string
  actor_kind: string
  actor_id: string | null
  act: string
  object: string
  object_id: string | null
  address: string | null
  detail: unknown
  previous: Buffer
}

/** In the transaction of what it tells. The lock keeps the chain one chain. */
export async function record(tx: Tx, workspace: WorkspaceId, entry: AuditEntry): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`audit ${workspace}`}, 0))`.execute(tx)
  const { rows } = await sql<{ seq: number; hash: Buffer; at: string }>`
    select coalesce(max(seq), 0) as seq, (select hash from audit where workspace_id = ${workspace} order by seq desc limit 1) as hash, clock_timestamp()::text as at
      from audit where workspace_id = ${workspace}`.execute(tx)
  const last = rows[0]!
  const row: Row = {
    seq: last.seq + 1,
    at: last.at,
    actor_kind: entry.actor.kind,
    actor_id: entry.actor.id,
    act: entry.act,
    object: entry.object.kind,
    object_id: entry.object.id,
    address: entry.address,
    detail: entry.detail ?? {},
    previous: last.hash ?? Buffer.alloc(32),
  }
  await sql`
    insert into audit (workspace_id, seq, at, actor_kind, actor_id, act, object, object_id, address, detail, previous, hash)
    values (${workspace}, ${row.seq}, ${row.at}::timestamptz, ${row.actor_kind}, ${row.actor_id}, ${row.act}, ${row.object}, ${row.object_id}, ${row.address},
            ${JSON.stringify(row.detail)}::jsonb, ${row.previous}, ${chainHash(row)})`.execute(tx)
}

/** What a member did, or a program by its token. */
export type AuditBy = typeof auditBy

export const auditBy = (
  tx: Tx,
  caller: Caller,
  act: string,
  object: { kind: string; id: string },
  detail?: Record<string, unknown>,
): Promise<void> =>
  record(tx, caller.workspace, {
    actor: { kind: 'member', id: caller.member },
    act,
    object,
    address: caller.address,
    ...(detail ? { detail } : {}),
  })

/** @returns the first place where the chain is broken; null: it holds */
export async function verifyAudit(tx: Tx, workspace: WorkspaceId): Promise<number | null> {
  const { rows } = await sql<Row & { hash: Buffer }>`
    select seq, at::text as at, actor_kind, actor_id, act, object, object_id, address, detail, previous, hash from audit where workspace_id = ${workspace} order by seq`.execute(
    tx,
  )
  let previous: Buffer = Buffer.alloc(32)
  for (const [index, row] of rows.entries()) {
    if (row.seq !== index + 1 || !row.previous.equals(previous) || !chainHash(row).equals(row.hash)) return row.seq
    previous = row.hash
  }
  return null
}

/** Over the values in a fixed order; `detail` with its keys sorted, for jsonb keeps no order of its own. */
function chainHash(row: Row): Buffer {
  const values = [
    row.seq,
    row.at,
    row.actor_kind,
    row.actor_id,
    row.act,
    row.object,
    row.object_id,
    row.address,
    sorted(row.detail),
  ]
  return createHash('sha256').update(row.previous).update(JSON.stringify(values)).digest()
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, each]) => [key, sorted(each)]),
  )
}

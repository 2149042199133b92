/** What the undo of a change of a conversation puts back. */
import { sql } from 'kysely'

/** Columns that say one thing together; the first is in the act wherever its change touched them. */
const TOGETHER = [
  ['status', 'snoozed_until'],
  ['assignee_id'],
  ['priority'],
  ['road_identity', 'road_channel'],
] as const

/** Closing ends the waiting. It comes back only where nobody has spoken since. */
const waiting = sql`case when touched.by ? 'waiting_since' and c.waiting_since is null and c.last_seq = (a.undo ->> 'last_seq')::bigint
                         then jsonb_build_object('waiting_since', a.undo -> 'waiting_since') else '{}' end`

/** Acts on the same conversation that came later and stand. */
const later = sql`act n where n.workspace_id = a.workspace_id and n.object_id = a.object_id and n.id > a.id and n.undone_at is null`

const groups = TOGETHER.map((columns) => {
  const [first] = columns
  const of = (row: string) => sql`(${sql.join(columns.map((column) => sql.ref(`${row}.${column}`)))})`
  const before = sql.join(columns.map((column) => sql`${sql.lit(column)}, a.undo -> ${sql.lit(column)}`))
  return sql`case when touched.by ? ${sql.lit(first)} and ${of('l')} is not distinct from ${of('c')}
                   and not exists (select from ${later} and n.member_id is distinct from a.member_id and coalesce(n.undo -> 'left', n.undo) ? ${sql.lit(first)})
                  then jsonb_build_object(${before}) ${first === 'status' ? sql`|| ${waiting}` : sql``} else '{}' end`
})

/**
 * Columns as they were, of an act `a` and its conversation `c`: those that still are as its change left them (`l`), and that no colleague
 * set since, be it to the same. An older Parley noted everything as it was, and not what it changed: that holds until the next change.
 */
export const takesBack = sql`(
  select case when a.undo ? 'left' or not exists (select from ${later})
              then ${sql.join(groups, sql` || `)} else '{}' end
    from jsonb_populate_record(c, a.undo -> 'left') l, (select coalesce(a.undo -> 'left', a.undo) as by) touched)`

/**
 * Rows do not move to another place under the pointer. While the list is held, known rows change in place, gone ones go, and new ones
 * wait: their count is told by a pill.
 */
import type { ConversationRow } from '#contract/calls/conversations.ts'

export interface Held {
  rows: ConversationRow[]
  /** Rows that would stand elsewhere, or are not shown yet. */
  waiting: number
}

/** @param order ids as they stood when the hold began; null when nothing is held */
export function heldOrder(fresh: ConversationRow[], order: readonly string[] | null): Held {
  if (order === null) return { rows: fresh, waiting: 0 }
  const byId = new Map(fresh.map((row) => [row.id as string, row]))
  const known = new Set(order)
  const rows = order.flatMap((id) => byId.get(id) ?? [])
  // A page that was loaded meanwhile stands below everything held: it moves nothing.
  const lastHeld = fresh.findLastIndex((row) => known.has(row.id))
  const below = fresh.slice(lastHeld + 1)
  const isNew = fresh.slice(0, lastHeld + 1).filter((row) => !known.has(row.id)).length
  const moved = rows.filter((row, index) => {
    const before = rows[index - 1]
    return before !== undefined && row.lastAt > before.lastAt
  }).length
  return { rows: [...rows, ...below], waiting: isNew + moved }
}

import { useCallback, useState, type RefObject } from 'react'
import type { ConversationRow } from '#contract/calls/conversations.ts'
import type { ConversationId } from '#contract/ids.ts'

type Chosen = ReadonlySet<ConversationId>
const NOTHING: Chosen = new Set()

/** What left the list is chosen no more: nobody acts on what he does not see. */
function within(rows: readonly ConversationRow[], chosen: Chosen): Chosen {
  if (chosen.size === 0) return NOTHING
  const ids = new Set(rows.map((row) => row.id))
  return new Set([...chosen].filter((id) => ids.has(id)))
}

/**
 * Which rows are chosen. Another view chooses nothing. Begun by a menu where no pointer can hover, it goes on with nothing chosen yet.
 * @param rows  all of the list; `shown`: those on the screen, in their order
 */
export function useChoice(rows: readonly ConversationRow[], shown: RefObject<ConversationRow[]>, listKey: string) {
  const [choice, setChoice] = useState({ of: listKey, chosen: NOTHING, isBegun: false })
  const change = useCallback(
    (to: (before: Chosen, ids: ConversationId[]) => Chosen) =>
      setChoice((before) => {
        const ids = shown.current.map((row) => row.id)
        const { chosen, isBegun } = before.of === listKey ? before : { chosen: NOTHING, isBegun: false }
        return { of: listKey, chosen: within(shown.current, to(within(shown.current, chosen), ids)), isBegun }
      }),
    [shown, listKey],
  )
  const now = choice.of === listKey ? choice : null
  const chosen = within(rows, now?.chosen ?? NOTHING)
  return {
    chosen,
    isChoosing: now !== null && (now.isBegun || chosen.size > 0),
    begin: () => setChoice({ of: listKey, chosen, isBegun: true }),
    clear: () => setChoice({ of: listKey, chosen: NOTHING, isBegun: false }),
    /** Those are done. With the last of them the choosing ends, also where the menu began it. */
    drop: (ids: readonly ConversationId[]) =>
      setChoice((before) => {
        if (before.of !== listKey || ids.length === 0) return before
        const left = within(shown.current, new Set([...before.chosen].filter((id) => !ids.includes(id))))
        return { of: listKey, chosen: left, isBegun: before.isBegun && left.size > 0 }
      }),
    all: () => change((_, ids) => new Set(ids)),
    add: (id: ConversationId) => change((before) => new Set(before).add(id)),
    toggle: (id: ConversationId) =>
      change((before) => {
        const next = new Set(before)
        if (!next.delete(id)) next.add(id)
        return next
      }),
    /** From the row chosen last, else from the open one. */
    range: (open: ConversationId | null, to: ConversationId) =>
      change((before, ids) => {
        const end = ids.indexOf(to)
        const from = ids.indexOf([...before].at(-1) ?? open ?? to)
        // The open one may stand in another view.
        const [first, last] = from < 0 ? [end, end] : [Math.min(from, end), Math.max(from, end)]
        return new Set([...before, ...ids.slice(first, last + 1)])
      }),
  }
}

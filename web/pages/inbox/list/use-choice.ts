import { useCallback, useState, type RefObject } from 'react'
import type { ConversationRow } from '#contract/calls/conversations.ts'
import type { ConversationId } from '#contract/ids.ts'

type Chosen = ReadonlySet<ConversationId>
const NOTHING: Chosen = new Set()

/** Which rows are chosen. Another view chooses nothing. Begun by a menu where no pointer can hover, it goes on with nothing chosen yet. */
export function useChoice(shown: RefObject<ConversationRow[]>, listKey: string) {
  const [choice, setChoice] = useState({ of: listKey, chosen: NOTHING, isBegun: false })
  const change = useCallback(
    (to: (before: Chosen, ids: ConversationId[]) => Chosen) =>
      setChoice((before) => {
        const ids = shown.current.map((row) => row.id)
        const { chosen, isBegun } = before.of === listKey ? before : { chosen: NOTHING, isBegun: false }
        return { of: listKey, chosen: to(chosen, ids), isBegun }
      }),
    [shown, listKey],
  )
  const now = choice.of === listKey ? choice : null
  return {
    chosen: now?.chosen ?? NOTHING,
    isChoosing: now !== null && (now.isBegun || now.chosen.size > 0),
    begin: () => setChoice({ of: listKey, chosen: now?.chosen ?? NOTHING, isBegun: true }),
    clear: () => setChoice({ of: listKey, chosen: NOTHING, isBegun: false }),
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
        const from = ids.indexOf([...before].at(-1) ?? open ?? to)
        const end = ids.indexOf(to)
        return new Set([...before, ...ids.slice(Math.min(from, end), Math.max(from, end) + 1)])
      }),
  }
}

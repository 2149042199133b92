import { useCallback, useState, type RefObject } from 'react'
import type { ConversationRow } from '#contract/calls/conversations.ts'
import type { ConversationId } from '#contract/ids.ts'

type Chosen = ReadonlySet<ConversationId>
const NOTHING: Chosen = new Set()

/** Which rows are chosen. Another view chooses nothing. */
export function useChoice(shown: RefObject<ConversationRow[]>, listKey: string) {
  const [choice, setChoice] = useState({ of: listKey, chosen: NOTHING })
  const change = useCallback(
    (to: (before: Chosen, ids: ConversationId[]) => Chosen) =>
      setChoice((before) => {
        const ids = shown.current.map((row) => row.id)
        return { of: listKey, chosen: to(before.of === listKey ? before.chosen : NOTHING, ids) }
      }),
    [shown, listKey],
  )
  return {
    chosen: choice.of === listKey ? choice.chosen : NOTHING,
    clear: () => change(() => NOTHING),
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

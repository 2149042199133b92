/** A field of a contact that is saved when it is left. What was not saved stays there as it was typed, and is marked. */
import { useState, type ChangeEvent, type KeyboardEvent } from 'react'
import { changeContact, type ContactView } from '#contract/calls/contacts.ts'
import { useAct } from '../../../app/acts.ts'
import type { CallFailed } from '../../../app/call.ts'
import { wordsOfFailure } from '../../../app/failures.ts'
import { refusedIn } from '../../../app/refused.ts'
import { keepContact } from '../apply-events.ts'

export type ContactChange = Parameters<ReturnType<typeof useContactChange>['mutate']>[0]['body']

export interface SavedOptions {
  contact: ContactView
  /** Of the call's body: what a refusal of it names. */
  place: string
  value: string
  bodyOf: (typed: string) => ContactChange
  /** What is wanted there, said when something else was refused. */
  wanted?: string
}

/** A change whose refusal is shown at its field. @param place  the one that is drawn; null: none is */
export const useContactChange = (place: string | null) =>
  useAct(changeContact, {
    done: keepContact,
    shows: (error) => place !== null && refusedAt(error, place) !== undefined,
  })

/** What is said at a field of this place, or at one inside it. */
export const refusedAt = (error: CallFailed | null, place: string): string | undefined =>
  Object.entries(refusedIn(error)).find(([each]) => each === place || each.startsWith(`${place}.`))?.[1]

/** The same, or why it is not saved yet: what to do about that is told at the edge. */
export const faultAt = (error: CallFailed | null, place: string): string | undefined =>
  refusedAt(error, place) ?? (error ? wordsOfFailure(error).title : undefined)

export function useSaved({ contact, place, value, bodyOf, wanted }: SavedOptions) {
  const [typed, setTyped] = useState<string | null>(null)
  const change = useContactChange(place)
  // Marked until it is saved: a line that goes as it is tried again would move the button away under the press that left the field.
  const [failed, setFailed] = useState<CallFailed | null>(null)
  const begin = (next: string | null) => {
    change.reset()
    setFailed(null)
    setTyped(next)
  }
  return {
    value: typed ?? value,
    error: (failed?.code === 'invalid' && wanted) || faultAt(failed, place),
    onChange: (event: ChangeEvent<HTMLInputElement>) => begin(event.currentTarget.value),
    onBlur: () => {
      // What was refused is not asked again before it is another.
      if (typed === null || refusedAt(failed, place)) return
      if (typed.trim() === value) return begin(null)
      change.mutate(
        { params: { id: contact.id }, body: bodyOf(typed.trim()) },
        { onSuccess: () => begin(null), onError: setFailed },
      )
    },
    onKeyDown: (event: KeyboardEvent<HTMLInputElement>) => {
      if (event.key === 'Enter') event.currentTarget.blur()
      if (event.key !== 'Escape') return
      event.stopPropagation()
      begin(null)
    },
  }
}

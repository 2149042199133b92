/** A field of a contact that is saved when it is left. What the server refuses stays there as it was typed, and is marked. */
import { useState, type ChangeEvent, type KeyboardEvent } from 'react'
import { changeContact, type ContactView } from '#contract/calls/contacts.ts'
import { useAct } from '../../../app/acts.ts'
import type { CallFailed } from '../../../app/call.ts'
import { refusedIn } from '../../../app/refused.ts'
import { keepContact } from '../apply-events.ts'

export type ContactChange = Parameters<ReturnType<typeof useContactChange>['mutate']>[0]['body']

export interface SavedOptions {
  contact: ContactView
  /** Of the call's body: what a refusal of it names. */
  place: string
  value: string
  bodyOf: (typed: string) => ContactChange
}

/** A change whose refusal is shown at its field. */
export const useContactChange = () =>
  useAct(changeContact, { done: keepContact, shows: (error) => Object.keys(refusedIn(error)).length > 0 })

/** What is said at a field of this place, or at one inside it. */
export const refusedAt = (error: CallFailed | null, place: string): string | undefined =>
  Object.entries(refusedIn(error)).find(([each]) => each === place || each.startsWith(`${place}.`))?.[1]

export function useSaved({ contact, place, value, bodyOf }: SavedOptions) {
  const [typed, setTyped] = useState<string | null>(null)
  const change = useContactChange()
  const error = refusedAt(change.error, place)
  const forget = () => {
    change.reset()
    setTyped(null)
  }
  return {
    value: typed ?? value,
    error,
    onChange: (event: ChangeEvent<HTMLInputElement>) => {
      change.reset()
      setTyped(event.currentTarget.value)
    },
    onBlur: () => {
      // What was refused is not asked again before it is another.
      if (typed === null || error) return
      if (typed.trim() === value) return forget()
      change.mutate(
        { params: { id: contact.id }, body: bodyOf(typed.trim()) },
        {
          onSuccess: () => setTyped((now) => (now === typed ? null : now)),
          onError: (failure) => {
            if (!refusedAt(failure, place)) setTyped(null)
          },
        },
      )
    },
    onKeyDown: (event: KeyboardEvent<HTMLInputElement>) => {
      if (event.key === 'Enter') event.currentTarget.blur()
      if (event.key !== 'Escape') return
      event.stopPropagation()
      forget()
    },
  }
}

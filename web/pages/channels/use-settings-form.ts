import { useMemo, useState } from 'react'
import type { CallFailed } from '../../app/call.ts'
import { placesIn } from '../../app/refused.ts'
import { faultsIn, fieldsOf, settingsOf, startOf, type Fault, type Values } from './settings-form/fields.ts'

/** State of the form of one connector's settings: `check()` before sending, `refuse(error)` after. */
export function useSettingsForm(
  schema: Record<string, unknown>,
  saved: { settings?: Record<string, unknown>; secretsSet?: readonly string[] } = {},
) {
  const fields = useMemo(() => fieldsOf(schema), [schema])
  const [values, setValues] = useState<Values>(() => startOf(fields, saved.settings))
  const [faults, setFaults] = useState<ReadonlyMap<string, Fault>>(new Map())
  const [refused, setRefused] = useState<ReadonlyMap<string, string>>(new Map())
  return {
    fields,
    values,
    faults,
    refused,
    change: (next: Values) => {
      setValues(next)
      setFaults(new Map())
      setRefused(new Map())
    },
    /** @returns the settings to send, or null when something is filled in wrongly; the places are marked */
    check: (): Record<string, unknown> | null => {
      const found = faultsIn(fields, values, saved.secretsSet)
      setFaults(found)
      return found.size > 0 ? null : settingsOf(fields, values)
    },
    /** Marks what the server refused of the settings. */
    refuse: (error: CallFailed): void => {
      const places = placesIn(error).flatMap(([place, reason]): [string, string][] =>
        place.startsWith('settings.') ? [[place.slice('settings.'.length), reason]] : [],
      )
      setRefused(new Map(places))
    },
  }
}

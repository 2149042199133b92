import { useMemo, useState } from 'react'
import type { CallFailed } from '../../app/call.ts'
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
    /** Marks what the server refused. @returns whether every refused place is in this form */
    refuse: (error: CallFailed): boolean => {
      const places = (error.problem?.fields ?? []).flatMap(({ path, reason }): [string, string][] => {
        const inForm = /^(?:body\.)?settings\.(.+)$/.exec(path)?.[1]
        return inForm === undefined ? [] : [[inForm, reason]]
      })
      setRefused(new Map(places))
      return places.length > 0 && places.length === error.problem?.fields?.length
    },
  }
}

import { Accordion, Stack } from '@mantine/core'
import { useState, type ReactNode } from 'react'
import { useWords } from '../../../app/words.ts'
import { FieldView } from './field-view.tsx'
import type { Fault, Field, Value, Values } from './fields.ts'

export interface SettingsFormProps {
  readonly fields: readonly Field[]
  readonly values: Values
  readonly change: (values: Values) => void
  readonly faults: ReadonlyMap<string, Fault>
  /** What the server refused, by path, for its reason. */
  readonly refused: ReadonlyMap<string, string>
  readonly secretsSet?: readonly string[]
  readonly isReadOnly?: boolean
  readonly children?: ReactNode
}

/** Draws the fields of a connector; the rare ones are folded away. */
export function SettingsForm({ children, ...props }: SettingsFormProps) {
  const t = useWords('channels')
  const { fields, values, faults, refused } = props
  const draw = (field: Field) => (
    <FieldView
      key={field.name}
      {...props}
      field={field}
      path={field.name}
      value={values[field.name] ?? null}
      set={(value: Value) => props.change({ ...values, [field.name]: value })}
    />
  )
  const rare = fields.filter((field) => field.isAdvanced)
  const hasFaultInside = rare.some((field) =>
    [...faults.keys(), ...refused.keys()].some((path) => path === field.name || path.startsWith(`${field.name}.`)),
  )
  const [isOpen, setOpen] = useState(false)
  const [marked, setMarked] = useState({ faults, refused })
  // Each time that marks are set: they go with the next key, and the fields stay open under it.
  if (marked.faults !== faults || marked.refused !== refused) {
    setMarked({ faults, refused })
    if (hasFaultInside) setOpen(true)
  }
  return (
    <Stack gap="md">
      {fields.filter((field) => !field.isAdvanced).map(draw)}
      {children}
      {rare.length > 0 && (
        <Accordion
          variant="separated"
          chevronPosition="left"
          value={isOpen ? 'rare' : null}
          onChange={(open) => setOpen(open !== null)}
          // A field is led to at once: one that is still unfolding cannot be.
          transitionDuration={0}
        >
          <Accordion.Item value="rare">
            <Accordion.Control>{t('form.more')}</Accordion.Control>
            <Accordion.Panel>
              <Stack gap="md">{rare.map(draw)}</Stack>
            </Accordion.Panel>
          </Accordion.Item>
        </Accordion>
      )}
    </Stack>
  )
}

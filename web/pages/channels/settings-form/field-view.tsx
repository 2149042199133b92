import {
  Button,
  Checkbox,
  Fieldset,
  Group,
  MultiSelect,
  NumberInput,
  PasswordInput,
  Select,
  Stack,
  TagsInput,
  Text,
  TextInput,
} from '@mantine/core'
import { WANTED_AGAIN } from '#contract/calls/channels.ts'
import { language, useWords } from '../../../app/words.ts'
import { MadeSecret } from './made-secret.tsx'
import { startOf, type Fault, type Field, type Value, type Values } from './fields.ts'

export interface FieldViewProps {
  readonly field: Field
  readonly path: string
  readonly value: Value
  readonly set: (value: Value) => void
  readonly faults: ReadonlyMap<string, Fault>
  readonly refused: ReadonlyMap<string, string>
  readonly secretsSet?: readonly string[]
  readonly isReadOnly?: boolean
}

/** One field, as its kind wants to be filled in. */
export function FieldView(props: FieldViewProps) {
  const { field, path, value, set, faults, refused, secretsSet = [], isReadOnly = false } = props
  const t = useWords('channels')
  const fault = faults.get(path)
  const told = refused.get(path) ?? reasonInside(field, path, refused)
  const label = field.label[language()]
  const common = {
    label,
    description: field.hint?.[language()],
    error: fault ? t(`fault.${fault.code}`, { limit: fault.limit }) : told && t(`fault.${codeOf(field, told)}`),
    required: field.isWanted,
    disabled: isReadOnly,
  }
  const optionsOf = (options: readonly { value: string; label: Record<'en' | 'ru', string> }[]) =>
    options.map((option) => ({ value: option.value, label: option.label[language()] }))

  switch (field.kind) {
    case 'text': {
      const isSet = secretsSet.includes(path)
      const text = {
        ...common,
        value: typeof value === 'string' ? value : '',
        onChange: (event: { currentTarget: { value: string } }) => set(event.currentTarget.value),
      }
      return field.isSecret ? (
        <div>
          <PasswordInput
            {...text}
            required={field.isWanted && !isSet}
            placeholder={isSet ? t('form.secretSet') : ''}
            // Mantine marks its other fields by itself.
            aria-invalid={Boolean(common.error)}
            autoComplete="off"
            data-1p-ignore
            visibilityToggleButtonProps={{ 'aria-label': t('form.show') }}
          />
          {field.makes !== null && !isReadOnly && (
            <MadeSecret bytes={field.makes} value={text.value} set={set} isSet={isSet} />
          )}
        </div>
      ) : (
        <TextInput {...text} type={field.format === 'email' ? 'email' : 'text'} autoComplete="off" spellCheck={false} />
      )
    }
    case 'number':
      return (
        <NumberInput
          {...common}
          value={typeof value === 'number' ? value : ''}
          onChange={(next) => set(typeof next === 'number' ? next : null)}
          allowDecimal={!field.isWhole}
          hideControls
        />
      )
    case 'switch':
      return (
        <Checkbox
          label={common.label}
          description={common.description}
          error={common.error}
          disabled={isReadOnly}
          checked={value === true}
          onChange={(event) => set(event.currentTarget.checked)}
        />
      )
    case 'choice':
      return (
        <Select
          {...common}
          data={optionsOf(field.options)}
          value={typeof value === 'string' ? value : null}
          onChange={set}
          allowDeselect={!field.isWanted && field.start === null}
        />
      )
    case 'choices':
      return <MultiSelect {...common} data={optionsOf(field.options)} value={value as string[]} onChange={set} />
    case 'list':
      return (
        <TagsInput
          {...common}
          value={value as string[]}
          onChange={set}
          acceptValueOnBlur
          splitChars={[',', ' ', ';']}
          placeholder={t('form.addItem')}
        />
      )
    case 'group':
      return (
        <Fieldset legend={label} disabled={isReadOnly}>
          <Inner {...props} fields={field.fields} values={value as Values} />
        </Fieldset>
      )
    case 'groups':
      return <Rows {...props} field={field} />
  }
}

/** Items of a list have no field of their own to be marked. */
const reasonInside = (field: Field, path: string, refused: ReadonlyMap<string, string>): string | undefined =>
  field.kind === 'list' || field.kind === 'choices'
    ? [...refused].find(([place]) => place.startsWith(`${path}.`))?.[1]
    : undefined

/** The server's reason is English, for developers: here it is said in the member's language. */
const codeOf = (field: Field, reason: string): string =>
  reason === WANTED_AGAIN ? 'again' : field.kind === 'text' && field.format === 'uri' ? 'url' : 'pattern'

function Inner({ fields, values, ...props }: FieldViewProps & { fields: readonly Field[]; values: Values }) {
  return (
    <Stack gap="sm">
      {props.field.hint && props.field.kind === 'group' && (
        <Text size="sm" c="var(--text-dim)">
          {props.field.hint[language()]}
        </Text>
      )}
      {fields.map((field) => (
        <FieldView
          key={field.name}
          {...props}
          field={field}
          path={`${props.path}.${field.name}`}
          value={values[field.name] ?? null}
          set={(value) => props.set({ ...values, [field.name]: value })}
        />
      ))}
    </Stack>
  )
}

function Rows(props: FieldViewProps & { field: Extract<Field, { kind: 'groups' }> }) {
  const { field, path, set, isReadOnly } = props
  const t = useWords('channels')
  const rows = props.value as Values[]
  return (
    <Fieldset legend={field.label[language()]} disabled={isReadOnly ?? false}>
      <Stack gap="md">
        {field.hint && (
          <Text size="sm" c="var(--text-dim)">
            {field.hint[language()]}
          </Text>
        )}
        {rows.map((row, at) => (
          // Rows have no name of their own: their place is all they are known by.
          <Stack key={at} gap="xs">
            <Inner
              {...props}
              fields={field.fields}
              values={row}
              path={`${path}.${at}`}
              set={(value) => set(rows.map((each, place) => (place === at ? (value as Values) : each)))}
            />
            <Group justify="flex-end">
              <Button size="compact-sm" variant="subtle" onClick={() => set(rows.filter((_, place) => place !== at))}>
                {t('form.removeRow')}
              </Button>
            </Group>
          </Stack>
        ))}
        <Group>
          <Button size="compact-sm" variant="default" onClick={() => set([...rows, startOf(field.fields)])}>
            {t('form.addRow')}
          </Button>
        </Group>
      </Stack>
    </Fieldset>
  )
}

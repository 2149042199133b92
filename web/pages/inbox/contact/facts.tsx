import { ActionIcon, Button, Group, TagsInput, TextInput } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import type { ContactView } from '#contract/calls/contacts.ts'
import { LONGEST } from '#contract/limits.ts'
import { useWords } from '../../../app/words.ts'
import { useDirectory } from '../directory.tsx'
import css from './contact.module.css'
import { refusedAt, useContactChange, useSaved, type SavedOptions } from './use-saved.ts'

/** Tags, language, time zone and whatever else is known. Everything edits in place and is saved when left. */
export function Facts({ contact }: { contact: ContactView }) {
  const { may, language } = useDirectory()
  const t = useWords('inbox')
  const [isAdding, setAdding] = useState(false)
  const change = useContactChange()
  const save = (body: Parameters<typeof change.mutate>[0]['body']) =>
    change.mutate({ params: { id: contact.id }, body })
  const isFixed = !may('contact.change')
  const setField = (name: string, value: string | null) => {
    const { [name]: _, ...rest } = contact.fields
    save({ fields: value === null ? rest : { ...rest, [name]: value } })
  }
  // Fields that nobody may fill in are words.
  if (isFixed) return <FixedFacts contact={contact} />
  return (
    <div className={css.facts}>
      <TagsInput
        label={t('facts.tags')}
        size="xs"
        value={contact.tags}
        placeholder={contact.tags.length === 0 ? t('facts.tagsHint') : ''}
        onChange={(tags) => save({ tags })}
        error={refusedAt(change.error, 'tags')}
        maxLength={LONGEST.tag}
        maxTags={50}
        clearable={false}
      />
      <Fact
        label={t('facts.language')}
        value={contact.language ?? ''}
        contact={contact}
        place="language"
        longest={LONGEST.language}
        bodyOf={(value) => ({ language: value || null })}
        hint={languageName(contact.language, language)}
      />
      <Fact
        label={t('facts.timeZone')}
        value={contact.timeZone ?? ''}
        contact={contact}
        place="timeZone"
        longest={LONGEST.timeZone}
        bodyOf={(value) => ({ timeZone: value || null })}
        hint={localTime(contact.timeZone, language)}
      />
      {Object.entries(contact.fields).map(([name, value]) => (
        <Group key={name} gap={4} wrap="nowrap" align="end">
          <Fact
            label={name}
            value={value}
            hint={null}
            contact={contact}
            place={`fields.${name}`}
            longest={LONGEST.fact}
            bodyOf={(next) => ({ fields: { ...contact.fields, [name]: next } })}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={t('facts.remove', { name })}
            onClick={() => setField(name, null)}
          >
            <IconTrash size={15} />
          </ActionIcon>
        </Group>
      ))}
      {isAdding ? (
        <NewFact
          onAdd={(name, value) => {
            setField(name, value)
            setAdding(false)
          }}
          onCancel={() => setAdding(false)}
        />
      ) : (
        <Button
          size="compact-xs"
          variant="subtle"
          justify="flex-start"
          leftSection={<IconPlus size={14} aria-hidden />}
          onClick={() => setAdding(true)}
        >
          {t('facts.add')}
        </Button>
      )}
    </div>
  )
}

/** For whoever may only read: what is known, and nothing that is not. */
function FixedFacts({ contact }: { contact: ContactView }) {
  const { language } = useDirectory()
  const t = useWords('inbox')
  const known: readonly (readonly [label: string, value: string, hint: string | null])[] = [
    [t('facts.tags'), contact.tags.join(', '), null],
    [t('facts.language'), contact.language ?? '', languageName(contact.language, language)],
    [t('facts.timeZone'), contact.timeZone ?? '', localTime(contact.timeZone, language)],
    ...Object.entries(contact.fields).map(([label, value]) => [label, value, null] as const),
  ]
  return (
    <dl className={css.fixed}>
      {known
        .filter(([, value]) => value !== '')
        .map(([label, value, hint]) => (
          <div key={label}>
            <dt className={css.dim}>{label}</dt>
            <dd>
              <bdi>{value}</bdi>
              {hint && ` · ${hint}`}
            </dd>
          </div>
        ))}
    </dl>
  )
}

interface FactProps extends SavedOptions {
  label: string
  hint: string | null
  longest: number
}

function Fact({ label, hint, longest, ...saved }: FactProps) {
  return (
    <TextInput
      size="xs"
      className={css.fact}
      label={label}
      description={hint}
      inputWrapperOrder={['label', 'input', 'error', 'description']}
      maxLength={longest}
      {...useSaved(saved)}
    />
  )
}

function NewFact({ onAdd, onCancel }: { onAdd: (name: string, value: string) => void; onCancel: () => void }) {
  const t = useWords('inbox')
  const [name, setName] = useState('')
  const [value, setValue] = useState('')
  return (
    <form
      className={css.newFact}
      onSubmit={(event) => {
        event.preventDefault()
        if (name.trim()) onAdd(name.trim(), value.trim())
      }}
    >
      <TextInput
        size="xs"
        label={t('facts.name')}
        value={name}
        maxLength={LONGEST.factName}
        onChange={(event) => setName(event.currentTarget.value)}
        data-autofocus
        autoFocus
      />
      <TextInput
        size="xs"
        label={t('facts.value')}
        value={value}
        maxLength={LONGEST.fact}
        onChange={(event) => setValue(event.currentTarget.value)}
      />
      <Group gap={6}>
        <Button size="compact-xs" type="submit" disabled={name.trim() === ''}>
          {t('facts.save')}
        </Button>
        <Button size="compact-xs" variant="default" onClick={onCancel}>
          {t('cancel')}
        </Button>
      </Group>
    </form>
  )
}

function languageName(code: string | null, language: string): string | null {
  if (!code) return null
  try {
    return new Intl.DisplayNames(language, { type: 'language' }).of(code) ?? null
  } catch {
    // Whatever the network called a language.
    return null
  }
}

function localTime(zone: string | null, language: string): string | null {
  if (!zone) return null
  try {
    return new Intl.DateTimeFormat(language, {
      timeZone: zone,
      hour: '2-digit',
      minute: '2-digit',
      weekday: 'short',
    }).format(new Date())
  } catch {
    return null
  }
}

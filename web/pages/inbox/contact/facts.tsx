import { ActionIcon, Button, Group, TagsInput, TextInput } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import { changeContact, type ContactView } from '#contract/calls/contacts.ts'
import { useAct } from '../../../app/acts.ts'
import { useWords } from '../../../app/words.ts'
import { keepContact } from '../apply-events.ts'
import { useDirectory } from '../directory.tsx'
import css from './contact.module.css'

/** Tags, language, time zone and whatever else is known. Everything edits in place and is saved when left. */
export function Facts({ contact }: { contact: ContactView }) {
  const { may, language } = useDirectory()
  const t = useWords('inbox')
  const [isAdding, setAdding] = useState(false)
  const change = useAct(changeContact, { done: keepContact })
  const save = (body: Parameters<typeof change.mutate>[0]['body']) =>
    change.mutate({ params: { id: contact.id }, body })
  const isFixed = !may('contact.change')
  const setField = (name: string, value: string | null) => {
    const { [name]: _, ...rest } = contact.fields
    save({ fields: value === null ? rest : { ...rest, [name]: value } })
  }
  return (
    <div className={css.facts}>
      <TagsInput
        label={t('facts.tags')}
        size="xs"
        value={contact.tags}
        readOnly={isFixed}
        placeholder={contact.tags.length === 0 ? t('facts.tagsHint') : ''}
        onChange={(tags) => save({ tags })}
        maxTags={50}
        clearable={false}
      />
      <Fact
        label={t('facts.language')}
        value={contact.language ?? ''}
        isFixed={isFixed}
        onSave={(value) => save({ language: value || null })}
        hint={languageName(contact.language, language)}
      />
      <Fact
        label={t('facts.timeZone')}
        value={contact.timeZone ?? ''}
        isFixed={isFixed}
        onSave={(value) => save({ timeZone: value || null })}
        hint={localTime(contact.timeZone, language)}
      />
      {Object.entries(contact.fields).map(([name, value]) => (
        <Group key={name} gap={4} wrap="nowrap" align="end">
          <Fact label={name} value={value} isFixed={isFixed} onSave={(next) => setField(name, next)} hint={null} />
          {!isFixed && (
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={t('facts.remove', { name })}
              onClick={() => setField(name, null)}
            >
              <IconTrash size={15} />
            </ActionIcon>
          )}
        </Group>
      ))}
      {!isFixed &&
        (isAdding ? (
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
        ))}
    </div>
  )
}

interface FactProps {
  label: string
  value: string
  isFixed: boolean
  hint: string | null
  onSave: (value: string) => void
}

function Fact({ label, value, isFixed, hint, onSave }: FactProps) {
  const [typed, setTyped] = useState<string | null>(null)
  const save = () => {
    if (typed !== null && typed.trim() !== value) onSave(typed.trim())
    setTyped(null)
  }
  return (
    <TextInput
      size="xs"
      className={css.fact}
      label={label}
      description={hint}
      inputWrapperOrder={['label', 'input', 'description']}
      value={typed ?? value}
      readOnly={isFixed}
      onChange={(event) => setTyped(event.currentTarget.value)}
      onBlur={save}
      onKeyDown={(event) => {
        if (event.key === 'Enter') event.currentTarget.blur()
        if (event.key === 'Escape') setTyped(null)
      }}
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
        maxLength={60}
        onChange={(event) => setName(event.currentTarget.value)}
        data-autofocus
        autoFocus
      />
      <TextInput
        size="xs"
        label={t('facts.value')}
        value={value}
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

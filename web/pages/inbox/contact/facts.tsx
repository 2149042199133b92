import { ActionIcon, Button, Group, TextInput } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import type { ContactView } from '#contract/calls/contacts.ts'
import { LONGEST } from '#contract/limits.ts'
import { useWords } from '../../../app/words.ts'
import { useDirectory } from '../directory.tsx'
import css from './contact.module.css'
import { NewFact } from './new-fact.tsx'
import { Tags } from './tags.tsx'
import { useContactChange, useSaved, type SavedOptions } from './use-saved.ts'

/** Tags, language, time zone and whatever else is known. Everything edits in place and is saved when left. */
export function Facts({ contact }: { contact: ContactView }) {
  const { may, language } = useDirectory()
  const t = useWords('inbox')
  const [isAdding, setAdding] = useState(false)
  const removal = useContactChange(null)
  // Fields that nobody may fill in are words.
  if (!may('contact.change')) return <FixedFacts contact={contact} />
  return (
    <div className={css.facts}>
      <Tags contact={contact} />
      <Fact
        label={t('facts.language')}
        value={contact.language ?? ''}
        contact={contact}
        place="language"
        longest={LONGEST.language}
        bodyOf={(value) => ({ language: value || null })}
        wanted={t('facts.languageWanted')}
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
            bodyOf={(next) => ({ fields: { [name]: next } })}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={t('facts.remove', { name })}
            onClick={() => removal.mutate({ params: { id: contact.id }, body: { fields: { [name]: null } } })}
          >
            <IconTrash size={15} />
          </ActionIcon>
        </Group>
      ))}
      {isAdding ? (
        <NewFact contact={contact.id} onClose={() => setAdding(false)} />
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
  const field = useSaved(saved)
  return (
    <TextInput
      size="xs"
      className={css.fact}
      label={label}
      // Of what is saved: beside what was refused it would speak of another value.
      description={field.error ? null : hint}
      inputWrapperOrder={['label', 'input', 'error', 'description']}
      maxLength={longest}
      {...field}
    />
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

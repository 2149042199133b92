import { Button, Group, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { ContactId } from '#contract/ids.ts'
import { LONGEST } from '#contract/limits.ts'
import { useWords } from '../../../app/words.ts'
import css from './contact.module.css'
import { faultAt, useContactChange } from './use-saved.ts'

/** It closes once it is saved; until then what was typed stays. */
export function NewFact({ contact, onClose }: { contact: ContactId; onClose: () => void }) {
  const t = useWords('inbox')
  const [name, setName] = useState('')
  const [value, setValue] = useState('')
  const change = useContactChange('fields')
  return (
    <form
      className={css.newFact}
      onSubmit={(event) => {
        event.preventDefault()
        if (name.trim() === '' || change.isPending) return
        change.mutate(
          { params: { id: contact }, body: { fields: { [name.trim()]: value.trim() } } },
          { onSuccess: onClose },
        )
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
        error={faultAt(change.error, 'fields')}
        maxLength={LONGEST.fact}
        onChange={(event) => setValue(event.currentTarget.value)}
      />
      <Group gap={6}>
        <Button size="compact-xs" type="submit" disabled={name.trim() === ''}>
          {t('facts.save')}
        </Button>
        <Button size="compact-xs" variant="default" onClick={onClose}>
          {t('cancel')}
        </Button>
      </Group>
    </form>
  )
}

import { Modal, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { listContacts } from '#contract/calls/contacts.ts'
import type { ContactId } from '#contract/ids.ts'
import { read } from '../../../app/acts.ts'
import { useWords } from '../../../app/words.ts'
import { useDirectory } from '../directory.tsx'
import { Face } from '../face.tsx'
import css from '../search-panel.module.css'
import { addressOf } from './contact-words.ts'

export interface MergePickerProps {
  contact: ContactId
  onPick: (other: ContactId) => void
  onClose: () => void
}

/** A member knows that two are one person: the other is found by name or address, then both are compared. */
export function MergePicker({ contact, onPick, onClose }: MergePickerProps) {
  const { networkName } = useDirectory()
  const t = useWords('inbox')
  const [typed, setTyped] = useState('')
  const [q] = useDebouncedValue(typed.trim(), 200)
  const found = useQuery({ ...read(listContacts, { query: { q, limit: 20 } }), enabled: q !== '', staleTime: 5_000 })
  const others = q === '' ? [] : (found.data?.items ?? []).filter((each) => each.id !== contact)
  return (
    <Modal opened onClose={onClose} title={t('merge.find')} size="md" closeButtonProps={{ 'aria-label': t('close') }}>
      <TextInput
        placeholder={t('merge.findHint')}
        aria-label={t('merge.findHint')}
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
        data-autofocus
      />
      <div className={css.found}>
        {others.map((other) => (
          <button key={other.id} type="button" className={css.hit} onClick={() => onPick(other.id)}>
            <Face name={other.name} id={other.id} avatar={other.avatar} size={32} />
            <span className={css.words}>
              <strong dir="auto">{other.name}</strong>
              <span className={css.dim}>
                {other.identities.map((each) => `${networkName(each.network)} ${addressOf(each)}`).join(' · ')}
              </span>
            </span>
          </button>
        ))}
        {q !== '' && found.data && others.length === 0 && <p className={css.nothing}>{t('search.nothing', { q })}</p>}
      </div>
    </Modal>
  )
}

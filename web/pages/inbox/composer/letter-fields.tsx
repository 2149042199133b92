import { TextInput } from '@mantine/core'
import { useWords } from '../../../app/words.ts'
import css from './composer.module.css'

export interface LetterHead {
  subject: string
  cc: string
}

export const NO_HEAD: LetterHead = { subject: '', cc: '' }

/** As a letter's head travels: nothing of what was left empty. */
export function headOf({ subject, cc }: LetterHead): { subject?: string; cc?: string[] } {
  const copies = cc.split(/[\s,;]+/).filter(Boolean)
  return { ...(subject.trim() ? { subject: subject.trim() } : {}), ...(copies.length > 0 ? { cc: copies } : {}) }
}

export interface LetterFieldsProps {
  /** The subject that is kept where none is written. */
  placeholder: string | null
  hasCopies: boolean
  value: LetterHead
  onChange: (head: LetterHead) => void
}

export function LetterFields({ placeholder, hasCopies, value, onChange }: LetterFieldsProps) {
  const t = useWords('inbox')
  return (
    <div className={css.letterFields}>
      <TextInput
        size="xs"
        placeholder={placeholder ?? t('compose.subject')}
        aria-label={t('compose.subject')}
        value={value.subject}
        onChange={(event) => onChange({ ...value, subject: event.currentTarget.value })}
      />
      {hasCopies && (
        <TextInput
          size="xs"
          placeholder={t('compose.cc')}
          aria-label={t('compose.cc')}
          value={value.cc}
          onChange={(event) => onChange({ ...value, cc: event.currentTarget.value })}
        />
      )}
    </div>
  )
}

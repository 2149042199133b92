import { Button, TextInput } from '@mantine/core'
import type { Ref } from 'react'
import { LONGEST } from '#contract/limits.ts'
import type { Content } from '#contract/message/content.ts'
import { useWords } from '../../../app/words.ts'
import css from './composer.module.css'
import { copiesIn } from './copies.ts'
import type { LetterHead } from './heads.ts'

/** As a letter's head travels: nothing of what was left empty. */
export function sentHead({ subject, cc }: LetterHead): { subject?: string; cc?: string[] } {
  const copies = copiesIn(cc)
  return { ...(subject.trim() ? { subject: subject.trim() } : {}), ...(copies.length > 0 ? { cc: copies } : {}) }
}

export interface LetterFieldsProps {
  /** The subject that is kept where none is written. */
  placeholder: string | null
  hasCopies: boolean
  /** The letter that this goes on from. */
  answered: Pick<Content, 'answersTo' | 'cc'> | null
  value: LetterHead
  /** Addresses that no copy can go to, once that is to be told. */
  bad: readonly string[]
  copies: Ref<HTMLInputElement>
  onChange: (head: LetterHead) => void
  onLeaveCopies: () => void
}

export function LetterFields(props: LetterFieldsProps) {
  const { placeholder, hasCopies, answered, value, bad, copies, onChange, onLeaveCopies } = props
  const t = useWords('inbox')
  const others = answered?.cc ?? []
  return (
    <>
      {answered?.answersTo && (
        <p className={css.goesTo} dir="auto">
          {t('compose.goesTo', { to: answered.answersTo.to })}
        </p>
      )}
      <div className={css.letterFields}>
        <TextInput
          size="xs"
          placeholder={placeholder ?? t('compose.subject')}
          aria-label={t('compose.subject')}
          maxLength={LONGEST.subject}
          value={value.subject}
          onChange={(event) => onChange({ ...value, subject: event.currentTarget.value })}
        />
        {hasCopies && (
          <TextInput
            ref={copies}
            size="xs"
            placeholder={t('compose.cc')}
            aria-label={t('compose.cc')}
            inputMode="email"
            autoComplete="off"
            value={value.cc}
            error={
              bad.length > 0 &&
              `${t('thread:badCopies', { who: bad.join(', '), count: bad.length })}. ${t('thread:copiesLike')}`
            }
            onBlur={onLeaveCopies}
            onChange={(event) => onChange({ ...value, cc: event.currentTarget.value })}
          />
        )}
        {hasCopies && others.length > 0 && value.cc === '' && (
          <Button
            size="compact-sm"
            variant="default"
            className={css.copyAll}
            title={others.join(', ')}
            onClick={() => onChange({ ...value, cc: others.join(', ') })}
          >
            {t('compose.ccAll', { count: others.length })}
          </Button>
        )}
      </div>
    </>
  )
}

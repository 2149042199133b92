import { Button } from '@mantine/core'
import { IconUsers } from '@tabler/icons-react'
import type { Suggestion } from '#contract/calls/contacts.ts'
import type { ContactId } from '#contract/ids.ts'
import { useWords } from '../../../app/words.ts'
import { useDirectory } from '../directory.tsx'
import { reasonOfSuggestion } from './contact-words.ts'
import css from './contact.module.css'

const MOST = 3

/** Who may be the same person, and why; a member decides. */
export function Suggestions({
  suggestions,
  onMerge,
}: {
  suggestions: readonly Suggestion[]
  onMerge: (other: ContactId) => void
}) {
  const { networkName, may } = useDirectory()
  const t = useWords('inbox')
  return suggestions.slice(0, MOST).map(({ contact, reasons }) => (
    <div key={contact.id} className={css.suggestion}>
      <p>
        <IconUsers size={15} aria-hidden />{' '}
        {t('suggest.same', {
          name: contact.name,
          network: contact.identities.map((each) => networkName(each.network)).join(', '),
        })}
      </p>
      <p className={css.dim}>{reasons.map((reason) => reasonOfSuggestion(reason)).join('. ')}</p>
      {may('contact.merge') && (
        <Button size="compact-sm" variant="default" onClick={() => onMerge(contact.id)}>
          {t('suggest.compare')}
        </Button>
      )}
    </div>
  ))
}

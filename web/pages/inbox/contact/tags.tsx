import { TagsInput } from '@mantine/core'
import { useState } from 'react'
import type { ContactView } from '#contract/calls/contacts.ts'
import { LONGEST, MOST_TAGS } from '#contract/limits.ts'
import type { CallFailed } from '../../../app/call.ts'
import { useWords } from '../../../app/words.ts'
import { faultAt, refusedAt, useContactChange } from './use-saved.ts'

/** Each is added or removed alone: what a colleague tags meanwhile stays. One that was not saved is typed again, before what is being typed. */
export function Tags({ contact }: { contact: ContactView }) {
  const t = useWords('inbox')
  const [typed, setTyped] = useState('')
  const change = useContactChange('tags')
  const [failed, setFailed] = useState<CallFailed | null>(null)
  const save = (tags: string[]) => {
    const remove = contact.tags.filter((each) => !tags.includes(each))
    const add = tags.filter((each) => !contact.tags.includes(each)).flatMap((each) => each.split(BETWEEN))
    if (add.length + remove.length === 0) return
    change.mutateAsync({ params: { id: contact.id }, body: { tags: { add, remove } } }).then(
      () => setFailed(null),
      (error: CallFailed) => {
        setFailed(error)
        setTyped((now) => [...new Set([...add, ...now.split(BETWEEN)])].filter(Boolean).join(BETWEEN))
      },
    )
  }
  return (
    <TagsInput
      label={t('facts.tags')}
      size="xs"
      value={contact.tags}
      placeholder={contact.tags.length === 0 ? t('facts.tagsHint') : ''}
      onChange={save}
      searchValue={typed}
      onSearchChange={(next) => {
        // Taken away as it is sent: the mark stays until it is saved.
        if (next !== '') setFailed(null)
        setTyped(next)
      }}
      // What was refused is not asked again before it is another.
      acceptValueOnBlur={!refusedAt(failed, 'tags')}
      error={faultAt(failed, 'tags')}
      maxLength={LONGEST.tag}
      maxTags={MOST_TAGS}
      clearable={false}
    />
  )
}

const BETWEEN = ','

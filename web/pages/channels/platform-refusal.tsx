import { Text } from '@mantine/core'
import { WIRE_FAULTS } from '#contract/wire-fault.ts'
import type { CallFailed } from '../../app/call.ts'
import { useWords } from '../../app/words.ts'
import { FailureNote } from '../../ui/failure-note.tsx'
import { RedNote } from '../../ui/red-note.tsx'
import type { Field } from './settings-form/fields.ts'

/** Why the platform did not take the settings: our words for its answer, then its own. Nothing was saved. */
export function PlatformRefusal({ error, fields }: { error: CallFailed | null; fields: readonly Field[] }) {
  const t = useWords('channels')
  if (error === null) return null
  if (error.code !== 'settings_refused' && error.code !== 'unreachable') return <FailureNote error={error} />
  const { code, words, place = '' } = error.problem?.values ?? {}
  const isCredentials = code === 'signed_out' || code === 'banned'
  const isUnheard = error.code === 'unreachable'
  const fault = WIRE_FAULTS.find((each) => each === code)
  const kind = fault ?? (isUnheard ? 'unreachable' : isCredentials ? 'credentials' : 'settings')
  return (
    <RedNote title={t(`refusal.${kind}.title`, { place })}>
      {kind === 'no_tls' && mayChooseTls(fields) ? t('refusal.no_tls.choose') : t(`refusal.${kind}.next`, { place })}
      {typeof words === 'string' && words !== '' && (
        <Text size="sm" mt={4}>
          {isUnheard ? t('happened', { words }) : t('platformSays', { words })}
        </Text>
      )}
    </RedNote>
  )
}

/** Whether encryption may begin in more than one way, as with mail. */
const mayChooseTls = (fields: readonly Field[]): boolean =>
  fields.some((field) => (field.kind === 'group' ? mayChooseTls(field.fields) : field.name === 'tls'))

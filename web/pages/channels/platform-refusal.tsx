import { Text } from '@mantine/core'
import { DISTRUSTS } from '#contract/distrust.ts'
import type { CallFailed } from '../../app/call.ts'
import { useWords } from '../../app/words.ts'
import { FailureNote } from '../../ui/failure-note.tsx'
import { RedNote } from '../../ui/red-note.tsx'

/** Why the platform did not take the settings: our words for its answer, then its own. Nothing was saved. */
export function PlatformRefusal({ error }: { error: CallFailed | null }) {
  const t = useWords('channels')
  if (error === null) return null
  if (error.code !== 'settings_refused' && error.code !== 'unreachable') return <FailureNote error={error} />
  const { code, words } = error.problem?.values ?? {}
  const isCredentials = code === 'signed_out' || code === 'banned'
  const distrust = DISTRUSTS.find((each) => each === code)
  const kind = distrust ?? (error.code === 'unreachable' ? 'unreachable' : isCredentials ? 'credentials' : 'settings')
  return (
    <RedNote title={t(`refusal.${kind}.title`)}>
      {t(`refusal.${kind}.next`)}
      {typeof words === 'string' && words !== '' && (
        <Text size="sm" mt={4}>
          {distrust || kind === 'unreachable' ? t('happened', { words }) : t('platformSays', { words })}
        </Text>
      )}
    </RedNote>
  )
}

import { Alert } from '@mantine/core'
import { IconAlertCircle } from '@tabler/icons-react'
import { wordsOfFailure } from '../app/failures.ts'

/** What failed, in the place where it failed: cause and next step. Read out at once. */
export function FailureNote({ error }: { error: unknown }) {
  if (error === null || error === undefined) return null
  const { title, next } = wordsOfFailure(error)
  return (
    <Alert
      role="alert"
      color="red"
      variant="light"
      title={title}
      icon={<IconAlertCircle aria-hidden />}
      styles={{ title: { color: 'var(--text-danger)' }, message: { color: 'var(--text)' } }}
    >
      {next}
    </Alert>
  )
}

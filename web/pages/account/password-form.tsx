import { Button, Group, PasswordInput, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { LONGEST } from '#contract/limits.ts'
import { useWords } from '../../app/words.ts'
import { FailureNote } from '../../ui/failure-note.tsx'

export interface PasswordFormProps {
  /** What comes of it. */
  readonly words: string
  readonly act: string
  readonly isDangerous?: boolean
  readonly isPending: boolean
  readonly error: unknown
  readonly run: (password: string) => void
  readonly cancel: () => void
}

/** Whoever found an open screen does not know the password. */
export function PasswordForm({ words, act, isDangerous, isPending, error, run, cancel }: PasswordFormProps) {
  const t = useWords('account')
  const [password, setPassword] = useState('')
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        run(password)
      }}
    >
      <Stack gap="md">
        <Text size="sm">{words}</Text>
        <PasswordInput
          label={t('password.now')}
          autoComplete="current-password"
          autoFocus
          maxLength={LONGEST.password}
          visibilityToggleButtonProps={{ 'aria-label': t('password.show') }}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <FailureNote error={error} />
        <Group>
          <Button type="submit" loading={isPending} {...(isDangerous ? { color: 'red.8' } : {})}>
            {act}
          </Button>
          <Button variant="default" onClick={cancel}>
            {t('cancel')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

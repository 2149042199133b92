import { Button, Group, PasswordInput, Stack, Text } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import { LONGEST } from '#contract/limits.ts'
import type { CallFailed } from '../../app/call.ts'
import { useWords } from '../../app/words.ts'
import { FailureNote } from '../../ui/failure-note.tsx'

export interface PasswordFormProps {
  /** What comes of it. */
  readonly words: string
  readonly act: string
  readonly isDangerous?: boolean
  readonly isPending: boolean
  readonly error: CallFailed | null
  readonly run: (password: string) => void
  /** Another password is being typed: what was said of the last holds no more. */
  readonly reset: () => void
  readonly cancel: () => void
}

/** The words for it elsewhere are those of the door: e-mail, password and code. */
export const isWrongPassword = (error: CallFailed | null): boolean => error?.code === 'wrong_credentials'

/** Whoever found an open screen does not know the password. */
export function PasswordForm({ words, act, isDangerous, isPending, error, run, reset, cancel }: PasswordFormProps) {
  const t = useWords('account')
  const [password, setPassword] = useState('')
  const isWrong = isWrongPassword(error)
  // The button that was pressed was off meanwhile, and lost the keyboard; here the error is read out too.
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => {
    if (isWrong) field.current?.focus()
  }, [isWrong])
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
          ref={field}
          label={t('password.now')}
          autoComplete="current-password"
          autoFocus
          maxLength={LONGEST.password}
          visibilityToggleButtonProps={{ 'aria-label': t('password.show') }}
          value={password}
          error={isWrong ? t('password.wrong') : null}
          onChange={(event) => {
            reset()
            setPassword(event.currentTarget.value)
          }}
        />
        <FailureNote error={isWrong ? null : error} />
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

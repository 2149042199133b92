import { Alert, Button, PasswordInput, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useRouter } from '@tanstack/react-router'
import { useEffect, useEffectEvent, useState } from 'react'
import { getMe, getSetup, signIn } from '#contract/calls/members.ts'
import { LONGEST } from '#contract/limits.ts'
import { keyOf, read, useAct } from '../../app/acts.ts'
import { client } from '../../app/client.ts'
import { whoSitsHere } from '../../app/session.ts'
import { useWords } from '../../app/words.ts'
import { Door } from '../../ui/door.tsx'
import { FailureNote } from '../../ui/failure-note.tsx'

const route = getRouteApi('/sign-in')

/** Password first; the code only where the account has a second factor (the server asks for it by 401 `code_wanted`). */
export function SignInPage() {
  const t = useWords('sign-in')
  const { next, why } = route.useSearch()
  const { history } = useRouter()
  const goOn = () => history.push(next ?? '/inbox')
  const look = useEffectEvent(async () => {
    if (document.visibilityState === 'visible' && (await whoSitsHere())) goOn()
  })
  // Another tab may have signed in meanwhile.
  useEffect(() => {
    const again = () => void look()
    document.addEventListener('visibilitychange', again)
    return () => document.removeEventListener('visibilitychange', again)
  }, [])
  const isUnowned = useQuery(read(getSetup)).data?.open ?? false
  const [isCodeWanted, wantCode] = useState(false)
  const [isPhoneAway, setPhoneAway] = useState(false)
  const form = useForm({ mode: 'uncontrolled', initialValues: { email: '', password: '', code: '' } })
  const act = useAct(signIn, {
    done: (me) => {
      client.setQueryData(keyOf(getMe), me)
      goOn()
    },
    shows: (error) => {
      if (error.code === 'code_wanted') wantCode(true)
      return true
    },
  })
  const send = form.onSubmit(({ email, password, code }) =>
    act.mutate({
      body: { email: email.trim(), password, ...(isCodeWanted ? { code: code.replaceAll(/\s/g, '') } : {}) },
    }),
  )

  if (isUnowned)
    return (
      <Door title={t('unowned.title')} lead={t('unowned.lead')}>
        <Alert color="gray">{t('unowned.next')}</Alert>
      </Door>
    )
  return (
    <Door title={t('title')} lead={why === 'signed_out' ? t('signedOut') : undefined}>
      <form onSubmit={send} noValidate>
        <Stack gap="md">
          {act.error && act.error.code !== 'code_wanted' && <FailureNote error={act.error} />}
          <div hidden={isCodeWanted}>
            <Stack gap="md">
              <TextInput
                label={t('email')}
                type="email"
                autoComplete="username"
                maxLength={LONGEST.email}
                autoFocus
                required
                key={form.key('email')}
                {...form.getInputProps('email')}
              />
              <PasswordInput
                label={t('password')}
                autoComplete="current-password"
                maxLength={LONGEST.password}
                required
                visibilityToggleButtonProps={{ 'aria-label': t('showPassword') }}
                key={form.key('password')}
                {...form.getInputProps('password')}
              />
            </Stack>
          </div>
          {isCodeWanted && (
            <TextInput
              label={isPhoneAway ? t('recovery') : t('code')}
              description={isPhoneAway ? t('recoveryHint') : t('codeHint')}
              autoComplete={isPhoneAway ? 'off' : 'one-time-code'}
              inputMode={isPhoneAway ? 'text' : 'numeric'}
              maxLength={LONGEST.code}
              autoFocus
              required
              key={form.key('code')}
              {...form.getInputProps('code')}
            />
          )}
          <Button type="submit" loading={act.isPending} fullWidth>
            {t('signIn')}
          </Button>
          {isCodeWanted && (
            <Button
              variant="subtle"
              onClick={() => {
                setPhoneAway(!isPhoneAway)
                form.setFieldValue('code', '')
                act.reset()
              }}
            >
              {isPhoneAway ? t('useApp') : t('useRecovery')}
            </Button>
          )}
          {isCodeWanted && (
            <Button
              variant="subtle"
              onClick={() => {
                wantCode(false)
                setPhoneAway(false)
                act.reset()
              }}
            >
              {t('back')}
            </Button>
          )}
        </Stack>
      </form>
    </Door>
  )
}

import { Alert, Button, PasswordInput, Stack } from '@mantine/core'
import { useForm } from '@mantine/form'
import { Link } from '@tanstack/react-router'
import { resetSignIn } from '#contract/calls/members.ts'
import { LONGEST, SHORTEST_PASSWORD } from '#contract/limits.ts'
import { useAct } from '../../app/acts.ts'
import { useWords } from '../../app/words.ts'
import { Door } from '../../ui/door.tsx'
import { FailureNote } from '../../ui/failure-note.tsx'
import { RedNote } from '../../ui/red-note.tsx'

/** Behind the one-time link of somebody who could not sign in any more. The token stands after `#`, so no log ever sees it. */
export function ResetPage() {
  const t = useWords('reset')
  const token = location.hash.slice(1)
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: { password: '' },
    validate: { password: (text) => (text.length < SHORTEST_PASSWORD ? t('short') : null) },
  })
  const act = useAct(resetSignIn, {
    // Loaded afresh: somebody else may have been signed in here.
    done: () => location.assign('/inbox'),
    shows: () => true,
  })
  const toDoor = (
    <Button component={Link} to="/sign-in" variant="default">
      {t('signIn')}
    </Button>
  )
  if (token === '')
    return (
      <Door title={t('title')}>
        <Alert color="gray" title={t('noToken.title')}>
          {t('noToken.next')}
        </Alert>
        {toDoor}
      </Door>
    )
  if (act.error?.code === 'not_found')
    return (
      <Door title={t('title')}>
        <RedNote title={t('badLink.title')}>{t('badLink.next')}</RedNote>
        {toDoor}
      </Door>
    )
  return (
    <Door title={t('title')} lead={t('lead')}>
      <form onSubmit={form.onSubmit(({ password }) => act.mutate({ body: { token, password } }))} noValidate>
        <Stack gap="md">
          <FailureNote error={act.error} />
          <PasswordInput
            label={t('password')}
            description={form.errors.password ? null : t('passwordHint')}
            autoComplete="new-password"
            autoFocus
            maxLength={LONGEST.password}
            visibilityToggleButtonProps={{ 'aria-label': t('showPassword') }}
            key={form.key('password')}
            {...form.getInputProps('password')}
          />
          <Button type="submit" loading={act.isPending || act.isSuccess} fullWidth>
            {t('set')}
          </Button>
        </Stack>
      </form>
    </Door>
  )
}

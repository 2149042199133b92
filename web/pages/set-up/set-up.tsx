import { Alert, Button, PasswordInput, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { getMe, setUp } from '#contract/calls/members.ts'
import { LONGEST, SHORTEST_PASSWORD } from '#contract/limits.ts'
import { keyOf, useAct } from '../../app/acts.ts'
import { client } from '../../app/client.ts'
import { looksLikeEmail } from '../../app/looks-like-email.ts'
import { refusedIn } from '../../app/refused.ts'
import { language, useWords } from '../../app/words.ts'
import { Door } from '../../ui/door.tsx'
import { FailureNote } from '../../ui/failure-note.tsx'
import { RedNote } from '../../ui/red-note.tsx'

const route = getRouteApi('/setup')

/** Behind the one-time link that Parley prints while it has no owner. The token stands after `#`, so no log ever sees it. */
export function SetUpPage() {
  const t = useWords('set-up')
  const { open } = route.useLoaderData()
  const navigate = useNavigate()
  const token = location.hash.slice(1)
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: { workspace: '', name: '', email: '', password: '' },
    validate: {
      workspace: (text) => (text.trim() === '' ? t('wanted.workspace') : null),
      name: (text) => (text.trim() === '' ? t('wanted.name') : null),
      email: (text) => (looksLikeEmail(text) ? null : t('wanted.email')),
      password: (text) => (text.length < SHORTEST_PASSWORD ? t('wanted.password') : null),
    },
  })
  const act = useAct(setUp, {
    done: (me) => {
      client.setQueryData(keyOf(getMe), me)
      void navigate({ to: '/channels' })
    },
    shows: (error) => {
      form.setErrors(refusedIn(error))
      return true
    },
  })
  const send = form.onSubmit(({ email, ...rest }) =>
    act.mutate({ body: { ...rest, email: email.trim(), token, language: language() } }),
  )

  if (!open)
    return (
      <Door title={t('done.title')}>
        <Alert color="gray">{t('done.words')}</Alert>
        <Button component={Link} to="/sign-in">
          {t('done.signIn')}
        </Button>
      </Door>
    )
  if (token === '')
    return (
      <Door title={t('title')}>
        <Alert color="gray" title={t('noToken.title')}>
          {t('noToken.next')}
        </Alert>
      </Door>
    )
  const isLinkUsed = act.error?.code === 'not_found'
  return (
    <Door title={t('title')} lead={t('lead')}>
      <form onSubmit={send} noValidate>
        <Stack gap="md">
          {isLinkUsed ? (
            <RedNote title={t('badLink.title')}>{t('badLink.next')}</RedNote>
          ) : (
            <FailureNote error={act.error} />
          )}
          <TextInput
            label={t('workspace')}
            description={t('workspaceHint')}
            autoFocus
            autoComplete="organization"
            maxLength={LONGEST.name}
            key={form.key('workspace')}
            {...form.getInputProps('workspace')}
          />
          <TextInput
            label={t('name')}
            autoComplete="name"
            maxLength={LONGEST.name}
            key={form.key('name')}
            {...form.getInputProps('name')}
          />
          <TextInput
            label={t('email')}
            description={t('emailHint')}
            type="email"
            autoComplete="username"
            maxLength={LONGEST.email}
            key={form.key('email')}
            {...form.getInputProps('email')}
          />
          <PasswordInput
            label={t('password')}
            description={form.errors.password ? null : t('passwordHint')}
            autoComplete="new-password"
            maxLength={LONGEST.password}
            visibilityToggleButtonProps={{ 'aria-label': t('showPassword') }}
            key={form.key('password')}
            {...form.getInputProps('password')}
          />
          <Button type="submit" loading={act.isPending} fullWidth>
            {t('begin')}
          </Button>
        </Stack>
      </form>
    </Door>
  )
}

import { Button, Group, PasswordInput, Stack } from '@mantine/core'
import { useForm } from '@mantine/form'
import { changeMe, listSessions } from '#contract/calls/members.ts'
import { LONGEST, SHORTEST_PASSWORD } from '#contract/limits.ts'
import { keyOf, useAct } from '../../app/acts.ts'
import { tell } from '../../app/tell.ts'
import { useWords } from '../../app/words.ts'
import { FailureNote } from '../../ui/failure-note.tsx'
import { Section } from '../../ui/section.tsx'
import { client } from '../../app/client.ts'
import { isWrongPassword } from './password-form.tsx'

export function PasswordSection() {
  const t = useWords('account')
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: { now: '', next: '' },
    validate: { next: (text) => (text.length < SHORTEST_PASSWORD ? t('password.short') : null) },
  })
  const act = useAct(changeMe, {
    done: () => {
      form.reset()
      void client.invalidateQueries({ queryKey: keyOf(listSessions) })
      tell({ words: t('password.changed') })
    },
    shows: (error) => {
      if (isWrongPassword(error)) {
        form.setFieldError('now', t('password.wrong'))
        form.getInputNode('now')?.focus()
      }
      return true
    },
  })
  const show = { 'aria-label': t('password.show') }
  return (
    <Section title={t('password.title')} about={t('password.about')}>
      <form onSubmit={form.onSubmit((password) => act.mutate({ body: { password } }))} noValidate>
        <Stack gap="md">
          <PasswordInput
            label={t('password.now')}
            autoComplete="current-password"
            maxLength={LONGEST.password}
            visibilityToggleButtonProps={show}
            key={form.key('now')}
            {...form.getInputProps('now')}
          />
          <PasswordInput
            label={t('password.next')}
            description={form.errors.next ? null : t('password.hint')}
            autoComplete="new-password"
            maxLength={LONGEST.password}
            visibilityToggleButtonProps={show}
            key={form.key('next')}
            {...form.getInputProps('next')}
          />
          <FailureNote error={isWrongPassword(act.error) ? null : act.error} />
          <Group>
            <Button type="submit" variant="default" loading={act.isPending}>
              {t('password.change')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Section>
  )
}

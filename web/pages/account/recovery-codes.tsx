import { Alert, Button, Group, Stack, Text, Title } from '@mantine/core'
import { useEffect, useId, useRef, useState } from 'react'
import { getMe, makeRecoveryCodes } from '#contract/calls/members.ts'
import { keyOf, useAct } from '../../app/acts.ts'
import { client } from '../../app/client.ts'
import { useMe, type MeView } from '../../app/session.ts'
import { useWords } from '../../app/words.ts'
import { Copy } from '../../ui/copy.tsx'
import { PasswordForm } from './password-form.tsx'

const FEW = 3

/** How many still work, and new ones in their place. */
export function CodesLeft({ show }: { show: (codes: readonly string[]) => void }) {
  const t = useWords('account')
  const { recoveryCodesLeft: left } = useMe()
  const [isAsking, ask] = useState(false)
  const make = useAct(makeRecoveryCodes, {
    done: ({ recoveryCodes }) => {
      client.setQueryData<MeView>(keyOf(getMe), (me) => me && { ...me, recoveryCodesLeft: recoveryCodes.length })
      show(recoveryCodes)
    },
    shows: () => true,
  })
  return (
    <Stack gap="md" mb="md">
      <Text size="sm" c={left <= FEW ? 'var(--text-danger)' : 'var(--text)'}>
        {t('codes.left', { count: left })}
      </Text>
      {isAsking ? (
        <PasswordForm
          words={t('codes.anewWords')}
          act={t('codes.anew')}
          isPending={make.isPending}
          error={make.error}
          run={(password) => make.mutate({ body: { password } })}
          reset={make.reset}
          cancel={() => {
            make.reset()
            ask(false)
          }}
        />
      ) : (
        <Group>
          <Button variant="default" onClick={() => ask(true)}>
            {t('codes.anew')}
          </Button>
        </Group>
      )}
    </Stack>
  )
}

/** Shown this once. */
export function CodesOnce({ codes, done }: { codes: readonly string[]; done: () => void }) {
  const t = useWords('account')
  const { member } = useMe()
  const text = codes.join('\n')
  const warning = useId()
  // What was pressed to make them is gone: the keyboard goes on here, and it is read aloud what they are.
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus(), [])
  return (
    <Stack gap="md">
      <Title order={3} ref={heading} tabIndex={-1} aria-describedby={warning}>
        {t('codes.title')}
      </Title>
      <Alert color="yellow">
        <span id={warning}>{t('codes.once')}</span>
      </Alert>
      <Copy label={t('codes.title')} value={text} isBlock isNamed />
      <Group>
        <Button
          variant="default"
          component="a"
          download="parley-recovery-codes.txt"
          href={`data:text/plain;charset=utf-8,${encodeURIComponent(`${t('codes.inFile', { place: location.host, email: member.email ?? '' })}\n\n${text}\n`)}`}
        >
          {t('codes.download')}
        </Button>
        <Button onClick={done}>{t('codes.kept')}</Button>
      </Group>
    </Stack>
  )
}

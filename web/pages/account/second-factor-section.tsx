import { Button, Group, List, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { beginSecondFactor, listSessions, proveSecondFactor, removeSecondFactor } from '#contract/calls/members.ts'
import { keyOf, useAct } from '../../app/acts.ts'
import { client } from '../../app/client.ts'
import { keepMe } from '../../app/members.ts'
import { useMe } from '../../app/session.ts'
import { tell } from '../../app/tell.ts'
import { useWords } from '../../app/words.ts'
import { Copy } from '../../ui/copy.tsx'
import { FailureNote } from '../../ui/failure-note.tsx'
import { Qr } from '../../ui/qr.tsx'
import { Section } from '../../ui/section.tsx'

/** A code of an authenticator app beside the password. It counts once a first code has proved it. */
export function SecondFactorSection() {
  const t = useWords('account')
  const { secondFactor } = useMe()
  return (
    <Section title={t('factor.title')} about={secondFactor ? t('factor.isOn') : t('factor.isOff')}>
      {secondFactor ? <TurnOff /> : <TurnOn />}
    </Section>
  )
}

function TurnOn() {
  const t = useWords('account')
  const [code, setCode] = useState('')
  const begin = useAct(beginSecondFactor)
  const prove = useAct(proveSecondFactor, {
    done: (me) => {
      keepMe(me)
      void client.invalidateQueries({ queryKey: keyOf(listSessions) })
      tell({ words: t('factor.turnedOn') })
    },
    shows: () => true,
  })
  if (!begin.data)
    return (
      <Button variant="default" loading={begin.isPending} onClick={() => begin.mutate({})}>
        {t('factor.turnOn')}
      </Button>
    )
  const { secret, url } = begin.data
  // The words for it elsewhere are those of the door: e-mail and password.
  const isWrongCode = prove.error?.code === 'wrong_credentials'
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        prove.mutate({ body: { secret, code: code.replaceAll(/\s/g, '') } })
      }}
    >
      <Stack gap="md">
        <List type="ordered" spacing={4} size="sm">
          <List.Item>{t('factor.step1')}</List.Item>
          <List.Item>{t('factor.step2')}</List.Item>
          <List.Item>{t('factor.step3')}</List.Item>
        </List>
        <Group align="flex-start" gap="lg">
          <Qr text={url} label={t('factor.qr')} />
          <Stack style={{ flex: '1 1 240px', minWidth: 0 }}>
            <Copy label={t('factor.secret')} value={secret} />
            <TextInput
              label={t('factor.code')}
              inputMode="numeric"
              autoComplete="one-time-code"
              maxLength={10}
              value={code}
              error={isWrongCode ? t('factor.wrongCode') : null}
              onChange={(event) => {
                prove.reset()
                setCode(event.currentTarget.value)
              }}
            />
            <FailureNote error={isWrongCode ? null : prove.error} />
            <Group>
              <Button type="submit" loading={prove.isPending} disabled={code.trim() === ''}>
                {t('factor.prove')}
              </Button>
            </Group>
          </Stack>
        </Group>
      </Stack>
    </form>
  )
}

function TurnOff() {
  const t = useWords('account')
  const [isAsking, ask] = useState(false)
  const [password, setPassword] = useState('')
  const remove = useAct(removeSecondFactor, {
    done: (me) => {
      keepMe(me)
      tell({ words: t('factor.turnedOff') })
    },
    shows: () => true,
  })
  if (!isAsking)
    return (
      <Button variant="default" onClick={() => ask(true)}>
        {t('factor.turnOff')}
      </Button>
    )
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        remove.mutate({ body: { password } })
      }}
    >
      <Stack gap="md">
        <Text size="sm">{t('factor.turnOffWords')}</Text>
        <PasswordInput
          label={t('password.now')}
          autoComplete="current-password"
          visibilityToggleButtonProps={{ 'aria-label': t('password.show') }}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <FailureNote error={remove.error} />
        <Group>
          <Button type="submit" color="red.8" loading={remove.isPending}>
            {t('factor.turnOff')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

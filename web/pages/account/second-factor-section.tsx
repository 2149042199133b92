import { Button, Group, List, Stack, Text, TextInput } from '@mantine/core'
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
import { PasswordForm } from './password-form.tsx'
import { CodesLeft, CodesOnce } from './recovery-codes.tsx'

/** A code of an authenticator app beside the password. It counts once a first code has proved it. */
export function SecondFactorSection() {
  const t = useWords('account')
  const { secondFactor } = useMe()
  // Here, for what made them is gone from the page by then.
  const [codes, show] = useState<readonly string[] | null>(null)
  return (
    <Section title={t('factor.title')} about={secondFactor ? t('factor.isOn') : t('factor.isOff')}>
      {codes ? (
        <CodesOnce codes={codes} done={() => show(null)} />
      ) : secondFactor ? (
        <>
          <CodesLeft show={show} />
          <TurnOff />
        </>
      ) : (
        <TurnOn show={show} />
      )}
    </Section>
  )
}

function TurnOn({ show }: { show: (codes: readonly string[]) => void }) {
  const t = useWords('account')
  const [code, setCode] = useState('')
  const begin = useAct(beginSecondFactor)
  const prove = useAct(proveSecondFactor, {
    done: ({ recoveryCodes, ...me }) => {
      keepMe(me)
      show(recoveryCodes)
      void client.invalidateQueries({ queryKey: keyOf(listSessions) })
      tell({ words: t('factor.turnedOn') })
    },
    shows: () => true,
  })
  if (!begin.data)
    return (
      <Stack gap="md" align="flex-start">
        <Text size="sm">{t('factor.loss')}</Text>
        <Button variant="default" loading={begin.isPending} onClick={() => begin.mutate({})}>
          {t('factor.turnOn')}
        </Button>
      </Stack>
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
              <Button
                variant="default"
                onClick={() => {
                  begin.reset()
                  prove.reset()
                  setCode('')
                }}
              >
                {t('cancel')}
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
    <PasswordForm
      words={t('factor.turnOffWords')}
      act={t('factor.turnOff')}
      isDangerous
      isPending={remove.isPending}
      error={remove.error}
      run={(password) => remove.mutate({ body: { password } })}
      reset={remove.reset}
      cancel={() => {
        remove.reset()
        ask(false)
      }}
    />
  )
}

import { Button, Group, Stack, Text, TextInput, Title } from '@mantine/core'
import { useState, type SubmitEvent } from 'react'
import { changeChannel, type ChannelView } from '#contract/calls/channels.ts'
import { LONGEST } from '#contract/limits.ts'
import type { ConnectorCard } from '#contract/manifest.ts'
import { useAct } from '../../app/acts.ts'
import { keepChannel } from '../../app/channels.ts'
import { refusedIn } from '../../app/refused.ts'
import { useMay } from '../../app/session.ts'
import { tell } from '../../app/tell.ts'
import { useWords } from '../../app/words.ts'
import css from './channels.module.css'
import { PlatformRefusal } from './platform-refusal.tsx'
import { SettingsForm } from './settings-form/settings-form.tsx'
import { useFirstFault } from './use-first-fault.ts'
import { useSettingsForm } from './use-settings-form.ts'

/** Name and settings; new settings are proved at the platform before they are kept. */
export function EditSettings({ channel, connector }: { channel: ChannelView; connector: ConnectorCard }) {
  const t = useWords('channels')
  const isReadOnly = !useMay()('channel.change')
  const form = useSettingsForm(connector.settings, channel)
  const { form: element, toFirstFault } = useFirstFault()
  const [name, setName] = useState(channel.name)
  const [isTouched, touch] = useState(false)
  const act = useAct(changeChannel, {
    done: (now) => {
      keepChannel(now)
      touch(false)
      tell({ words: t('form.saved') })
    },
    shows: (error) => {
      form.refuse(error)
      toFirstFault()
      return true
    },
  })
  const send = (event: SubmitEvent) => {
    event.preventDefault()
    act.reset()
    const settings = isTouched ? form.check() : undefined
    if (settings === null || name.trim() === '') return toFirstFault()
    act.mutate({ params: { id: channel.id }, body: { name: name.trim(), ...(settings ? { settings } : {}) } })
  }
  return (
    <section className={css.panel} aria-labelledby="settings">
      <Title order={2} id="settings" mb="sm">
        {t('form.title')}
      </Title>
      {isReadOnly && (
        <Text size="sm" c="var(--text-dim)" mb="sm">
          {t('form.readOnly')}
        </Text>
      )}
      <form ref={element} onSubmit={send} noValidate>
        <Stack gap="md">
          <TextInput
            label={t('form.name')}
            required
            disabled={isReadOnly}
            maxLength={LONGEST.name}
            value={name}
            error={name.trim() === '' ? t('fault.wanted') : refusedIn(act.error).name}
            onChange={(event) => {
              act.reset()
              setName(event.currentTarget.value)
            }}
          />
          <SettingsForm
            {...form}
            change={(values) => {
              touch(true)
              form.change(values)
            }}
            secretsSet={channel.secretsSet}
            isReadOnly={isReadOnly}
          />
          <PlatformRefusal error={act.error} fields={form.fields} />
          {!isReadOnly && (
            <Group>
              <Button type="submit" loading={act.isPending} disabled={!isTouched && name === channel.name}>
                {t('form.save')}
              </Button>
            </Group>
          )}
        </Stack>
      </form>
    </section>
  )
}

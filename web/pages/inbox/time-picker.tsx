import { Button, Menu, Stack, TextInput } from '@mantine/core'
import { IconClock } from '@tabler/icons-react'
import { useState } from 'react'
import { useWords } from '../../app/words.ts'
import { useDirectory } from './directory.tsx'
import { laterTimes } from './later.ts'
import { dayAndClock } from './times.ts'

/** Times that people mean, as rows of a menu; counted when the menu opens. */
export function LaterItems({ isDisabled = false, onPick }: { isDisabled?: boolean; onPick: (at: string) => void }) {
  const { language } = useDirectory()
  const t = useWords('inbox')
  const [times] = useState(() => laterTimes(new Date()))
  return times.map(({ name, time }) => (
    <Menu.Item
      key={name}
      disabled={isDisabled}
      leftSection={<IconClock size={16} aria-hidden />}
      rightSection={<span>{dayAndClock(time.toISOString(), language)}</span>}
      onClick={() => onPick(time.toISOString())}
    >
      {t(`later.${name}`)}
    </Menu.Item>
  ))
}

/** Any time that is still to come. */
export function TimePicker({ label, button, onPick }: { label: string; button: string; onPick: (at: string) => void }) {
  const [picked, setPicked] = useState<{ typed: string; at: string | null }>({ typed: '', at: null })
  const t = useWords('inbox')
  const pick = (typed: string) => {
    const time = new Date(typed)
    setPicked({ typed, at: time.getTime() > Date.now() ? time.toISOString() : null })
  }
  return (
    <Stack
      component="form"
      gap="xs"
      onSubmit={(event) => {
        event.preventDefault()
        // Through the popover's portal it would reach the form it stands in.
        event.stopPropagation()
        if (picked.at) onPick(picked.at)
      }}
    >
      <TextInput
        type="datetime-local"
        label={label}
        value={picked.typed}
        error={picked.typed !== '' && picked.at === null ? t('later.past') : null}
        onChange={(event) => pick(event.currentTarget.value)}
        data-autofocus
      />
      <Button type="submit" size="sm" disabled={picked.at === null}>
        {button}
      </Button>
    </Stack>
  )
}

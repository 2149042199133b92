/** Assign, snooze: small menus that open by their key and can be walked by arrows. */
import { Menu, Popover, Tooltip } from '@mantine/core'
import { IconCheck, IconClockPause, IconUser, IconUserOff } from '@tabler/icons-react'
import { useState, type ReactElement, type ReactNode } from 'react'
import type { MemberId } from '#contract/ids.ts'
import { useWords } from '../../app/words.ts'
import { useDirectory } from './directory.tsx'
import { LaterItems, TimePicker } from './time-picker.tsx'

export interface AssignMenuProps {
  /** Left out where several are assigned at once: each may have another. */
  assignee?: MemberId | null
  /** Over the button, as in `SnoozeMenu`. */
  hint?: ReactNode
  isOpen: boolean
  onOpen: (isOpen: boolean) => void
  onAssign: (member: MemberId | null, name: string) => void
  children: ReactElement
}

export function AssignMenu({ assignee, hint, isOpen, onOpen, onAssign, children }: AssignMenuProps) {
  const { me, members } = useDirectory()
  const t = useWords('inbox')
  const others = [...members.values()].filter(
    (member) => member.state === 'active' && member.role !== 'bot' && member.id !== me.id,
  )
  const target = <Menu.Target>{children}</Menu.Target>
  const tick = <IconCheck size={14} aria-label={t('road.chosen')} />
  return (
    <Menu opened={isOpen} onChange={onOpen} position="bottom-end" width={240} withinPortal returnFocus>
      {hint ? <Tooltip label={hint}>{target}</Tooltip> : target}
      <Menu.Dropdown mah={340} style={{ overflowY: 'auto' }}>
        <Menu.Item
          leftSection={<IconUser size={16} aria-hidden />}
          rightSection={assignee === me.id ? tick : null}
          onClick={() => onAssign(me.id, me.name)}
        >
          {t('assign.me')}
        </Menu.Item>
        {others.map((member) => (
          <Menu.Item
            key={member.id}
            leftSection={<IconUser size={16} aria-hidden />}
            rightSection={assignee === member.id ? tick : null}
            onClick={() => onAssign(member.id, member.name)}
          >
            {member.name}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item
          leftSection={<IconUserOff size={16} aria-hidden />}
          disabled={assignee === null}
          onClick={() => onAssign(null, '')}
        >
          {t('assign.nobody')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

export interface SnoozeMenuProps {
  /** Over the button. Here and not around it: the menu stands beside the element that it gives its ref to. */
  hint?: ReactNode
  isOpen: boolean
  onOpen: (isOpen: boolean) => void
  onSnooze: (until: string) => void
  children: ReactElement
}

export function SnoozeMenu({ hint, isOpen, onOpen, onSnooze, children }: SnoozeMenuProps) {
  const t = useWords('inbox')
  const [isPicking, setPicking] = useState(false)
  const target = <Menu.Target>{children}</Menu.Target>
  return (
    <Popover
      opened={isPicking}
      onChange={setPicking}
      position="bottom-end"
      shadow="md"
      trapFocus
      returnFocus
      withinPortal
      // The menu inside it says what it opens.
      withRoles={false}
    >
      <Popover.Target>
        <span>
          <Menu opened={isOpen} onChange={onOpen} position="bottom-end" width={280} withinPortal returnFocus>
            {hint ? <Tooltip label={hint}>{target}</Tooltip> : target}
            <Menu.Dropdown>
              <Menu.Label>{t('snooze.label')}</Menu.Label>
              <LaterItems onPick={onSnooze} />
              <Menu.Item leftSection={<IconClockPause size={16} aria-hidden />} onClick={() => setPicking(true)}>
                {t('later.own')}
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        </span>
      </Popover.Target>
      <Popover.Dropdown>
        <TimePicker
          label={t('snooze.until')}
          button={t('snooze.confirm')}
          onPick={(at) => {
            setPicking(false)
            onSnooze(at)
          }}
        />
      </Popover.Dropdown>
    </Popover>
  )
}

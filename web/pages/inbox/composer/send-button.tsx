import { Button, Menu, Popover } from '@mantine/core'
import { IconCheck, IconChevronDown, IconClock, IconLock, IconSend, IconSquareCheck } from '@tabler/icons-react'
import { useState } from 'react'
import { useWords } from '../../../app/words.ts'
import { LaterItems, TimePicker } from '../time-picker.tsx'
import { Keys } from '../../../app/frame/keys-view.tsx'
import { HOLDS } from './hold.ts'

export interface SendButtonProps {
  isNote: boolean
  isEdit: boolean
  isDisabled: boolean
  isChat: boolean
  /** Seconds in which a send can be undone. */
  hold: number
  onHold: (seconds: number) => void
  onSend: (how: { close?: boolean; at?: string }) => void
}

export function SendButton({ isNote, isEdit, isDisabled, isChat, hold, onHold, onSend }: SendButtonProps) {
  const t = useWords('inbox')
  const [isPicking, setPicking] = useState(false)
  const label = isEdit ? t('compose.saveEdit') : isNote ? t('compose.saveNote') : t('compose.send')
  return (
    <Popover
      opened={isPicking}
      onChange={setPicking}
      position="top-end"
      shadow="md"
      trapFocus
      returnFocus
      withinPortal
      withRoles={false}
    >
      <Popover.Target>
        <Button.Group>
          <Button
            color={isNote ? 'yellow' : 'fir'}
            autoContrast
            size="sm"
            disabled={isDisabled}
            leftSection={isNote ? <IconLock size={16} aria-hidden /> : <IconSend size={16} aria-hidden />}
            onClick={() => onSend({})}
            aria-keyshortcuts={isChat ? 'Enter Control+Enter' : 'Control+Enter'}
          >
            {label}
          </Button>
          {!isNote && !isEdit && (
            <Menu position="top-end" withinPortal>
              <Menu.Target>
                <Button size="sm" px={6} aria-label={t('compose.sendHow')}>
                  <IconChevronDown size={16} aria-hidden />
                </Button>
              </Menu.Target>
              <Menu.Dropdown>
                <Menu.Item
                  disabled={isDisabled}
                  leftSection={<IconSquareCheck size={16} aria-hidden />}
                  rightSection={<Keys keys="mod+shift+enter" />}
                  onClick={() => onSend({ close: true })}
                >
                  {t('compose.sendClose')}
                </Menu.Item>
                <Menu.Divider />
                <Menu.Label>{t('compose.later')}</Menu.Label>
                <LaterItems isDisabled={isDisabled} onPick={(at) => onSend({ at })} />
                <Menu.Item
                  disabled={isDisabled}
                  leftSection={<IconClock size={16} aria-hidden />}
                  onClick={() => setPicking(true)}
                >
                  {t('later.own')}
                </Menu.Item>
                <Menu.Divider />
                <Menu.Label>{t('compose.undoTime')}</Menu.Label>
                {HOLDS.map((seconds) => (
                  <Menu.Item
                    key={seconds}
                    rightSection={hold === seconds ? <IconCheck size={14} aria-label={t('road.chosen')} /> : null}
                    onClick={() => onHold(seconds)}
                  >
                    {seconds === 0 ? t('compose.undoNone') : t('compose.undoSeconds', { count: seconds })}
                  </Menu.Item>
                ))}
              </Menu.Dropdown>
            </Menu>
          )}
        </Button.Group>
      </Popover.Target>
      <Popover.Dropdown>
        <TimePicker
          label={t('later.when')}
          button={t('later.send')}
          onPick={(at) => {
            setPicking(false)
            onSend({ at })
          }}
        />
      </Popover.Dropdown>
    </Popover>
  )
}

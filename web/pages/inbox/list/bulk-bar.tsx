import { Button, CloseButton } from '@mantine/core'
import { IconClockPause, IconSquareCheck, IconUser } from '@tabler/icons-react'
import { useState } from 'react'
import { useKeys } from '../../../app/use-keys.ts'
import { useWords } from '../../../app/words.ts'
import type { Change } from '../conversation-acts.ts'
import { useDirectory } from '../directory.tsx'
import { Hint, HintWords } from '../hint.tsx'
import { AssignMenu, SnoozeMenu } from '../menus.tsx'
import css from './list.module.css'

export interface BulkBarProps {
  count: number
  /** Every one of them is loaded and chosen. */
  isAll: boolean
  /** What is being done to them. */
  busyWith: Change['to'] | null
  onAll: () => void
  onChange: (change: Change) => void
  onClear: () => void
}

/** Acts on all that are chosen, by the keys of an open conversation too; one undo takes all of them back. */
export function BulkBar({ count, isAll, busyWith, onAll, onChange, onClear }: BulkBarProps) {
  const { me } = useDirectory()
  const t = useWords('inbox')
  const [open, setOpen] = useState<'assign' | 'snooze' | null>(null)
  /** The one that was pressed turns, the others wait. */
  const standing = (of: Change['to']) => ({ loading: busyWith === of, disabled: count === 0 || busyWith !== null })
  const unlessBusy = (run: () => void) => () => busyWith === null && run()
  // With nothing chosen they are the open conversation's.
  const keyOf = (keys: string) => (count === 0 ? null : keys)
  useKeys(
    count === 0
      ? []
      : [
          { keys: 'e', about: t('header.close'), run: unlessBusy(() => onChange({ to: 'close' })) },
          { keys: 'h', about: t('header.snooze'), run: unlessBusy(() => setOpen('snooze')) },
          { keys: 'a', about: t('header.assign'), run: unlessBusy(() => setOpen('assign')) },
          {
            keys: 'i',
            about: t('assign.me'),
            run: unlessBusy(() => onChange({ to: 'assign', member: me.id, name: me.name })),
          },
        ],
  )
  return (
    <div className={css.bulk} role="toolbar" aria-label={t('bulk.label')}>
      <strong aria-live="polite">{t('bulk.count', { count })}</strong>
      {!isAll && (
        <Button size="compact-xs" variant="subtle" onClick={onAll}>
          {t('bulk.all')}
        </Button>
      )}
      <AssignMenu
        hint={<HintWords words={t('header.assign')} keys={keyOf('a')} />}
        isOpen={open === 'assign'}
        onOpen={(isOpen) => setOpen(isOpen ? 'assign' : null)}
        onAssign={(member, name) => onChange({ to: 'assign', member, name })}
      >
        <Button
          size="compact-sm"
          variant="default"
          {...standing('assign')}
          leftSection={<IconUser size={15} aria-hidden />}
        >
          {t('header.assign')}
        </Button>
      </AssignMenu>
      <SnoozeMenu
        hint={<HintWords words={t('header.snooze')} keys={keyOf('h')} />}
        isOpen={open === 'snooze'}
        onOpen={(isOpen) => setOpen(isOpen ? 'snooze' : null)}
        onSnooze={(until) => onChange({ to: 'snooze', until })}
      >
        <Button
          size="compact-sm"
          variant="default"
          {...standing('snooze')}
          leftSection={<IconClockPause size={15} aria-hidden />}
        >
          {t('header.snooze')}
        </Button>
      </SnoozeMenu>
      <Hint words={t('header.close')} keys={keyOf('e')}>
        <Button
          size="compact-sm"
          variant="default"
          {...standing('close')}
          leftSection={<IconSquareCheck size={15} aria-hidden />}
          onClick={() => onChange({ to: 'close' })}
        >
          {t('header.close')}
        </Button>
      </Hint>
      <CloseButton size="sm" aria-label={t('bulk.clear')} onClick={onClear} />
    </div>
  )
}

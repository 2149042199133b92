import { ActionIcon, Badge, Button, Menu } from '@mantine/core'
import {
  IconArrowLeft,
  IconClockPause,
  IconDots,
  IconEye,
  IconInbox,
  IconInfoCircle,
  IconMailOpened,
  IconSquareCheck,
  IconUser,
} from '@tabler/icons-react'
import type { ConversationRow } from '#contract/calls/conversations.ts'
import { Keys } from '../../../app/frame/keys-view.tsx'
import { initials } from '../../../app/initials.ts'
import { useWords } from '../../../app/words.ts'
import type { Change } from '../conversation-acts.ts'
import { useDirectory } from '../directory.tsx'
import { Face } from '../face.tsx'
import { Hint, HintWords } from '../hint.tsx'
import { AssignMenu, SnoozeMenu } from '../menus.tsx'
import { NetworkMark } from '../network-mark.tsx'
import { usePresence } from '../presence.ts'
import { dayAndClock, lastingSince } from '../times.ts'
import css from './thread-header.module.css'

export type MenuName = 'assign' | 'snooze'

export interface ThreadHeaderProps {
  row: ConversationRow
  menu: MenuName | null
  /** False while the keys that change a conversation act on others, which are chosen in the list. */
  hasKeys: boolean
  isPaneOpen: boolean
  onMenu: (menu: MenuName | null) => void
  onChange: (change: Change) => void
  onUnread: () => void
  onPane: () => void
  /** On narrow screens: to the list. */
  onBack: (() => void) | null
}

/** Who, how it stands, who else is here, and what can be done; each button shows its key, as long as it is its own. */
export function ThreadHeader(props: ThreadHeaderProps) {
  const { row, menu, hasKeys, isPaneOpen, onMenu, onChange, onUnread, onPane, onBack } = props
  const { memberName, may } = useDirectory()
  const t = useWords('inbox')
  const isClosed = row.status === 'closed'
  return (
    <header className={css.header}>
      <div className={css.inside}>
        {onBack && (
          <ActionIcon variant="subtle" color="gray" size="lg" onClick={onBack} aria-label={t('header.back')}>
            <IconArrowLeft size={20} />
          </ActionIcon>
        )}
        <Face name={row.name} id={row.contact ?? row.room ?? row.id} avatar={row.avatar} size={36} />
        <div className={css.words}>
          <h2 className={css.name} dir="auto" title={row.name}>
            {row.name || t('list.noName')}
          </h2>
          <About row={row} />
        </div>
        {may('conversation.change') && (
          <div className={css.acts}>
            <AssignMenu
              assignee={row.assignee}
              isOpen={menu === 'assign'}
              onOpen={(isOpen) => onMenu(isOpen ? 'assign' : null)}
              onAssign={(member, name) => onChange({ to: 'assign', member, name })}
            >
              <Button
                size="compact-md"
                variant="subtle"
                color="gray"
                className={css.wide}
                leftSection={<IconUser size={17} aria-hidden />}
                rightSection={hasKeys && <Keys keys="a" />}
                title={row.assignee ? memberName(row.assignee) : undefined}
                aria-label={
                  row.assignee ? t('header.assigned', { name: memberName(row.assignee) }) : t('header.assign')
                }
              >
                <span className={css.label}>{row.assignee ? memberName(row.assignee) : t('header.assign')}</span>
                {row.assignee && (
                  <span className={css.short} aria-hidden>
                    {initials(memberName(row.assignee))}
                  </span>
                )}
              </Button>
            </AssignMenu>
            <SnoozeMenu
              hint={<HintWords words={t('header.snooze')} keys={hasKeys ? 'h' : null} />}
              isOpen={menu === 'snooze'}
              onOpen={(isOpen) => onMenu(isOpen ? 'snooze' : null)}
              onSnooze={(until) => onChange({ to: 'snooze', until })}
            >
              <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('header.snooze')}>
                <IconClockPause size={19} />
              </ActionIcon>
            </SnoozeMenu>
            <Hint words={isClosed ? t('header.reopen') : t('header.close')} keys={hasKeys ? 'e' : null}>
              <Button
                size="compact-md"
                variant={isClosed ? 'light' : 'default'}
                leftSection={isClosed ? <IconInbox size={17} aria-hidden /> : <IconSquareCheck size={17} aria-hidden />}
                onClick={() => onChange({ to: isClosed ? 'reopen' : 'close' })}
                className={css.close}
                aria-label={isClosed ? t('header.reopen') : t('header.close')}
              >
                {isClosed ? t('header.reopen') : t('header.close')}
              </Button>
            </Hint>
          </div>
        )}
        <Menu position="bottom-end" withinPortal>
          <Menu.Target>
            <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('tools.more')}>
              <IconDots size={19} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item
              leftSection={<IconMailOpened size={16} aria-hidden />}
              rightSection={hasKeys && <Keys keys="u" />}
              onClick={onUnread}
            >
              {t('header.unread')}
            </Menu.Item>
            {may('conversation.change') && (
              <Menu.Item
                className={css.narrow}
                leftSection={<IconUser size={16} aria-hidden />}
                onClick={() => onMenu('assign')}
              >
                {row.assignee ? t('header.assigned', { name: memberName(row.assignee) }) : t('header.assign')}
              </Menu.Item>
            )}
          </Menu.Dropdown>
        </Menu>
        <Hint words={t('header.pane')} keys="]">
          <ActionIcon
            variant={isPaneOpen ? 'light' : 'subtle'}
            color={isPaneOpen ? 'fir' : 'gray'}
            size="lg"
            aria-label={t('header.pane')}
            aria-pressed={isPaneOpen}
            onClick={onPane}
          >
            <IconInfoCircle size={19} />
          </ActionIcon>
        </Hint>
      </div>
    </header>
  )
}

/** The one line below the name: presence first, for it is about to matter. */
function About({ row }: { row: ConversationRow }) {
  const { me, memberName, language } = useDirectory()
  const t = useWords('inbox')
  const others = usePresence(row.id).filter((each) => each.member !== me.id)
  const typing = others.filter((each) => each.isTyping)
  const named = (some: typeof others) => some.map((each) => memberName(each.member)).join(', ')
  const status =
    row.status === 'snoozed' && row.snoozedUntil
      ? t('list.snoozedUntil', { at: dayAndClock(row.snoozedUntil, language) })
      : t(`status.${row.status}`)
  return (
    <p className={css.about}>
      {typing.length > 0 ? (
        <span className={css.present} role="status" title={named(typing)}>
          {t('presence.types', { name: named(typing), count: typing.length })}
        </span>
      ) : others.length > 0 ? (
        <span className={css.present} title={named(others)}>
          <IconEye size={13} aria-hidden /> {t('presence.views', { name: named(others), count: others.length })}
        </span>
      ) : null}
      {row.status !== 'open' && (
        <Badge
          className={css.status!}
          size="sm"
          variant="light"
          color={row.status === 'closed' ? 'gray' : 'fir'}
          tt="none"
          title={status}
        >
          {status}
        </Badge>
      )}
      {row.wokeAt && (
        <Badge className={css.status!} size="sm" variant="light" color="fir" tt="none">
          {t('list.wokeAt', { at: dayAndClock(row.wokeAt, language) })}
        </Badge>
      )}
      {row.waitingSince && row.status === 'open' && (
        <span title={dayAndClock(row.waitingSince, language)}>
          {t('header.waits', { time: lastingSince(row.waitingSince, language) })}
        </span>
      )}
      <span className={css.networks}>
        {row.networks.map((network) => (
          <NetworkMark key={network} network={network} size={14} />
        ))}
      </span>
    </p>
  )
}

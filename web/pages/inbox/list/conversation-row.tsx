import { Checkbox, Tooltip } from '@mantine/core'
import {
  IconAlarm,
  IconAlertCircle,
  IconClockPause,
  IconEye,
  IconKeyboard,
  IconLock,
  IconPencil,
} from '@tabler/icons-react'
import { memo, type MouseEvent } from 'react'
import type { ConversationRow as Row } from '#contract/calls/conversations.ts'
import type { MemberId } from '#contract/ids.ts'
import { initials } from '../../../app/initials.ts'
import { useWords } from '../../../app/words.ts'
import { useDirectory } from '../directory.tsx'
import { Face } from '../face.tsx'
import { eventWords } from '../parts/event-words.ts'
import { usePresence } from '../presence.ts'
import { Sign } from '../thread/sign.tsx'
import { dayAndClock, fullTime, rowTime } from '../times.ts'
import { unreadOf } from './belongs.ts'
import css from './list.module.css'

export type Density = 'compact' | 'normal' | 'roomy'
export const ROW_HEIGHTS: Record<Density, number> = { compact: 44, normal: 64, roomy: 80 }

export interface ConversationRowProps {
  row: Row
  density: Density
  isOpen: boolean
  isChosen: boolean
  isChoosing: boolean
  /** Text waits: written on this page, or in the member's draft. */
  hasDraft: boolean
  onOpen: (row: Row, event: MouseEvent) => void
  onChoose: (row: Row) => void
}

/** One conversation in the list: who, the last words and whose they are, and what needs a person. Bold means unread, nothing else. */
export const ConversationRow = memo(function ConversationRow(props: ConversationRowProps) {
  const { row, density, isOpen, isChosen, isChoosing, onOpen, onChoose } = props
  const { language, may } = useDirectory()
  const t = useWords('inbox')
  const unread = unreadOf(row)
  const name = row.name || t('list.noName')
  return (
    <div
      className={css.row}
      data-density={density}
      data-open={isOpen || undefined}
      data-chosen={isChosen || undefined}
      data-unread={unread > 0 || undefined}
      data-late={row.waitingSince !== null && isLong(row.waitingSince) ? true : undefined}
      style={{ height: ROW_HEIGHTS[density] }}
    >
      <button
        type="button"
        className={css.open}
        id={`row-${row.id}`}
        aria-current={isOpen || undefined}
        onClick={(event) => onOpen(row, event)}
      >
        <Face
          name={name}
          id={row.contact ?? row.room ?? row.id}
          avatar={row.avatar}
          size={density === 'compact' ? 28 : 38}
          network={row.last?.network ?? row.networks[0] ?? null}
        />
        <span className={css.words}>
          <span className={css.first}>
            <span className={css.name} dir="auto" title={name}>
              {name}
            </span>
            <RowMarks {...props} />
            <time className={css.time} dateTime={row.lastAt} title={fullTime(row.lastAt, language)}>
              {rowTime(row.lastAt, language)}
            </time>
          </span>
          {density !== 'compact' && (
            <span className={css.second}>
              <Snippet row={row} />
              {unread > 0 && (
                <span className={css.unread} aria-label={t('list.unread', { count: unread })}>
                  {unread > 99 ? '99+' : unread}
                </span>
              )}
            </span>
          )}
          {density === 'roomy' && <ThirdLine row={row} />}
        </span>
        {density === 'compact' && unread > 0 && (
          <span className={css.unread} aria-label={t('list.unread', { count: unread })}>
            {unread > 99 ? '99+' : unread}
          </span>
        )}
      </button>
      {may('conversation.change') && (
        <Checkbox
          className={css.choose}
          // Its root is what is shown and hidden; other words of ours would go to the field inside.
          wrapperProps={{ 'data-shown': isChoosing || undefined }}
          size="xs"
          checked={isChosen}
          onChange={() => onChoose(row)}
          tabIndex={isChoosing ? 0 : -1}
          aria-label={t('list.choose', { name })}
        />
      )}
    </div>
  )
})

/** Somebody has waited for an answer this long: the edge of the row says so. */
const LONG_MS = 60 * 60_000
const isLong = (since: string): boolean => Date.now() - Date.parse(since) > LONG_MS

function Snippet({ row: { last } }: { row: Row }) {
  const { me, members } = useDirectory()
  const t = useWords('inbox')
  if (!last) return <span className={css.snippet}>{t('list.nothingYet')}</span>
  if (last.event)
    return (
      <span className={css.snippet}>
        <bdi>{last.authorName}</bdi> <bdi>{eventWords(last.event)}</bdi>
      </span>
    )
  const words = last.kind === 'deleted' ? t('message.deleted') : last.words || t(`part.${last.kind}`)
  const isMine = last.direction !== 'in' && last.authorName === members.get(me.id)?.name
  const author = last.direction === 'in' ? null : isMine ? t('you') : last.authorName
  return (
    <span className={css.snippet} data-note={last.direction === 'note' || undefined}>
      {last.direction === 'note' && <IconLock size={12} aria-label={t('list.note')} />}
      {last.state && (
        <span className={css.state} data-state={last.state} aria-hidden>
          <Sign state={last.state} size={13} />
        </span>
      )}
      {author && <span>{t('list.by', { author })} </span>}
      {last.kind !== 'text' && last.kind !== 'deleted' && last.words !== '' && <span>{t(`part.${last.kind}`)}. </span>}
      <bdi>{words}</bdi>
    </span>
  )
}

function RowMarks({ row, hasDraft }: ConversationRowProps) {
  const { me, memberName, language } = useDirectory()
  const others = usePresence(row.id).filter((each) => each.member !== me.id)
  const t = useWords('inbox')
  return (
    <span className={css.marks}>
      {hasDraft && (
        <Tooltip label={t('list.draft')}>
          <IconPencil size={14} aria-label={t('list.draft')} />
        </Tooltip>
      )}
      {others.map(({ member, isTyping }) => {
        const words = t(isTyping ? 'presence.types' : 'presence.views', { name: memberName(member), count: 1 })
        const Icon = isTyping ? IconKeyboard : IconEye
        return (
          <Tooltip key={member} label={words}>
            <Icon size={14} aria-label={words} className={css.present} />
          </Tooltip>
        )
      })}
      {row.wokeAt && (
        <Tooltip label={t('list.wokeAt', { at: dayAndClock(row.wokeAt, language) })}>
          <IconAlarm size={14} aria-label={t('list.wokeAt', { at: dayAndClock(row.wokeAt, language) })} />
        </Tooltip>
      )}
      {row.status === 'snoozed' && (
        <Tooltip
          label={
            row.snoozedUntil
              ? t('list.snoozedUntil', { at: dayAndClock(row.snoozedUntil, language) })
              : t('status.snoozed')
          }
        >
          <IconClockPause size={14} aria-label={t('status.snoozed')} />
        </Tooltip>
      )}
      {row.failed > 0 && (
        <Tooltip label={t('list.failed', { count: row.failed })}>
          <span className={css.failed} aria-label={t('list.failed', { count: row.failed })} role="img">
            <IconAlertCircle size={15} aria-hidden />
            {row.failed > 1 && row.failed}
          </span>
        </Tooltip>
      )}
      {row.assignee && <Assignee id={row.assignee} />}
    </span>
  )
}

function Assignee({ id }: { id: MemberId }) {
  const { me, memberName } = useDirectory()
  const t = useWords('inbox')
  const name = memberName(id)
  const words = t('list.assignedTo', { name: id === me.id ? t('you') : name })
  return (
    <Tooltip label={words}>
      <span className={css.assignee} data-mine={id === me.id || undefined} aria-label={words} role="img">
        {initials(name)}
      </span>
    </Tooltip>
  )
}

function ThirdLine({ row }: { row: Row }) {
  const { networkName, language } = useDirectory()
  const t = useWords('inbox')
  return (
    <span className={css.third}>
      {row.waitingSince && <span>{t('list.waitingSince', { at: dayAndClock(row.waitingSince, language) })}</span>}
      <span>{row.networks.map(networkName).join(' · ')}</span>
    </span>
  )
}

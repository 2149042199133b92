import { Button, Loader, Skeleton, Stack } from '@mantine/core'
import { useDelayed } from './use-delayed.ts'
import { IconAlertCircle, IconArrowDown, IconMessage2Off } from '@tabler/icons-react'
import { useEffect, useMemo, useState } from 'react'
import type { ConversationRow, MessageView, RoadOption } from '#contract/calls/conversations.ts'
import type { MessageId } from '#contract/ids.ts'
import { wordsOf } from '#contract/message/content.ts'
import { wordsOfFailure } from '../../../app/failures.ts'
import { useWords } from '../../../app/words.ts'
import type { Pending } from '../composer/outbox.ts'
import { useDirectory } from '../directory.tsx'
import { NetworkMark } from '../network-mark.tsx'
import { ByReader } from '../parts/by-reader.ts'
import { dayKeyOf, dayName } from '../times.ts'
import { Message, type MessageActs } from './message.tsx'
import { PendingMessage, type PendingActs } from './pending-message.tsx'
import { daysOf, hasTrouble, threadLines, type ThreadLine, type Unread } from './thread-lines.ts'
import type { ThreadPages } from './thread-pages.ts'
import css from './thread.module.css'
import { useOutOfView } from './use-out-of-view.ts'
import { useThreadScroll } from './use-thread-scroll.ts'

export interface ThreadProps {
  row: ConversationRow
  pages: ThreadPages | null
  error: unknown
  pending: readonly Pending[]
  /** What was unseen when it was opened. */
  unread: Unread | null
  /** Opened at this message. */
  aim: MessageId | null
  /** The keyboard stands on it. */
  current: MessageId | null
  roads: readonly RoadOption[]
  acts: MessageActs
  pendingActs: PendingActs
  isBusy: boolean
  contactTypes: boolean
  grow: (way: 'older' | 'newer') => Promise<void>
  onRetry: () => void
  onToNewest: () => void
  /** The member sees the end of it: the number of the last message in this conversation. */
  onSeen: (seq: number) => void
}

/** One continuous stream by day, over all roads. */
export function Thread(props: ThreadProps) {
  const { row, pages, error, pending, unread, aim, current, roads, acts, pendingActs, isBusy, contactTypes } = props
  const { grow, onRetry, onToNewest, onSeen } = props
  const t = useWords('inbox')
  const items = pages?.items ?? NOTHING
  const lines = useMemo(
    () => threadLines(items, unread, dayKeyOf, pages?.older === null),
    [items, unread, pages?.older],
  )
  const byId = useMemo(() => new Map(items.map((message) => [message.id, message])), [items])
  const hasUnreadLine = lines.some((line) => line.line === 'unread')
  const { box, content, isAtEnd, onScroll, hold, toEnd } = useThreadScroll({
    threadKey: `${row.id} ${aim ?? ''}`,
    isReady: pages !== null,
    openAt: aim ? `message-${aim}` : hasUnreadLine ? 'unread-line' : null,
    firstId: items[0]?.id ?? null,
    lastId: pending.at(-1)?.clientId ?? items.at(-1)?.id ?? null,
    ownId: pending.at(-1)?.clientId ?? null,
    hasOlder: pages?.older != null,
    hasNewer: pages?.newer != null,
    grow,
  })
  const isWhole = pages !== null && pages.newer === null
  const last = items.at(-1)
  const newest = last?.id
  // Messages that a merge brought count in another row of numbers.
  const newestSeq = last?.conversation === row.id ? last.seq : 0
  useEffect(() => {
    if (!isWhole || !isAtEnd) return
    const look = () => document.visibilityState === 'visible' && onSeen(newestSeq)
    look()
    document.addEventListener('visibilitychange', look)
    return () => document.removeEventListener('visibilitychange', look)
    // The row counts a message in a breath of its own: whichever of the two comes last has to look.
  }, [isWhole, isAtEnd, newest, newestSeq, row.inCount, onSeen])
  const isSlow = useDelayed(pages === null && error === null)
  const troubles = items.filter(hasTrouble)
  const outOfView = useOutOfView(
    box,
    troubles.map(({ id }) => `message-${id}`),
  )
  const firstTrouble = troubles.find(({ id }) => outOfView.has(`message-${id}`))
  const missed = useMissed(items, isAtEnd)

  if (error !== null && pages === null) return <NotLoaded error={error} onRetry={onRetry} />
  return (
    <div className={css.wrap}>
      <div
        ref={box}
        className={css.scroll}
        onScroll={onScroll}
        role="region"
        aria-label={t('thread.label', { name: row.name })}
        tabIndex={0}
      >
        <div ref={content} className={css.content} data-floats={firstTrouble !== undefined || undefined}>
          {pages === null && isSlow && <Waiting />}
          {pages?.older != null && (
            <div className={css.more}>
              <Loader size="xs" aria-label={t('thread.loadingOlder')} />
            </div>
          )}
          {pages !== null && items.length === 0 && pending.length === 0 && (
            <div className={css.empty}>
              <IconMessage2Off size={32} stroke={1.3} aria-hidden />
              <p>{t('thread.empty')}</p>
            </div>
          )}
          <ByReader value={hold}>
            {daysOf(lines).map((day) => (
              <div key={day[0]!.key} className={css.stretch}>
                {day.map((line) =>
                  line.line === 'message' ? (
                    <Message
                      key={line.key}
                      message={line.message}
                      joins={line.joins}
                      quoted={line.message.replyTo ? (byId.get(line.message.replyTo) ?? null) : null}
                      isRoom={row.room !== null}
                      contact={row.contact}
                      roads={hasTrouble(line.message) ? roads : NO_ROADS}
                      acts={acts}
                      isBusy={isBusy && hasTrouble(line.message)}
                      isAimed={line.message.id === aim}
                      isCurrent={line.message.id === current}
                    />
                  ) : (
                    <Separator key={line.key} line={line} />
                  ),
                )}
              </div>
            ))}
          </ByReader>
          {isWhole &&
            pending
              .filter((each) => !items.some((message) => message.clientId === each.clientId))
              .map((each) => <PendingMessage key={each.clientId} pending={each} acts={pendingActs} />)}
          {isWhole && contactTypes && (
            <p className={css.types} role="status">
              {t('presence.contactTypes', { name: row.name })}
            </p>
          )}
        </div>
      </div>
      <div className={css.floats}>
        {firstTrouble && (
          <Button
            size="compact-sm"
            radius="xl"
            color="red"
            variant="light"
            className={css.float}
            leftSection={<IconAlertCircle size={15} aria-hidden />}
            onClick={() => acts.jump(firstTrouble.id)}
          >
            {t('thread.toFailed')}
          </Button>
        )}
        {(!isAtEnd || !isWhole) && pages !== null && (
          <Button
            size="compact-sm"
            radius="xl"
            variant="default"
            className={css.float}
            leftSection={<IconArrowDown size={15} aria-hidden />}
            onClick={isWhole ? toEnd : onToNewest}
          >
            {missed > 0 ? t('thread.missed', { count: missed }) : t('thread.toNewest')}
          </Button>
        )}
      </div>
      <Announcer items={items} />
    </div>
  )
}

const NOTHING: MessageView[] = []
const NO_ROADS: RoadOption[] = []

/** How many came while the member read further up. */
function useMissed(items: MessageView[], isAtEnd: boolean): number {
  const [from, setFrom] = useState<string | null>(null)
  const last = items.at(-1)?.id ?? null
  if (isAtEnd && from !== last) setFrom(last)
  const index = items.findIndex((each) => each.id === from)
  return isAtEnd || index < 0 ? 0 : items.slice(index + 1).filter((each) => each.direction === 'in').length
}

function Separator({ line }: { line: Exclude<ThreadLine, { line: 'message' }> }) {
  const { language, channels, networkName } = useDirectory()
  const t = useWords('inbox')
  switch (line.line) {
    case 'day':
      return (
        <h3 className={css.day}>
          <time dateTime={line.at}>{dayName(line.at, language)}</time>
        </h3>
      )
    case 'unread':
      return (
        <div className={css.unread} id="unread-line" role="separator">
          {t('thread.unread', { count: line.count })}
        </div>
      )
    case 'road': {
      const network = networkName(line.network)
      const channel = channels.get(line.channel)?.name ?? network
      return (
        <div className={css.road}>
          <NetworkMark network={line.network} size={14} named />
          {channel === network ? t('thread.roadOnly', { network }) : t('thread.road', { network, channel })}
        </div>
      )
    }
  }
}

/** Says what came in, politely, to those who do not see it. */
function Announcer({ items }: { items: MessageView[] }) {
  const t = useWords('inbox')
  const last = items.findLast((each) => each.direction === 'in')
  const [first] = useState(last?.id)
  return (
    <div className="only-read" role="log" aria-live="polite">
      {last &&
        last.id !== first &&
        t('thread.arrived', { name: last.author.name, words: wordsOf(last.content).slice(0, 300) })}
    </div>
  )
}

function Waiting() {
  return (
    <Stack p="md" gap="sm" aria-hidden>
      {[260, 180, 320, 220].map((width, index) => (
        <Skeleton key={width} height={46} width={width} radius="md" ml={index % 2 ? 'auto' : 0} />
      ))}
    </Stack>
  )
}

function NotLoaded({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const t = useWords('inbox')
  const { title, next } = wordsOfFailure(error)
  return (
    <div className={css.empty} role="alert">
      <strong>{title}</strong>
      <p>{next}</p>
      <Button variant="default" onClick={onRetry}>
        {t('again')}
      </Button>
    </div>
  )
}

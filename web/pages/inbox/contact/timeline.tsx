import { Loader } from '@mantine/core'
import { useQueries } from '@tanstack/react-query'
import { listMessages, type MessageView } from '#contract/calls/conversations.ts'
import type { ConversationId } from '#contract/ids.ts'
import { read } from '../../../app/acts.ts'
import { useWords } from '../../../app/words.ts'
import { useDirectory } from '../directory.tsx'
import { NetworkMark } from '../network-mark.tsx'
import { shortWords } from '../parts/event-words.ts'
import { rowTime } from '../times.ts'
import css from './contact.module.css'

const SHOWN = 30

export interface TimelineProps {
  conversations: readonly (ConversationId | null)[]
  /** Which messages would stand there. */
  holds?: (message: MessageView) => boolean
  label: string
}

/** The newest messages of one or several conversations, in one order: how a joined or parted thread will read. */
export function Timeline({ conversations, holds = () => true, label }: TimelineProps) {
  const { language } = useDirectory()
  const t = useWords('inbox')
  const pages = useQueries({
    queries: conversations.flatMap((id) =>
      id
        ? [
            // Asked anew each time: the feed keeps the thread true, not this.
            { ...read(listMessages, { params: { id }, query: { limit: SHOWN } }), staleTime: 0, gcTime: 0 },
          ]
        : [],
    ),
  })
  if (pages.some((page) => page.isPending)) return <Loader size="xs" />
  const messages = pages
    .flatMap((page) => page.data?.items ?? [])
    .filter(holds)
    .toSorted((a, b) => b.placed.localeCompare(a.placed))
    .slice(0, SHOWN)
  if (messages.length === 0) return <p className={css.dim}>{t('merge.noMessages')}</p>
  return (
    <ul className={css.timeline} aria-label={label} tabIndex={0}>
      {messages.map((message) => (
        <li key={message.id}>
          {message.network && <NetworkMark network={message.network} size={13} />}
          <span className={css.timelineWords} dir="auto">
            <strong>{message.author.name}</strong> {shortWords(message.content)}
          </span>
          <time className={css.dim} dateTime={message.placed}>
            {rowTime(message.placed, language)}
          </time>
        </li>
      ))}
    </ul>
  )
}

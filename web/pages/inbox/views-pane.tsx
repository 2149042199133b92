import { Tooltip } from '@mantine/core'
import {
  IconAlertCircle,
  IconArchive,
  IconClockPause,
  IconHourglass,
  IconInbox,
  IconMessages,
  IconUserQuestion,
} from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useWords } from '../../app/words.ts'
import { useDirectory } from './directory.tsx'
import { NetworkMark } from './network-mark.tsx'
import { VIEWS, type InboxSearch, type ViewName } from './search.ts'
import css from './views-pane.module.css'

const ICONS = {
  mine: IconInbox,
  unassigned: IconUserQuestion,
  waiting: IconHourglass,
  failed: IconAlertCircle,
  snoozed: IconClockPause,
  all: IconMessages,
  closed: IconArchive,
} as const satisfies Record<ViewName, unknown>

/** As far as the server counts. */
const MOST = 1000

export interface ViewsPaneProps {
  search: InboxSearch
  counts: Partial<Record<ViewName, number>>
  onPick?: () => void
}

/** Views with their counts; channels are filters, never folders. Each is a link that a colleague can open. */
export function ViewsPane({ search, counts, onPick }: ViewsPaneProps) {
  const { channels } = useDirectory()
  const t = useWords('inbox')
  const view = search.view ?? 'mine'
  const filter = search.channel ? { channel: search.channel } : {}
  return (
    <nav className={css.pane} aria-label={t('views.label')}>
      <ul className={css.list}>
        {VIEWS.map((name) => {
          const Icon = ICONS[name]
          const count = counts[name] ?? 0
          return (
            <li key={name}>
              <Link
                to="/inbox"
                search={{ view: name, ...filter }}
                className={css.view}
                aria-current={view === name ? 'page' : undefined}
                onClick={onPick}
              >
                <Icon size={18} stroke={1.6} aria-hidden />
                <span className={css.name}>{t(`view.${name}`)}</span>
                {count > 0 && (
                  <span className={css.count} data-danger={name === 'failed' || undefined}>
                    {count >= MOST ? `${MOST}+` : count}
                  </span>
                )}
              </Link>
            </li>
          )
        })}
      </ul>
      {channels.size > 0 && (
        <>
          <h2 className={css.heading}>{t('views.channels')}</h2>
          <ul className={css.list}>
            {[...channels.values()].map((channel) => {
              const isOn = search.channel === channel.id
              return (
                <li key={channel.id}>
                  <Tooltip
                    label={isOn ? t('views.channelOff') : t('views.channelOn', { name: channel.name })}
                    position="right"
                  >
                    <Link
                      to="/inbox"
                      search={{ view, ...(isOn ? {} : { channel: channel.id }) }}
                      className={css.view}
                      aria-current={isOn ? 'true' : undefined}
                      onClick={onPick}
                    >
                      <NetworkMark network={channel.network} size={18} named />
                      <span className={css.name} dir="auto">
                        {channel.name}
                      </span>
                    </Link>
                  </Tooltip>
                </li>
              )
            })}
          </ul>
        </>
      )}
    </nav>
  )
}

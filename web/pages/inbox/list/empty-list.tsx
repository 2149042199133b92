import { Button } from '@mantine/core'
import { IconChecks, IconFilterOff, IconPlugConnected } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useWords } from '../../../app/words.ts'
import { useRefused } from '../composer/outbox.ts'
import { useDirectory } from '../directory.tsx'
import type { ViewName } from '../search.ts'
import css from './list.module.css'
import { RefusedHere } from './refused-here.tsx'

export interface EmptyListProps {
  view: ViewName
  q: string | undefined
  isFiltered: boolean
  hasChannels: boolean
}

/** Nothing here, and the next step: another channel, another view, or simply peace. */
export function EmptyList({ view, q, isFiltered, hasChannels }: EmptyListProps) {
  const { may } = useDirectory()
  const t = useWords('inbox')
  const refused = useRefused()
  if (!hasChannels) {
    return (
      <div className={css.empty}>
        <IconPlugConnected size={34} stroke={1.3} aria-hidden />
        <h2>{t('empty.first')}</h2>
        {may('channel.change') ? (
          <>
            <p>{t('empty.firstNext')}</p>
            <Button component={Link} to="/channels/add">
              {t('empty.addChannel')}
            </Button>
          </>
        ) : (
          <p>{t('empty.askAdmin')}</p>
        )}
      </div>
    )
  }
  if (q || isFiltered) {
    return (
      <div className={css.empty}>
        <IconFilterOff size={30} stroke={1.3} aria-hidden />
        <h2>{q ? t('empty.noMatch', { q }) : t('empty.noFiltered')}</h2>
        <p>{t('empty.noMatchNext')}</p>
        <ViewLink view="all">{t('empty.showAll')}</ViewLink>
      </div>
    )
  }
  if (view === 'failed' && refused.length > 0) return <RefusedHere refused={refused} />
  return (
    <div className={css.empty}>
      <IconChecks size={34} stroke={1.3} aria-hidden />
      <h2>{t(`empty.view.${view}.title`)}</h2>
      <p>{t(`empty.view.${view}.next`)}</p>
      {view !== 'all' && (
        <ViewLink view={view === 'mine' ? 'unassigned' : 'all'}>
          {view === 'mine' ? t('empty.showUnassigned') : t('empty.showAll')}
        </ViewLink>
      )}
    </div>
  )
}

function ViewLink({ view, children }: { view: ViewName; children: ReactNode }) {
  return (
    <Button variant="default" renderRoot={(props) => <Link to="/inbox" search={{ view }} {...props} />}>
      {children}
    </Button>
  )
}

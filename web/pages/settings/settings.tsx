import { Link, Outlet } from '@tanstack/react-router'
import { Suspense } from 'react'
import type { Act } from '#contract/rights.ts'
import { useMay } from '../../app/session.ts'
import { useWords } from '../../app/words.ts'
import css from './settings.module.css'

const PARTS: readonly { to: string; name: string; may: Act | 'signed_in' }[] = [
  { to: '/settings/account', name: 'account', may: 'signed_in' },
  { to: '/settings/members', name: 'members', may: 'member.read' },
  { to: '/settings/tokens', name: 'tokens', may: 'token.change' },
  { to: '/settings/audit', name: 'audit', may: 'audit.read' },
]

/** In a narrow window the parts stand in one line that scrolls: the chosen one is never out of sight. */
const showActive = (link: HTMLAnchorElement | null): void => {
  if (link?.dataset.status === 'active') link.scrollIntoView({ block: 'nearest', inline: 'nearest' })
}

export function SettingsPage() {
  const t = useWords('settings')
  const can = useMay()
  return (
    <div className={css.settings}>
      <nav className={css.parts} aria-label={t('title')}>
        <ul>
          {PARTS.filter((part) => part.may === 'signed_in' || can(part.may)).map((part) => (
            <li key={part.to}>
              <Link to={part.to} ref={showActive}>
                {t(`part.${part.name}`)}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <div className={css.part}>
        <Suspense>
          <Outlet />
        </Suspense>
      </div>
    </div>
  )
}

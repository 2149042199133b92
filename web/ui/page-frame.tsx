import { Title } from '@mantine/core'
import type { ReactNode } from 'react'
import css from './page-frame.module.css'

export interface PageFrameProps {
  readonly title: ReactNode
  /** At the right of the title. */
  readonly acts?: ReactNode
  readonly children: ReactNode
  /** Text column or the whole width. */
  readonly width?: 'text' | 'wide'
}

/** A page with a heading. The window's main part scrolls, not the page. */
export function PageFrame({ title, acts, children, width = 'wide' }: PageFrameProps) {
  return (
    <div className={css.page} data-width={width}>
      <header className={css.head}>
        <Title order={1}>{title}</Title>
        <div className={css.acts}>{acts}</div>
      </header>
      {children}
    </div>
  )
}

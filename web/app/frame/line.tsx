import type { ReactNode } from 'react'
import css from './frame.module.css'

/** One sentence above every page, and the act that helps. */
export function Line(props: {
  weight: 'danger' | 'warning' | 'quiet'
  icon: ReactNode
  children: ReactNode
  act?: ReactNode
}) {
  return (
    <div className={css.line} data-weight={props.weight} role={props.weight === 'danger' ? 'alert' : 'status'}>
      {props.icon}
      <span className={css['line-words']}>{props.children}</span>
      {props.act}
    </div>
  )
}

import type { ReactNode } from 'react'
import css from './contact.module.css'

export function Block({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className={css.block}>
      <h3>{title}</h3>
      {children}
    </section>
  )
}

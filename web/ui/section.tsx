import { Text, Title } from '@mantine/core'
import { useId, type ReactNode } from 'react'
import css from './section.module.css'

/** One matter of a page: heading, a sentence about it, its fields. */
export function Section({ title, about, children }: { title: string; about?: ReactNode; children: ReactNode }) {
  const id = useId()
  return (
    <section className={css.section} aria-labelledby={id}>
      <Title order={2} id={id} mb={about ? 4 : 'sm'}>
        {title}
      </Title>
      {about && (
        <Text size="sm" c="var(--text-dim)" mb="md">
          {about}
        </Text>
      )}
      {children}
    </section>
  )
}

import type { ReactNode } from 'react'
import { Alert } from '@mantine/core'
import { IconAlertCircle } from '@tabler/icons-react'

/** What went wrong and what to do, in the place where it did. Read out at once, and brought before the eyes. */
export function RedNote({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Alert
      ref={show}
      role="alert"
      color="red"
      variant="light"
      title={title}
      icon={<IconAlertCircle aria-hidden />}
      styles={{ title: { color: 'var(--text-danger)' }, message: { color: 'var(--text)', overflowWrap: 'anywhere' } }}
    >
      {children}
    </Alert>
  )
}

/** Below a long form on a phone it would stand out of sight. */
function show(note: HTMLElement | null): void {
  note?.scrollIntoView({ block: 'center' })
}

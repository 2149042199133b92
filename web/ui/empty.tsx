import { Stack, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'

/** Nothing here yet: why, and the next step. */
export function Empty({
  icon,
  title,
  children,
  act,
}: {
  icon?: ReactNode
  title: string
  children?: ReactNode
  act?: ReactNode
}) {
  return (
    <Stack align="center" gap="xs" py={48} px="md" ta="center" maw={460} mx="auto" c="var(--text)">
      {icon && <span style={{ color: 'var(--text-dim)', lineHeight: 0 }}>{icon}</span>}
      <Title order={2}>{title}</Title>
      {children && <Text c="var(--text-dim)">{children}</Text>}
      {act}
    </Stack>
  )
}

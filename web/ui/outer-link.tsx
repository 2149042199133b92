import { Anchor, type AnchorProps } from '@mantine/core'
import type { ReactNode } from 'react'

/** A link out of Parley: a tab of its own that learns nothing of us. Only http and mail; anything else is plain text. */
export function OuterLink({ to, children, ...rest }: { to: string; children: ReactNode } & AnchorProps) {
  if (!/^(https?:|mailto:)/i.test(to)) return children
  return (
    <Anchor href={to} target="_blank" rel="noopener noreferrer" underline="always" {...rest}>
      {children}
    </Anchor>
  )
}

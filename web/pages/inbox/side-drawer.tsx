import { Drawer } from '@mantine/core'
import { Suspense, type ReactNode } from 'react'
import css from './inbox.module.css'

const WIDTH = { left: 260, right: 360 } as const

export interface SideDrawerProps {
  isOpen: boolean
  side: keyof typeof WIDTH
  title: string
  close: () => void
  children: ReactNode
}

/** A pane for which there is no room beside the list. */
export function SideDrawer({ isOpen, side, title, close, children }: SideDrawerProps) {
  return (
    <Drawer
      opened={isOpen}
      onClose={close}
      position={side}
      size={WIDTH[side]}
      withCloseButton={false}
      padding={0}
      title={title}
      classNames={{ body: css.drawer!, header: 'only-read' }}
    >
      <Suspense>{children}</Suspense>
    </Drawer>
  )
}

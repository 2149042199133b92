import { Modal } from '@mantine/core'
import type { ReactNode } from 'react'
import { useWords } from '../app/words.ts'

export interface DialogProps {
  readonly isOpen: boolean
  readonly close: () => void
  readonly title: ReactNode
  readonly children: ReactNode
}

/** A question or a small form over the page. Its cross says what it does; the focus goes back to where it was. */
export function Dialog({ isOpen, close, title, children }: DialogProps) {
  const t = useWords('app')
  return (
    <Modal opened={isOpen} onClose={close} title={title} closeButtonProps={{ 'aria-label': t('close') }}>
      {children}
    </Modal>
  )
}

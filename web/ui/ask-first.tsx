import { Button, Group, Stack, Text } from '@mantine/core'
import { useState, type ReactNode } from 'react'
import { useWords } from '../app/words.ts'
import { Dialog } from './dialog.tsx'
import { useOnce } from './use-once.ts'

export interface AskFirstProps {
  readonly title: string
  /** What will happen, and what will not. */
  readonly words: ReactNode
  /** The word of the button that does it. */
  readonly act: string
  readonly run: () => Promise<unknown>
  readonly children: (ask: () => void) => ReactNode
}

/** What cannot be undone is asked first. A failure keeps the question open; `run` tells it. */
export function AskFirst({ title, words, act, run, children }: AskFirstProps) {
  const t = useWords('ui')
  const [isOpen, open] = useState(false)
  const once = useOnce(async () => {
    await run()
    open(false)
  })
  const ask = () => {
    once.again()
    open(true)
  }
  return (
    <>
      {children(ask)}
      <Dialog isOpen={isOpen} close={() => open(false)} title={title}>
        <Stack>
          <Text>{words}</Text>
          <Group justify="flex-end">
            <Button variant="default" data-autofocus onClick={() => open(false)}>
              {t('keep')}
            </Button>
            <Button color="red.8" loading={once.isBegun} onClick={once.run}>
              {act}
            </Button>
          </Group>
        </Stack>
      </Dialog>
    </>
  )
}

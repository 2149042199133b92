/** Over a button: what it does, and by which key. */
import { Tooltip } from '@mantine/core'
import type { ReactNode } from 'react'
import { Keys } from '../../app/frame/keys-view.tsx'

export interface HintProps {
  words: string
  /** null: another stands behind this key now. */
  keys: string | null
}

export const HintWords = ({ words, keys }: HintProps) => (
  <>
    {words} {keys && <Keys keys={keys} />}
  </>
)

export const Hint = ({ words, keys, children }: HintProps & { children: ReactNode }) => (
  <Tooltip label={<HintWords words={words} keys={keys} />}>{children}</Tooltip>
)
